"""An answer says what it used; one click takes that back."""

import streamlit as st
from feedback_widgets import corrections_used

from feedback_store import Correction, KnownCorrection, Turn, new_id

question = "How long can I return a chair?"
lesson = Correction(session_id=new_id(), user_id="ada", question=question, guidance="Since May it is 30 days.")
known = st.session_state.setdefault("used", KnownCorrection(correction=lesson, updated_at=lesson.created_at))
asked = Turn(session_id=new_id(), user_id="ada", prompt=question, response="**30 days**.", correction_ids=(known.id,))
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    corrections_used(turn, [known], viewer="ada", on_feedback=events.append)
