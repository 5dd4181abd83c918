"""Models with every kind of field that a form can ask for, and what a browser would enter for them."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from feedback_widgets.form_fields import FormField
from pydantic import AwareDatetime, BaseModel, Field, JsonValue


class Colour(Enum):
    RED = "red"
    DARK_BLUE = 2


class Card(BaseModel):
    way: Literal["card"] = "card"
    number: str = Field(pattern=r"^\d{4}$")


class Cash(BaseModel):
    way: Literal["cash", "coins"]
    amount: Decimal


class Item(BaseModel):
    name: str = Field(max_length=40)
    price: float = Field(1.5, ge=0)
    sizes: list[int] = []


class Everything(BaseModel):
    line: str = Field("x", max_length=200)
    text: str
    count: int = Field(5, gt=0, alias="howMany")
    share: float = Field(0.5, ge=0, le=1, title="A share", description="Between none and all.", examples=[0.25])
    exact: Decimal | None = None
    maybe: int | None = None
    flag: bool = True
    unsure: bool | None = None
    colour: Colour = Colour.RED
    meal: Literal["lunch", "dinner"] | None = None
    one_of: Literal[1, "1"] = "1"
    colours: set[Colour] = set()
    tags: list[Literal["policy", "tax"]] = Field([], max_length=1)
    day: date | None = None
    moment: datetime | None = None
    zoned: AwareDatetime | None = None
    hour: time | None = None
    identity: UUID | None = None
    lines: list[str] = Field(default_factory=list)
    numbers: tuple[float, ...] = ()
    days: set[date] = set()
    notes: dict[str, str] = {}
    prices: dict[str, float] = {}
    item: Item
    spare: Item | None = None
    items: list[Item] = []
    pay: Annotated[Card | Cash, Field(discriminator="way")] | None = None
    pays: list[Annotated[Card | Cash, Field(discriminator="way")]] = []


def entered(fields: tuple[FormField, ...], details: dict[str, Any]) -> dict[str, JsonValue]:
    """What a browser holds of a form that shows `details` (see `frontend/correction_form.js`)."""
    return {each.name: _entered(each, details.get(each.name)) for each in fields}


def _entered(asked: FormField, value: Any) -> JsonValue:  # noqa: PLR0911
    if value is None:
        return None
    match asked.kind:
        case "integer" | "number":
            return str(value)
        case "list":
            assert asked.item
            return [_entered(asked.item, each) for each in value]
        case "pairs":
            assert asked.item
            return [[name, _entered(asked.item, each)] for name, each in value.items()]
        case "group":
            return entered(asked.fields, value)
        case "variant":
            (option,) = [option for option in asked.options if option.value == value[asked.tag]]
            return {str(asked.tag): option.value, **entered(option.fields, value)}
        case _:
            return value
