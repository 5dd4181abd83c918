"""A feedback bar under one answer; `?parts=thumbs,correct` shows only these."""

import streamlit as st
from feedback_widgets.feedback_bar import ALL_PARTS, feedback_bar

from tests.ui.scene import keep, scene

turn = scene()
parts = st.query_params.get("parts", ",".join(ALL_PARTS)).split(",")
feedback_bar(turn, on_feedback=keep, parts=parts)  # pyright: ignore[reportArgumentType]
