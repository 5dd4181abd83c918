"""Answers to one question, `?count=2` of them, and which is better; `?turn=a` tells tests apart, `?shown=0` pages."""

import streamlit as st
from feedback_widgets import answer_preference, standing_preference

from feedback_store import Rating, parse_feedback, standing_ratings
from tests.ui.apps.journal import EVENTS, append, turn

name = st.query_params["turn"]
turns = [turn(f"{name}-{number}") for number in range(int(st.query_params.get("count", "2")))]
shown = turns[int(st.query_params.get("shown", "-1"))]
lines = EVENTS.read_text().splitlines() if EVENTS.exists() else []
events = [event for line in lines if isinstance(event := parse_feedback(line), Rating)]
given = standing_preference(list(standing_ratings(events).values()), turns)
st.button("Rerun")
st.markdown(shown.response)
answer_preference(turns, on_feedback=append, shown=shown, given=given)
