"""What turned one text into another; it emits nothing."""

import streamlit as st
from feedback_widgets import word_diff

st.caption("The answer, as somebody corrected it")
word_diff("You can return goods within 14 days.", "You can return unused goods within 30 days.", key="returns")
