"""Two feedback bars under one answer: `?top=thumbs&bottom=correct` names their parts, a switch gives the top more."""

import streamlit as st
from feedback_widgets import feedback_bar

from tests.ui.scene import keep, scene

query = st.query_params
turn = scene()
more = st.toggle("More")
for name in ("top", "bottom"):
    parts = query.get(name, "thumbs").split(",")
    grown = more and name == "top"
    feedback_bar(
        turn,
        on_feedback=keep,
        key=name,
        parts=[*parts, "rewrite"] if grown else parts,  # pyright: ignore[reportArgumentType]
        scale="stars" if grown else "thumbs",
    )
