"""Long answers `?turn=a&turn=b` under the observer; `?consent=no` refuses it, `?idle=1.5` is an impatient clock."""

import streamlit as st
from feedback_widgets.reading_signals import answer, reading_signals
from feedback_widgets.thumbs import thumbs

from tests.ui.apps.journal import append, turn

WORDS = "word " * 40
st.button("Rerun")
for turn_id in st.query_params.get_all("turn"):
    with answer(shown := turn(turn_id, response=f"first {turn_id}\n\n" + f"{WORDS}\n\n" * 10)):
        st.markdown(shown.response)
        thumbs(shown, on_feedback=append)
consent = st.query_params.get("consent") != "no"
reading_signals(on_feedback=append, consent=consent, idle_seconds=float(st.query_params.get("idle", "30")))
