"""A form of your own: a pydantic model, which judges what is entered."""

from datetime import date
from typing import Literal

import streamlit as st
from feedback_widgets import correction_form
from pydantic import BaseModel, Field

from feedback_store import Turn, new_id


class Correction(BaseModel):
    """What the help desk asks."""

    guidance: str = Field(title="What would be right?", min_length=1, max_length=2000)
    topic: Literal["returns", "delivery", "warranty"] = Field("returns", title="What is it about?")
    since: date | None = Field(None, title="Since when?", description="Leave it empty if you do not know.")


asked = Turn(session_id=new_id(), prompt="How long can I return a chair?", response="Within **14 days** of delivery.")
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    correction_form(turn, on_feedback=events.append, model=Correction)
