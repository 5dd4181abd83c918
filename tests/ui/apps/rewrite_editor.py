"""A rewrite editor under one answer; `?answer=` gives another answer."""

import streamlit as st
from feedback_widgets.rewrite_editor import rewrite_editor

from tests.ui.scene import ANSWER, keep, scene

rewrite_editor(scene(answer=st.query_params.get("answer", ANSWER)), on_feedback=keep)
