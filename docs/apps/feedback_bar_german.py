"""The line in German, with a form in German."""

import streamlit as st
from feedback_widgets import GERMAN, GERMAN_REASONS, feedback_bar
from pydantic import BaseModel, Field

from feedback_store import Turn, new_id


class Berichtigung(BaseModel):
    """Was die Hilfe fragt."""

    guidance: str = Field(title="Was wäre richtig?", min_length=1, max_length=2000)


asked = Turn(session_id=new_id(), prompt="Wie lange gilt ein Gutschein?", response="Er gilt **12 Monate** ab dem Kauf.")
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    feedback_bar(turn, on_feedback=events.append, labels=GERMAN, reasons=GERMAN_REASONS, model=Berichtigung)
