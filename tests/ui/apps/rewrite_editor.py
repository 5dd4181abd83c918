"""A rewrite editor under one answer; `?answer=` gives another answer, `?lines=` one of so many lines."""

import streamlit as st
from feedback_widgets.rewrite_editor import rewrite_editor

from tests.ui.scene import ANSWER, keep, scene

answer = st.query_params.get("answer", ANSWER)
if lines := int(st.query_params.get("lines", "0")):
    answer = "".join(f"{number:4}: one of many lines, each of which says the same.\n" for number in range(lines))
rewrite_editor(scene(answer=answer), on_feedback=keep)
