"""The correction form as a script sees it: what its browser module is given."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from feedback_widgets import forms
from feedback_widgets.acts import FormAct, to_event
from feedback_widgets.correction_form import DefaultCorrection, correction_form, shown_form
from feedback_widgets.labels import CorrectionFormLabels
from pydantic import BaseModel
from streamlit.testing.v1 import AppTest

from feedback_store.events import Correction, Turn

TURN = Turn(turn_id="t1", session_id="s1", prompt="q", response="a")


def two_forms() -> None:
    import streamlit as st
    from feedback_widgets.correction_form import correction_form
    from feedback_widgets.labels import CorrectionFormLabels, Labels

    from feedback_store.events import Turn

    for number in (1, 2):
        turn = Turn(turn_id=f"t{number}", session_id="s1", prompt=f"Question {number}?", response="a")
        words = Labels(form=CorrectionFormLabels(submit="Speichern"))
        correction_form(turn, on_feedback=print, labels=words, given=st.session_state.get("given"))


def given_data(app: AppTest) -> list[dict[str, Any]]:
    return [shown for element in app.get("bidi_component") for shown in json.loads(element.proto.json)]


def test_the_description_of_the_form_reaches_a_page_once_and_each_answer_brings_its_own() -> None:
    first, second = given_data(AppTest.from_function(two_forms).run())
    assert [each["name"] for each in first["common"]["form"]["fields"]] == ["wrong", "right", "always", "source"]
    assert first["common"]["labels"]["correct"]["submit"] == "Speichern"
    assert forms.find(first["common"]["form"]["id"]) is not None
    assert "common" not in second
    assert (first["question"], second["question"]) == ("Question 1?", "Question 2?")


def test_a_correction_that_stands_is_shown_with_the_act_that_a_later_one_replaces() -> None:
    form = forms.register(DefaultCorrection, CorrectionFormLabels())
    event = to_event(FormAct(id="a", form=form.id, data={"right": "Three."}), TURN)
    assert isinstance(event, Correction)
    app = AppTest.from_function(two_forms)
    app.session_state["given"] = event
    shown = given_data(app.run())[0]["given"]["form"]
    assert shown == {
        "id": "a",
        "data": {"wrong": [], "right": "Three.", "always": False, "source": ""},
        "at": int(event.created_at.timestamp() * 1000),
    }
    assert shown_form(None) is None


def test_a_model_that_cannot_be_asked_for_is_refused_where_the_form_is_mounted() -> None:
    class Told(BaseModel):
        day: date
        length: timedelta

    with pytest.raises(TypeError, match=r"Told\.length: a form cannot ask for"):
        correction_form(TURN, on_feedback=print, model=Told)
