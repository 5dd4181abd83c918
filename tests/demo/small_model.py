"""The settings of a test that runs the real small model. Its file is joined once and kept for later runs."""

import os

from demo.settings import Settings

_CACHE = Settings.from_env({"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}).cache
SMALL = Settings.from_env({"FEEDBACK_MODEL": "local:small", "FEEDBACK_CACHE": str(_CACHE)})
