"""The tiny app named by SCRIPT, started through `st.App` with the POST route, whose tokens SECRET signs."""

import os
from pathlib import Path

import streamlit as st
from feedback_widgets.ingest import ingest_route

from tests.ui.apps.journal import append, turn

secret = os.environ.get("SECRET")
route = (
    ingest_route(append, find_turn=turn, secret=secret.encode())  # as in production: nothing is lost with the process
    if secret
    else ingest_route(append)
)
app = st.App(Path(__file__).with_name(os.environ["SCRIPT"]), routes=[route])
