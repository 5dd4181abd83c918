"""Thumbs under the answers `?turn=a&turn=b`, kept in a LanceDB store."""

import streamlit as st
from feedback_widgets.thumbs import thumbs

from tests.ui.apps.journal import turn
from tests.ui.apps.lance_journal import store

for turn_id in st.query_params.get_all("turn"):
    thumbs(turn(turn_id), on_feedback=store.append)
