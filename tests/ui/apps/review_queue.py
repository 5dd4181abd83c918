"""The review panel over the store of this run; `?reviewer=` is who looks."""

import streamlit as st
from feedback_widgets.review_queue import review_queue

from feedback_store.events import Feedback
from tests.ui.review_cases import filled
from tests.ui.scene import keep

store = filled(st.query_params.get("run", "default"))


def send(event: Feedback) -> None:
    """Keep the event for the test and for the panel."""
    keep(event)
    store.append(event)


st.button("Rerun")
review_queue(store, reviewer=st.query_params.get("reviewer", "rita"), on_feedback=send)
