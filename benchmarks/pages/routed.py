"""The launcher of the page of answers, with the route on which our components deliver."""

import streamlit as st
from feedback_widgets import ingest_route

from benchmarks.pages.journal import keep

app = st.App("answers.py", routes=[ingest_route(keep)])
