"""The reader edits the answer's own Markdown and sees each change."""

import streamlit as st
from feedback_widgets import rewrite_editor

from feedback_store import Turn, new_id

reply = "1. Open the order and choose **Return**.\n2. Print the label.\n3. Hand the parcel in within 14 days.\n"
asked = Turn(session_id=new_id(), prompt="How do I send something back?", response=reply)
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    rewrite_editor(turn, on_feedback=events.append)
