"""The correction form as a script sees it: what it asks, what it refuses, what it makes."""

from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from feedback_widgets.form_fields import LINE, form_fields
from pydantic import BaseModel, Field
from streamlit.testing.v1 import AppTest

from feedback_store.events import Correction
from tests.ui.scene import ANSWER, QUESTION, Kept

APP = Path(__file__).parent / "ui" / "apps" / "correction_form.py"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setenv("KEPT", str(tmp_path))
    return Kept(tmp_path, "default")


def run_app(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def submit(app: AppTest) -> AppTest:
    button = next(button for button in app.button if button.label == "Save correction")
    return button.click().run()


def field(elements: Any, label: str) -> Any:
    return next(element for element in elements if element.label.startswith(label))


def only(kept: Kept) -> Correction:
    (correction,) = kept.corrections()
    return correction


def test_the_default_form_makes_one_correction_with_its_context(kept: Kept) -> None:
    app = run_app()
    field(app.text_area, "What would be right?").input("  The cap is 75 EUR since May.  ")
    field(app.pills, "What is wrong?").set_value(["Out of date", "Incomplete"])
    field(app.text_input, "How do you know?").input("travel policy 4.2")
    submit(app)
    correction = only(kept)
    assert correction.source == "form"
    assert correction.guidance == "The cap is 75 EUR since May."
    assert correction.category == "Out of date"
    assert correction.details == {
        "wrong": ["Out of date", "Incomplete"],
        "right": "The cap is 75 EUR since May.",
        "source": "travel policy 4.2",
    }
    assert (correction.question, correction.answer) == (QUESTION, ANSWER)
    assert (correction.user_id, correction.session_id, correction.turn_id) == ("ada", "default", "turn-default")
    assert any("Saved" in text.value for text in app.markdown)


def test_after_saving_the_form_is_empty_again_and_a_second_correction_is_another_event(kept: Kept) -> None:
    app = run_app()
    field(app.text_area, "What would be right?").input("First.")
    submit(app)
    assert field(app.text_area, "What would be right?").value == ""
    field(app.text_area, "What would be right?").input("Second.")
    submit(app)
    assert [correction.guidance for correction in kept.corrections()] == ["First.", "Second."]


def test_a_missing_answer_is_named_beside_its_field_and_nothing_typed_is_lost(kept: Kept) -> None:
    app = run_app()
    field(app.text_input, "How do you know?").input("a colleague")
    submit(app)
    assert [error.value for error in app.error] == [r"Please fill this in\."]
    assert field(app.text_input, "How do you know?").value == "a colleague"
    assert kept.events() == []
    field(app.text_area, "What would be right?").input("75 EUR.")
    submit(app)
    assert len(app.error) == 0
    assert only(kept).details["source"] == "a colleague"


def test_a_correction_that_could_not_be_kept_is_offered_again_under_the_same_id(kept: Kept) -> None:
    attempts: list[Correction] = []
    kept.refuse()
    app = run_app()
    field(app.text_area, "What would be right?").input("75 EUR.")
    submit(app)
    assert [error.value for error in app.error] == [r"Not saved\. Your text is still here\: please try again\."]
    assert field(app.text_area, "What would be right?").value == "75 EUR."
    attempts.append(app.session_state["fbw-correction-form-turn-default-state"].unsent)
    kept.refuse(until_further_notice=False)
    submit(app)
    assert kept.corrections() == attempts


def test_other_words_after_a_failure_are_an_event_of_their_own_that_replaces_the_first(kept: Kept) -> None:
    kept.refuse()
    app = run_app()
    field(app.text_area, "What would be right?").input("75 EUR.")
    submit(app)
    unsent = app.session_state["fbw-correction-form-turn-default-state"].unsent
    kept.refuse(until_further_notice=False)
    field(app.text_area, "What would be right?").input("80 EUR.")
    submit(app)
    assert only(kept).guidance == "80 EUR."
    assert only(kept).event_id != unsent.event_id
    assert only(kept).supersedes == unsent.event_id


def test_a_model_of_the_apps_own_is_asked_field_by_field_and_kept_whole(kept: Kept) -> None:
    app = run_app(model="trip")
    field(app.text_area, "The right answer").input("The cap is 75 EUR.")
    field(app.text_input, "Country").input("NO")
    field(app.number_input, "Price").set_value(75.5)
    field(app.pills, "Meal").set_value("dinner")
    field(app.pills, "Tags").set_value(["tax"])
    field(app.text_area, "Sources").input("one\n\n  two \n")
    field(app.checkbox, "Urgent").check()
    field(app.pills, "Confirmed").set_value(False)
    submit(app)
    assert [error.value for error in app.error] == []
    assert only(kept).corrected == "The cap is 75 EUR."
    assert only(kept).guidance == ""
    assert only(kept).details == {
        "corrected": "The cap is 75 EUR.",
        "country": "NO",
        "days": 3,
        "price": 75.5,
        "meal": "dinner",
        "tags": ["tax"],
        "sources": ["one", "two"],
        "urgent": True,
        "confirmed": False,
    }


def test_each_faulty_field_says_what_is_wrong_in_words(kept: Kept) -> None:
    app = run_app(model="trip")
    field(app.text_area, "The right answer").input("short")
    submit(app)
    assert [error.value.replace("\\", "") for error in app.error] == [
        "String should have at least 10 characters",
        "Please fill this in.",
    ]
    assert kept.events() == []


class Colour(Enum):
    RED = "red"


class Inner(BaseModel):
    value: int


class Dated(BaseModel):
    day: date


class Nested(BaseModel):
    text: str
    inner: Inner


class Mixed(BaseModel):
    either: int | str


class Days(BaseModel):
    days: list[date]


@pytest.mark.parametrize(
    ("model", "named"), [(Dated, "Dated.day"), (Nested, "Nested.inner"), (Mixed, "Mixed.either"), (Days, "Days.days")]
)
def test_a_field_without_a_widget_is_refused_by_its_name(model: type[BaseModel], named: str) -> None:
    with pytest.raises(TypeError, match=named):
        form_fields(model)


class Everything(BaseModel):
    line: str = Field("x", max_length=LINE)
    text: str
    lines: list[str] = Field(default_factory=list)
    colour: Colour = Colour.RED
    colours: set[Colour] = set()
    one: Literal["only"] = "only"
    flag: bool = True
    count: int = Field(5, gt=0, alias="how_many")
    share: float = Field(0.5, ge=0, le=1, title="A share", description="Between none and all.")
    maybe: int | None = None


def test_every_kind_of_field_gets_its_widget() -> None:
    fields = {each.name: each for each in form_fields(Everything)}
    assert {name: each.kind for name, each in fields.items()} == {
        "line": "line",
        "text": "text",
        "lines": "lines",
        "colour": "choice",
        "colours": "choices",
        "one": "choice",
        "flag": "flag",
        "how_many": "integer",
        "share": "number",
        "maybe": "integer",
    }
    assert [name for name, each in fields.items() if each.required] == ["text"]
    assert (fields["share"].label, fields["share"].help) == ("A share", "Between none and all.")
    assert (fields["lines"].default, fields["colour"].default, fields["how_many"].default) == ([], "red", 5)
    assert fields["maybe"].given(None) == {"maybe": None}
    assert fields["text"].given("  ") == {}
    assert fields["line"].given("") == {"line": ""}
