"""A feedback bar in a dialog."""

import streamlit as st
from feedback_widgets import feedback_bar

from tests.ui.scene import keep, scene

turn = scene()


@st.dialog("Your view")
def show() -> None:
    """Show the bar."""
    feedback_bar(turn, on_feedback=keep)


if st.button("Say more"):
    show()
