"""What was entered in a form: an instance of the model, or what is wrong, in words, by field."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from feedback_widgets.form_fields import form_fields
from feedback_widgets.form_reading import MAX_FAULTS, FormFaults, read
from feedback_widgets.labels import FaultLabels
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from tests.forms import Card, Cash, Colour, Everything, Item, entered

FIELDS = form_fields(Everything)
VALID: dict[str, JsonValue] = {"text": "t", "item": {"name": "n"}}


def faults_of(raw: JsonValue, model: type[BaseModel] = Everything, words: FaultLabels | None = None) -> dict[str, str]:
    with pytest.raises(FormFaults) as caught:
        read(model, form_fields(model), raw, words or FaultLabels())
    return caught.value.by_field


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
words = texts.filter(lambda text: bool(text.strip()))
words_or_nothing = st.just("") | words
decimals = st.decimals(-1000, 1000, places=2)
items = st.builds(
    Item,
    name=words,
    price=st.floats(0, allow_infinity=False),
    sizes=st.lists(st.integers(-(10**30), 10**30), max_size=3),
)
pays = st.builds(Card, number=st.sampled_from(["1234", "0000"])) | st.builds(
    Cash, way=st.sampled_from(["cash", "coins"]), amount=decimals
)
zoned = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))
instances = st.builds(
    Everything,
    line=words_or_nothing,
    text=words,
    howMany=st.integers(1, 10**30),
    share=st.floats(0, 1),
    exact=st.none() | decimals,
    maybe=st.none() | st.integers(),
    flag=st.booleans(),
    unsure=st.none() | st.booleans(),
    colour=st.sampled_from(Colour),
    meal=st.sampled_from([None, "lunch", "dinner"]),
    one_of=st.sampled_from([1, "1"]),
    colours=st.sets(st.sampled_from(Colour)),
    tags=st.lists(st.sampled_from(["policy", "tax"]), max_size=1),
    day=st.none() | st.dates(),
    moment=st.none() | st.datetimes(),
    zoned=st.none() | zoned,
    hour=st.none() | st.times(),
    identity=st.none() | st.uuids(),
    lines=st.lists(words, max_size=3),
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3).map(tuple),
    days=st.sets(st.dates(), max_size=3),
    notes=st.dictionaries(words, words_or_nothing, max_size=3),
    prices=st.dictionaries(words, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    item=items,
    spare=st.none() | items,
    items=st.lists(items, max_size=2),
    pay=st.none() | pays,
    pays=st.lists(pays, max_size=2),
)


@given(instances)
def test_what_the_browser_shows_of_an_instance_is_read_as_that_instance(instance: Everything) -> None:
    raw = entered(FIELDS, instance.model_dump(mode="json", by_alias=True))
    assert read(Everything, FIELDS, raw, FaultLabels()) == instance


anything: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
rows = st.lists(st.fixed_dictionaries({}, optional={"name": anything, "way": st.just("cash"), "amount": anything}))
near_misses = st.fixed_dictionaries(
    dict[str, st.SearchStrategy[Any]](),
    optional={each.name: anything | rows | st.lists(st.tuples(st.text(max_size=3), anything)) for each in FIELDS},
)


@given(anything | near_misses)
def test_whatever_json_comes_it_is_an_instance_or_faults_in_words(raw: JsonValue) -> None:
    try:
        outcome = read(Everything, FIELDS, raw, FaultLabels())
    except FormFaults as faults:
        outcome = list(faults.by_field.values())
    assert isinstance(outcome, Everything) or (outcome and all(outcome))


def test_each_fault_is_told_in_plain_words_at_the_path_of_its_field() -> None:
    assert faults_of(
        {
            "howMany": "0",
            "share": "1.5",
            "exact": "1,000",
            "maybe": "2.5",
            "colour": "green",
            "tags": ["policy", "tax"],
            "day": "yesterday",
            "moment": "noon",
            "zoned": "2026-01-01T12:00",
            "hour": "late",
            "numbers": ["1", "", "two"],
            "prices": [["a", "1"], ["a", "2"], ["", "3"], ["b", " "], ["c", "dear"]],
            "item": {"price": "-1"},
            "items": [{"name": "x" * 41}],
            "pay": {"way": "cash"},
            "pays": [{"way": "card", "number": "12"}, {"way": "cheque"}],
        }
    ) == {
        "text": "Please fill this in.",
        "howMany": "Please give more than 0.",
        "share": "Please give 1 or less.",
        "exact": "Please give a number, for example 12.5.",
        "maybe": "Please give a whole number.",
        "colour": "Please choose one of those that are offered.",
        "tags": "Please give at most 1.",
        "day": "Please give a date.",
        "moment": "Please give a date and a time.",
        "zoned": "Please give a date and a time.",
        "hour": "Please give a time of day.",
        "numbers.2": "Please give a number, for example 12.5.",
        "prices.1": "This name is given twice.",
        "prices.2": "Please fill this in.",
        "prices.3": "Please fill this in.",
        "prices.4": "Please give a number, for example 12.5.",
        "item.name": "Please fill this in.",
        "item.price": "Please give 0 or more.",
        "items.0.name": "Please use at most 40 characters.",
        "pay.amount": "Please fill this in.",
        "pays.0.number": "This does not have the form that is asked for.",
        "pays.1": "Please choose one of those that are offered.",
    }


def test_the_words_can_be_replaced_and_name_the_bound_and_what_was_given() -> None:
    german = FaultLabels(most="Höchstens {n}, nicht {given}.")
    assert faults_of({**VALID, "share": "1.5"}, words=german) == {"share": "Höchstens 1, nicht 1.5."}


class Trip(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    start: int
    end: int = 9
    country: str = "NO"
    note: str = Field("", max_length=5)
    stops: list[int] = [1]
    maybe: int | None = 3

    @field_validator("country")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == "ZZ":
            msg = "No such country."
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _in_order(self) -> "Trip":
        if self.end == 13:
            message = "the app's own fault"
            raise KeyError(message)
        if self.end < self.start:
            message = "A trip ends after it starts."
            raise ValueError(message)
        return self


def test_a_blank_is_none_where_that_is_allowed_and_else_the_default_and_an_empty_list_is_empty() -> None:
    raw: JsonValue = {"start": " 5 ", "end": "", "country": "", "stops": [], "maybe": " "}
    trip = read(Trip, form_fields(Trip), raw, FaultLabels())
    assert trip.model_dump() == {"start": 5, "end": 9, "country": "", "note": "", "stops": [], "maybe": None}


def test_a_text_that_may_be_blank_by_its_default_is_not_judged_when_it_is() -> None:
    class Coded(BaseModel):
        code: str = Field(default="", pattern="^[A-Z]{3}$")
        name: str = Field(default="", min_length=3)

    assert read(Coded, form_fields(Coded), {"code": " ", "name": ""}, FaultLabels()) == Coded()
    assert "code" in faults_of({"code": "x"}, Coded)


class Paid(BaseModel):
    by: Literal[1]
    cents: int


class Owed(BaseModel):
    by: Literal[2]


class Corners(BaseModel):
    """What a browser's blanks and strings could be taken for something else in."""

    texts: list[str] = []
    levels: list[Annotated[int, Field(ge=0)]] = []
    gaps: list[int | None] = []
    none: list[str] | None = []
    some: list[Literal["a"] | None] = []
    empty: Literal["", "a"] = "a"
    exact: Decimal = Decimal(0)
    identity: UUID = UUID(int=1)
    paid: Annotated[Paid | Owed, Field(discriminator="by")] | None = None


def test_blanks_and_strings_are_taken_for_what_their_field_means_by_them() -> None:
    raw: JsonValue = {
        "texts": ["", "a", " "],
        "levels": ["", "1"],
        "gaps": ["", "1"],
        "none": [],
        "some": [None, "a"],
        "empty": "",
        "exact": "0.12345678901234567890",
        "identity": "",
        "paid": {"by": 1, "cents": "5"},
    }
    assert read(Corners, form_fields(Corners), raw, FaultLabels()) == Corners(
        texts=["a"],
        levels=[1],
        gaps=[None, 1],
        none=None,
        some=[None, "a"],
        empty="",
        exact=Decimal("0.12345678901234567890"),
        paid=Paid(by=1, cents=5),
    )
    assert faults_of({"levels": ["", "1", "", "-1"], "paid": {"by": True, "cents": "1"}}, Corners) == {
        "levels.3": "Please give 0 or more.",
        "paid": "Please choose one of those that are offered.",
    }


@pytest.mark.parametrize(("text", "number"), [("75,5", 75.5), (".5", 0.5), ("1e3", 1000.0), ("-2", -2.0)])
def test_a_number_may_be_written_with_a_comma_or_a_point(text: str, number: float) -> None:
    raw: JsonValue = {**VALID, "prices": [["a", text]]}
    assert read(Everything, FIELDS, raw, FaultLabels()).prices == {"a": number}


@pytest.mark.parametrize("text", ["1,000", "nan", "inf", "1e999", "1_000", "١٢", "0x10", "1" * 101, "1 2", "1,2,3"])
def test_what_is_no_number_or_might_be_another_one_is_a_fault(text: str) -> None:
    assert list(faults_of({**VALID, "prices": [["a", text]]})) == ["prices.0"]


def test_a_validator_of_the_apps_own_says_its_own_words() -> None:
    assert faults_of({"start": "1", "country": "ZZ"}, Trip) == {"country": "No such country."}
    assert faults_of({"start": "10"}, Trip) == {"": "A trip ends after it starts."}


def test_a_validator_that_fails_in_its_own_way_is_a_fault_of_the_form(caplog: pytest.LogCaptureFixture) -> None:
    assert faults_of({"start": "1", "end": "13"}, Trip) == {"": "This could not be read: please enter it again."}
    assert "the app's own fault" in caplog.text


@pytest.mark.parametrize("text", ["null", "[]", '"text"', "5", '{"item": {"name": "n"}}'])
def test_what_is_no_form_or_half_of_one_is_a_fault(text: str) -> None:
    assert faults_of(json.loads(text))


@pytest.mark.parametrize("text", ['{"__class__": "x"}', '{"item": [[]]}', '{"howMany": 1}', '{"flag": "yes"}'])
def test_what_has_another_shape_or_is_not_asked_for_is_a_fault(text: str) -> None:
    hostile: dict[str, JsonValue] = json.loads(text)
    assert list(faults_of({**VALID, **hostile})) == list(hostile)


def test_much_and_deep_nonsense_is_refused_quickly_with_few_words() -> None:
    deep: JsonValue = json.loads("[" * 900 + "]" * 900)
    assert faults_of({**VALID, "tags": deep})
    unknown: dict[str, JsonValue] = {f"field{n}": n for n in range(20_000)}
    many = faults_of({**VALID, "numbers": ["x" for _ in range(20_000)], **unknown})
    assert len(many) == MAX_FAULTS
