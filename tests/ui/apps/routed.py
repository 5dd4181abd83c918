"""The tiny app named by SCRIPT, started through `st.App` with the POST route."""

import os
from pathlib import Path

import streamlit as st

from feedback_widgets.ingest import ingest_route
from tests.ui.apps.journal import append

app = st.App(Path(__file__).with_name(os.environ["SCRIPT"]), routes=[ingest_route(append)])
