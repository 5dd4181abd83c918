"""A feedback bar under one answer; `?parts=thumbs`, `?scale=stars` and `?words=de` show it in other ways."""

import streamlit as st
from feedback_widgets import GERMAN, GERMAN_REASONS, answer, feedback_bar
from feedback_widgets.feedback_bar import ALL_PARTS

from tests.ui.scene import keep, scene

query = st.query_params
turn = scene()
with answer(turn):
    feedback_bar(
        turn,
        on_feedback=keep,
        parts=query.get("parts", ",".join(ALL_PARTS)).split(","),  # pyright: ignore[reportArgumentType]
        scale=query.get("scale", "thumbs"),  # pyright: ignore[reportArgumentType]
        labels=GERMAN if query.get("words") == "de" else None,
        reasons=GERMAN_REASONS if query.get("words") == "de" else None,
    )
