"""Everything in one line under an answer."""

import streamlit as st
from feedback_widgets import feedback_bar

from feedback_store import Turn, new_id

reply = "You can return goods within **14 days** of delivery. They must be unused and complete."
asked = Turn(session_id=new_id(), prompt="How long do I have to return something?", response=reply)
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    feedback_bar(turn, on_feedback=events.append)
