"""Answers `?turn=a&turn=b` under the observer, each as long as `?paragraphs=10`.

`?consent=no` refuses it, `?consent=toggle` asks by a native toggle, `?idle=1.5` is an impatient clock, `?bar=yes` shows
the whole feedback bar.
"""

import streamlit as st
from feedback_widgets.feedback_bar import feedback_bar
from feedback_widgets.reading_signals import answer, reading_signals
from feedback_widgets.thumbs import thumbs

from tests.ui.apps.journal import append, turn

WORDS = "word " * 40
st.button("Rerun")
asked = st.query_params.get("consent")
consent = st.toggle("Share how I read") if asked == "toggle" else asked != "no"
paragraphs = int(st.query_params.get("paragraphs", "10"))
for turn_id in st.query_params.get_all("turn"):
    with answer(shown := turn(turn_id, response=f"first {turn_id}\n\n" + f"{WORDS}\n\n" * paragraphs)):
        st.markdown(shown.response)
        if st.query_params.get("bar"):
            feedback_bar(shown, on_feedback=append)
        else:
            thumbs(shown, on_feedback=append, copy=True)
reading_signals(on_feedback=append, consent=consent, idle_seconds=float(st.query_params.get("idle", "30")))
