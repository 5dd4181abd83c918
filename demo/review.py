"""The review page: what people corrected, for somebody to approve for everyone or to reject."""

import streamlit as st
from feedback_widgets import review_queue

from demo.people import TENANT, viewer
from demo.services import keep, services


def review_page() -> None:
    """Draw the page for one run of the script."""
    desk = services()
    me = viewer(desk.settings)
    st.title("Review", anchor=False)
    if not me.is_reviewer:
        st.info(f"Only reviewers see this page. Ask the operator to add {me.user_id} to FEEDBACK_REVIEWERS.")
        return
    review_queue(desk.store, reviewer=me.user_id, tenant=TENANT, on_feedback=keep)
