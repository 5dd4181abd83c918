"""A correction form under one answer; `?model=trip` asks with another model."""

from typing import Literal

import streamlit as st
from feedback_widgets.correction_form import DefaultCorrection, correction_form
from pydantic import BaseModel, Field

from tests.ui.scene import keep, scene


class Trip(BaseModel):
    """One field of each kind that has a widget."""

    corrected: str = Field(title="The right answer", min_length=10)
    country: str = Field(max_length=20, description="Two letters are enough.")
    days: int = Field(3, ge=1, le=30)
    price: float | None = None
    meal: Literal["breakfast", "lunch", "dinner"] | None = None
    tags: list[Literal["policy", "tax"]] = []
    sources: list[str] = []
    urgent: bool = False
    confirmed: bool | None = None


correction_form(scene(), on_feedback=keep, model=Trip if st.query_params.get("model") == "trip" else DefaultCorrection)
