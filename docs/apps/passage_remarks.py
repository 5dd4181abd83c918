"""Select words of the answer: wrong, right, or worth a remark."""

import streamlit as st
from feedback_widgets import passage_remarks

from feedback_store import Turn, new_id

reply = "It takes **5 to 7 working days**.\n\n- It costs 6 euros.\n- Post office boxes are served too.\n"
asked = Turn(session_id=new_id(), prompt="How does standard delivery work?", response=reply)
turn: Turn = st.session_state.setdefault("turn", asked)
events = st.session_state.setdefault("events", [])
st.chat_message("user").write(turn.prompt)
with st.chat_message("assistant"):
    st.markdown(turn.response)
    passage_remarks(turn, on_feedback=events.append)
