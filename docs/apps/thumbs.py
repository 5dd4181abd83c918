"""Two thumbs under an answer; reasons and a comment may follow."""

import streamlit as st
from feedback_widgets import thumbs

from feedback_store import Turn, new_id

asked = Turn(session_id=new_id(), prompt="How long is the warranty on a lamp?", response="It is **1 year**.")
turn: Turn = st.session_state.setdefault("turn", asked)  # made once: a rerun keeps it
events = st.session_state.setdefault("events", [])  # in your app: a store
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    thumbs(turn, on_feedback=events.append, copy=True)
