"""The thumbs of streamlit-feedback under one answer, behind our own contract."""

from feedback_widgets.thumbs import thumbs

from tests.ui.scene import keep, scene

thumbs(scene(), on_feedback=keep, style="streamlit-feedback")
