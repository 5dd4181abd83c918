"""A real store, for the apps whose every row is counted."""

import os

from feedback_store import LanceStore

store = LanceStore(os.environ["STORE"])
