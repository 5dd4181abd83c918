"""Thumbs under the answers `?turn=a&turn=b`, with buttons that rerun, move the page, or stream for four seconds."""

import time

import streamlit as st
from feedback_widgets.thumbs import thumbs

from tests.ui.apps.journal import append, turn

style = st.query_params.get("style", "default")
scale = st.query_params.get("scale", "thumbs")
st.session_state.runs = st.session_state.get("runs", 0) + 1
st.text(f"run {st.session_state.runs}")
st.button("Rerun")
if st.button("Banner") and st.session_state.runs % 2 == 0:
    st.info("A banner moves everything below it.")
streaming = st.button("Stream")
for turn_id in st.query_params.get_all("turn"):
    with st.container(key=f"answer-{turn_id}"):
        shown = turn(turn_id)
        st.markdown(shown.response)
        thumbs(shown, on_feedback=append, style=style, scale=scale, copy=True)  # pyright: ignore[reportArgumentType]
if streaming:
    slot, shown = st.empty(), ""
    for number in range(40):
        shown += f"token {number}. "
        slot.text(shown)
        time.sleep(0.1)
    st.text("stream ended")
