"""Two answers to one question; the reader says which is better."""

import streamlit as st
from feedback_widgets import answer_preference

from feedback_store import Turn, new_id

session, question = new_id(), "How do I pack a lamp?"
first = Turn(session_id=session, prompt=question, response="In the box that it came in.")
again = Turn(session_id=session, prompt=question, response="In two boxes.", parent_turn_id=first.turn_id)
turns: list[Turn] = st.session_state.setdefault("turn", [first, again])
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(question)
for turn in turns:
    st.chat_message("assistant").write(turn.response)
answer_preference(turns, on_feedback=events.append)
