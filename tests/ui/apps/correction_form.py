"""A correction form under one answer, which shows what was kept before; `?model=trip` and `odd` ask with others."""

import os
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import streamlit as st
from feedback_widgets import correction_form
from feedback_widgets.correction_form import DefaultCorrection
from pydantic import AwareDatetime, BaseModel, Field

from tests.ui.scene import Kept, keep, scene


class Mood(Enum):
    GOOD = 1
    BAD = 2


class Card(BaseModel):
    way: Literal["card"]
    number: str = Field(pattern=r"^\d{4}$", max_length=4, title="Last four digits")


class Cash(BaseModel):
    way: Literal["cash"]
    amount: float = Field(ge=0)


class Stop(BaseModel):
    town: str = Field(max_length=40)
    nights: int = Field(1, ge=1, le=30)


class Trip(BaseModel):
    """One field of each kind."""

    corrected: str = Field(title="The right answer", min_length=10)
    country: str = Field("", max_length=20, description="Two letters are enough.", examples=["NO"])
    days: int = Field(3, ge=1, le=30)
    price: float | None = None
    meal: Literal["breakfast", "lunch", "dinner"] | None = None
    tags: list[Literal["policy", "tax"]] = []
    mood: Mood | None = None
    month: Literal["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"] | None = None
    urgent: bool = False
    confirmed: bool | None = None
    day: date | None = None
    moment: datetime | None = None
    instant: AwareDatetime | None = None
    hour: time | None = None
    sources: list[str] = []
    notes: dict[str, str] = {}
    home: Stop | None = None
    stops: list[Stop] = Field([], max_length=3)
    pay: Annotated[Card | Cash, Field(discriminator="way")] | None = None


class Odd(BaseModel):
    """What a browser's own objects could be taken for, and a date that its own dates do not reach."""

    constructor: str = ""
    instant: AwareDatetime


turn = scene()
trip = st.toggle("Trip", st.query_params.get("model") == "trip")
kept = Kept(Path(os.environ["KEPT"]), turn.session_id).corrections()
correction_form(
    turn,
    on_feedback=keep,
    model=Trip if trip else Odd if st.query_params.get("model") == "odd" else DefaultCorrection,
    given=kept[-1] if kept else None,
)
