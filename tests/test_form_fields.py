"""What a form asks: any pydantic model's fields, as the browser reads them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from feedback_widgets.form_fields import FormField, as_json, form_fields
from pydantic import AliasPath, BaseModel, ConfigDict, Field, RootModel, SecretStr

from tests.forms import Everything


def by_name(model: type[BaseModel]) -> dict[str, FormField]:
    return {each.name: each for each in form_fields(model)}


def test_every_kind_of_field_is_told_from_its_type() -> None:
    assert {name: each.kind for name, each in by_name(Everything).items()} == {
        "line": "line",
        "text": "text",
        "howMany": "integer",
        "share": "number",
        "exact": "number",
        "maybe": "integer",
        "flag": "flag",
        "unsure": "choice",
        "colour": "choice",
        "meal": "choice",
        "one_of": "choice",
        "colours": "choices",
        "tags": "choices",
        "day": "date",
        "moment": "datetime",
        "zoned": "datetime",
        "hour": "time",
        "identity": "line",
        "lines": "list",
        "numbers": "list",
        "days": "list",
        "notes": "pairs",
        "prices": "pairs",
        "item": "group",
        "spare": "group",
        "items": "list",
        "pay": "variant",
        "pays": "list",
    }


def test_the_browser_reads_a_field_without_what_is_empty() -> None:
    described = {str(each["name"]): each for each in as_json(form_fields(Everything)) if isinstance(each, dict)}
    assert described["share"] == {
        "name": "share",
        "label": "A share",
        "kind": "number",
        "help": "Between none and all.",
        "placeholder": "0.25",
        "default": 0.5,
        "min": 0,
        "max": 1,
    }
    assert described["howMany"] == {"name": "howMany", "label": "How many", "kind": "integer", "default": 5, "above": 0}
    assert described["text"] == {"name": "text", "label": "Text", "kind": "text", "required": True}
    assert described["tags"] == {
        "name": "tags",
        "label": "Tags",
        "kind": "choices",
        "options": [["policy"], ["tax"]],
        "most": 1,
    }
    assert described["unsure"]["options"] == [[True], [False]]
    assert described["zoned"]["zone"] is True
    assert described["pay"]["tag"] == "way"
    assert json.loads(json.dumps(as_json(form_fields(Everything)))) == as_json(form_fields(Everything))


def test_choices_keep_the_type_of_their_values_and_say_the_words_of_an_enum() -> None:
    class Grade(Enum):
        TOP_MARK = 1
        FAIL = 6

        @property
        def label(self) -> str | None:
            return "Failed" if self is Grade.FAIL else None

    class Marked(BaseModel):
        grade: Grade
        raw: Literal[1, "1", True]
        named: Literal[Grade.FAIL]
        each_or_none: list[Literal["a"] | None]  # several buttons could not say twice nothing

    fields = by_name(Marked)
    assert [(each.value, each.label) for each in fields["grade"].options] == [(1, "Top mark"), (6, "Failed")]
    assert [each.value for each in fields["raw"].options] == [1, "1", True]
    assert [each.words for each in fields["named"].options] == ["Failed"]
    assert fields["each_or_none"].kind == "list"


def test_only_what_may_not_be_left_blank_is_required() -> None:
    class Asked(BaseModel):
        text: str
        optional: str | None
        flag: bool
        tags: list[Literal["a"]]
        at_least_one: list[str] = Field(min_length=1)
        named: dict[str, str]

    assert [name for name, each in by_name(Asked).items() if each.required] == ["text", "at_least_one"]


def test_computed_defaults_are_shown_and_those_that_are_no_json_are_left_to_the_model() -> None:
    class Computed(BaseModel):
        tags: list[str] = Field(default_factory=lambda: ["a", "b"])
        day: datetime = Field(default_factory=lambda: datetime(2026, 1, 2, tzinfo=UTC))
        strange: int = Field(default_factory=object)  # pyright: ignore[reportAssignmentType]
        copied: list[str] = Field(default_factory=lambda data: data["tags"])

    assert {name: each.default for name, each in by_name(Computed).items()} == {
        "tags": ["a", "b"],
        "day": "2026-01-02T00:00:00Z",
        "strange": None,
        "copied": None,
    }


def test_a_union_of_models_offers_each_of_them_by_its_tag() -> None:
    pay = by_name(Everything)["pay"]
    assert [(each.value, each.words, [inner.name for inner in each.fields]) for each in pay.options] == [
        ("card", "Card", ["number"]),
        ("cash", "cash", ["amount"]),
        ("coins", "coins", ["amount"]),
    ]


class Node(BaseModel):
    children: "list[Node]" = []


class Inner(BaseModel):
    anything: Any


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (SecretStr, "Asked.field: a form cannot ask for .*password"),
        (timedelta, "Asked.field: a form cannot ask for .*duration"),
        (bytes, "Asked.field: a form cannot ask for .*binary"),
        (Path, "Asked.field: a form cannot ask for .*path"),
        (int | str, "Asked.field: a form cannot ask for .*anyOf"),
        (tuple[int, str], "Asked.field: a form cannot ask for .*prefixItems"),
        (dict[str, Any], "Asked.field: a form cannot ask for .*additionalProperties"),
        (Callable[[], int], "Asked.field: a form cannot ask for"),
        (list[Inner], "Asked.field.anything: a form cannot ask for any value at all; supported are str, int"),
        (Node, "Asked.field.children: a form cannot ask for a model inside itself"),
        (Annotated[Node | Inner, "no discriminator"], "Asked.field: a form cannot ask for"),
    ],
)
def test_a_type_that_no_form_can_ask_for_is_refused_by_the_name_of_its_field(given: Any, why: str) -> None:
    class Asked(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        field: given  # pyright: ignore[reportInvalidTypeForm]

    with pytest.raises(TypeError, match=why):
        form_fields(Asked)


@pytest.mark.parametrize(
    "names", [{"serialization_alias": "Note"}, {"validation_alias": "n"}, {"validation_alias": AliasPath("a", "b")}]
)
def test_a_field_that_is_written_under_another_name_than_it_is_read_is_refused(names: dict[str, Any]) -> None:
    """What was entered would be lost: it is looked for under the name under which it was entered."""

    class Renamed(BaseModel):
        note: str = Field("", **names)

    class Around(BaseModel):
        inner: Renamed

    for model, where in ((Renamed, "Renamed"), (Around, "Around.inner")):
        with pytest.raises(TypeError, match=rf"^{where}\.\w+: a form cannot ask for a field that is written as"):
            form_fields(model)


def test_a_field_with_one_other_name_for_both_or_that_is_not_written_may_be_asked_for() -> None:
    class Named(BaseModel):
        note: str = Field("", alias="n")
        unsaid: str = Field("", exclude=True)

    assert [each.name for each in form_fields(Named)] == ["n", "unsaid"]


@pytest.mark.parametrize("model", [RootModel[int], Node])
def test_a_model_that_has_no_fields_or_only_itself_is_refused(model: type[BaseModel]) -> None:
    with pytest.raises(TypeError, match="a form cannot ask for"):
        form_fields(model)
