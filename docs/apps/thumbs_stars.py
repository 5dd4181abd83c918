"""Five stars in place of the thumbs; `scale="faces"` shows five faces."""

import streamlit as st
from feedback_widgets import Reasons, thumbs

from feedback_store import Turn, new_id

asked = Turn(session_id=new_id(), prompt="Can I change my order?", response="Yes, until it is **packed**.")
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
why = Reasons(negative={"wrong": "Not right", "long": "Too long"}, positive={"solved": "Solved it"})
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    thumbs(turn, on_feedback=events.append, scale="stars", reasons=why)
