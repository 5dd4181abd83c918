"""How an answer is read, by consent; never a word of it."""

import streamlit as st
from feedback_widgets import answer, reading_consent, reading_signals

from feedback_store import Turn, new_id

reply = "1. Send us two photos and the order number.\n2. We answer with a repair, a part or a replacement.\n"
asked = Turn(session_id=new_id(), prompt="How do I make a claim?", response=reply)
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(turn.prompt)
with answer(turn), st.chat_message("assistant"):
    st.markdown(turn.response)
consent = reading_consent(user_id=turn.user_id)
reading_signals([turn], on_feedback=events.append, consent=consent)
