"""The thumbs on a LanceDB store, started through `st.App` with the POST route."""

import os
from pathlib import Path

import streamlit as st
from feedback_widgets.ingest import ingest_route

from tests.ui.apps.journal import turn
from tests.ui.apps.lance_journal import store

route = ingest_route(store.append, find_turn=turn, secret=os.environ["SECRET"].encode(), rate=1000)
app = st.App(Path(__file__).with_name("lance_thumbs.py"), routes=[route])
