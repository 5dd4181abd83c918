"""A form on its way to a correction: known by its id, and what an entry says."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

import pytest
from feedback_widgets import forms, tokens
from feedback_widgets.acts import FormAct, NotYet, RefusedAct, parse_act, to_event
from feedback_widgets.correction_form import DefaultCorrection
from feedback_widgets.german import GERMAN
from feedback_widgets.german_correction import GermanCorrection
from feedback_widgets.inbox import receive, remember
from feedback_widgets.labels import CorrectionFormLabels, FaultLabels
from pydantic import BaseModel, Field, HttpUrl, JsonValue

from feedback_store.events import Correction, Turn
from feedback_store.limits import MAX_DETAILS
from tests.forms import Cash, Colour, Everything, Item, entered

TURN = Turn(
    turn_id="t1", session_id="s1", user_id="ada", tenant="shop", prompt="How long is the warranty?", response="2 years."
)


def act(model: type[BaseModel], data: dict[str, JsonValue]) -> FormAct:
    return FormAct(id="a", form=forms.register(model, CorrectionFormLabels()).id, data=data)


def corrected(model: type[BaseModel], data: dict[str, JsonValue]) -> Correction:
    event = to_event(act(model, data), TURN)
    assert isinstance(event, Correction)
    return event


def refused(model: type[BaseModel], data: dict[str, JsonValue]) -> dict[str, str]:
    with pytest.raises(RefusedAct, match="look at what is marked") as caught:
        to_event(act(model, data), TURN)
    return dict(caught.value.faults)


def test_the_default_form_makes_a_correction_with_its_context() -> None:
    event = corrected(
        DefaultCorrection,
        {"wrong": ["Out of date", "Incomplete"], "right": "  Three years since May.  ", "source": "the manual"},
    )
    assert (event.guidance, event.category, event.source) == ("Three years since May.", "Out of date", "form")
    assert event.details == {
        "wrong": ["Out of date", "Incomplete"],
        "right": "Three years since May.",
        "always": False,
        "source": "the manual",
    }
    assert (event.tenant, event.user_id, event.session_id, event.turn_id) == ("shop", "ada", "s1", "t1")
    assert (event.question, event.answer) == (TURN.prompt, TURN.response)


@pytest.mark.parametrize("model", [DefaultCorrection, GermanCorrection])
def test_a_wish_for_all_answers_is_a_style_and_anything_else_a_fact(model: type[BaseModel]) -> None:
    assert corrected(model, {"right": "Three."}).type == "fact"
    assert corrected(model, {"right": "Be brief.", "always": True}).type == "style"


def test_the_german_form_asks_what_the_default_form_asks() -> None:
    german, english = (forms.register(model, CorrectionFormLabels()) for model in (GermanCorrection, DefaultCorrection))
    kinds = [
        [(each.name, each.kind, each.required, len(each.options)) for each in form.fields] for form in (german, english)
    ]
    assert kinds[0] == kinds[1]
    assert {each.label for each in german.fields}.isdisjoint(each.label for each in english.fields)


def test_the_same_act_makes_the_same_event_and_a_later_one_supersedes_it() -> None:
    first, again = (corrected(DefaultCorrection, {"right": "Three."}) for _ in range(2))
    assert first.event_id == again.event_id
    form = forms.register(DefaultCorrection, CorrectionFormLabels()).id
    later = to_event(FormAct(id="b", replaces="a", form=form, data={"right": "Four."}), TURN)
    assert isinstance(later, Correction)
    assert later.supersedes == first.event_id


def test_a_model_with_a_corrected_answer_says_how_far_it_is_from_the_one_that_was_shown() -> None:
    class Rewritten(BaseModel):
        corrected: str

        def to_correction(self) -> dict[str, str | None]:
            return {"corrected": self.corrected, "guidance": None, "category": "style"}

    event = corrected(Rewritten, {"corrected": "3 years."})
    assert (event.corrected, event.guidance, event.category) == ("3 years.", "", "style")
    assert event.edit_distance == pytest.approx(1 / 3)


def test_the_fields_corrected_guidance_and_category_of_any_model_are_taken_for_what_they_say() -> None:
    class Plain(BaseModel):
        guidance: str
        category: str | None = None
        corrected: int = 5

    event = corrected(Plain, {"guidance": "Say the year.", "category": "style", "corrected": "7"})
    assert (event.corrected, event.guidance, event.category) == ("", "Say the year.", "style")
    assert event.details == {"guidance": "Say the year.", "category": "style", "corrected": 7}


def test_a_model_that_says_no_guidance_is_told_in_words_field_by_field() -> None:
    filled = Everything(
        line="x",
        share=0.5,
        tags=[],
        text="75 EUR since May.",
        howMany=2,
        unsure=False,
        colour=Colour.DARK_BLUE,
        colours={Colour.RED},
        day=date(2026, 5, 1),
        lines=["one", "two"],
        notes={"where": "Oslo"},
        item=Item(name="lunch", price=75),
        pay=Cash(way="cash", amount="20"),  # pyright: ignore[reportArgumentType]
    )
    data = filled.model_dump(mode="json", by_alias=True)
    form = forms.register(Everything, CorrectionFormLabels(yes="Ja", no="Nein"))
    event = form.correction(entered(form.fields, data), {"session_id": "s1", "question": "?"})
    assert event.details == data
    assert event.guidance.splitlines() == [
        "Line: x",
        "Text: 75 EUR since May.",
        "How many: 2",
        "A share: 0.5",
        "Flag: Ja",
        "Unsure: Nein",
        "Colour: Dark blue",
        "One of: 1",
        "Colours: red",
        "Day: 2026-05-01",
        "Lines: one, two",
        "Notes: where: Oslo",
        "Item: Name: lunch; Price: 75.0",
        "Pay: cash; Amount: 20",
    ]


def test_what_the_model_does_not_take_is_refused_with_its_faults_by_field() -> None:
    assert refused(DefaultCorrection, {"right": " ", "wrong": ["Boring"]}) == {
        "right": "Please fill this in.",
        "wrong": "Please choose one of those that are offered.",
    }


def test_a_form_that_says_nothing_or_too_much_for_a_record_is_refused_in_words() -> None:
    class Silent(BaseModel):
        note: str = ""

    assert refused(Silent, {"note": ""}) == {"": "Please fill in one of these at least."}
    assert refused(Silent, {"note": "x" * 5_000}) == {"": "Please use at most 4000 characters."}


def test_what_uuids_addresses_and_decimals_lack_is_said_in_words_too() -> None:
    class Precise(BaseModel):
        case: UUID
        page: HttpUrl
        price: Decimal = Field(max_digits=5, decimal_places=2)

    assert refused(Precise, {"case": "zz", "page": "nowhere", "price": "1.2345"}) == {
        "case": "This does not have the form that is asked for.",
        "page": "This does not have the form that is asked for.",
        "price": "Please give fewer digits.",
    }


def test_a_model_whose_own_code_fails_is_refused_so_that_nothing_waits_behind_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(BaseModel):
        note: str = ""

        def to_correction(self) -> dict[str, str | None]:
            raise KeyError(self.note)

    assert refused(Broken, {"note": "x"}) == {"": "This could not be read: please enter it again."}
    assert "Broken could not be made a correction" in caplog.text


def test_a_form_that_this_process_has_not_drawn_waits_for_the_page() -> None:
    unknown = FormAct(id="a", form="0123456789abcdef", data={"right": "x"})
    with pytest.raises(NotYet):
        to_event(unknown, TURN)


def known_to_a_fresh_process(setup: str, *form_ids: str) -> list[bool]:
    code = f"import sys\nfrom feedback_widgets import forms\n{setup}\nfor each in sys.argv[1:]: print(forms.find(each))"
    done = subprocess.run([sys.executable, "-c", code, *form_ids], capture_output=True, text=True, check=True)
    return [line != "None" for line in done.stdout.splitlines()]


def test_the_default_form_and_those_that_a_launcher_registers_are_known_before_a_page_is_drawn() -> None:
    ours = [forms.register(DefaultCorrection, words).id for words in (CorrectionFormLabels(), GERMAN.form)]
    assert known_to_a_fresh_process("", *ours) == [True, False]
    setup = "from feedback_widgets import *\nfrom feedback_widgets.german import GERMAN\nregister_form(labels=GERMAN)"
    assert known_to_a_fresh_process(setup, *ours) == [True, True]


def test_a_delivery_is_told_of_faults_by_field_and_of_forms_to_be_sent_again() -> None:
    kept: list[object] = []
    remember(TURN)
    known = forms.register(DefaultCorrection, CorrectionFormLabels()).id
    sent = [("a", known, ""), ("b", "0123456789abcdef", "x"), ("c", known, "Three.")]
    answer = receive(
        [
            {"token": tokens.mint(TURN), "act": "form", "id": act_id, "form": form, "data": {"right": right}}
            for act_id, form, right in sent
        ],
        kept.append,
    )
    assert answer.acked == ["c"]
    assert len(kept) == 1
    refused, waiting = answer.refused
    assert (refused["id"], refused["again"], refused["faults"]) == ("a", False, {"right": "Please fill this in."})
    assert (waiting["id"], waiting["again"]) == ("b", True)


def test_more_data_than_a_record_keeps_or_no_data_at_all_is_refused_at_the_door() -> None:
    sent: dict[str, object] = {"act": "form", "id": "a", "form": "f", "data": {"right": "x"}}
    assert isinstance(parse_act(sent), FormAct)
    wrong: list[object] = [{"right": "x" * MAX_DETAILS}, {"right": "\0"}, "text", None]
    for data in wrong:
        with pytest.raises(RefusedAct, match="data"):
            parse_act({**sent, "data": data})


def test_a_form_has_one_id_for_one_model_in_one_language_whatever_its_computed_defaults() -> None:
    counter = iter(range(100))

    def make(bound: int) -> type[BaseModel]:
        class Asked(BaseModel):
            kind: Literal["a"] = "a"
            number: int = Field(default_factory=lambda: next(counter), le=bound)

        return Asked

    english, german = CorrectionFormLabels(), CorrectionFormLabels(faults=FaultLabels(required="Bitte ausfüllen."))
    form = forms.register(make(5), english)
    assert forms.find(form.id) == form
    assert forms.register(make(5), english).id == form.id
    assert forms.register(make(6), english).id != form.id
    assert forms.register(make(5), german).id != form.id


def test_only_the_forms_that_were_drawn_last_are_kept() -> None:
    class Asked(BaseModel):
        text: str

    first = forms.register(Asked, CorrectionFormLabels())
    for number in range(forms.MAX_FORMS):
        forms.register(Asked, CorrectionFormLabels(open=str(number)))
    assert forms.find(first.id) is None
