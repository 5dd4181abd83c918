"""Streamlit's own widgets for the fields of a pydantic model: one widget per field, read from its JSON schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import streamlit as st
from pydantic import BaseModel, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

Kind = Literal["line", "text", "lines", "choice", "choices", "flag", "integer", "number"]
Schema = Mapping[str, Any]

LINE: Final = 200
"""A text of at most so many characters (`max_length`) gets one line, any other text an area."""
_SUPPORTED: Final = "str, int, float, bool, Literal, Enum, list[str], list[Literal] and each of these as Optional"
_AREA_PIXELS: Final = 96


@dataclass(frozen=True)
class FormField:
    """One field of a model, and the widget that asks for it."""

    name: str
    label: str
    help: str | None
    kind: Kind
    schema: Schema
    default: Any
    required: bool
    nullable: bool

    def draw(self, key: str, *, yes: str, no: str) -> None:
        """Draw the widget, which keeps what is typed under `key`; `yes` and `no` are the words for an optional flag."""
        label = f"{self.label} *" if self.required else self.label
        most: int | None = self.schema.get("maxLength")
        words = {True: yes, False: no}
        match self.kind:
            case "line":
                st.text_input(label, self.default or "", max_chars=most, key=key, help=self.help)
            case "text":
                st.text_area(label, self.default or "", max_chars=most, key=key, help=self.help, height=_AREA_PIXELS)
            case "lines":
                lines = "\n".join(self.default or ())
                st.text_area(label, lines, key=key, help=self.help, height=_AREA_PIXELS)
            case "flag":
                st.checkbox(label, bool(self.default), key=key, help=self.help)
            case "choice":
                st.pills(
                    label,
                    _options(self.schema),
                    default=self.default,
                    format_func=lambda option: words[option] if isinstance(option, bool) else str(option),
                    key=key,
                    help=self.help,
                )
            case "choices":
                options = _options(self.schema["items"])
                st.pills(label, options, selection_mode="multi", default=self.default, key=key, help=self.help)
            case "integer" | "number":
                low, high, value, step = self._numbers()
                st.number_input(label, low, high, value, step, key=key, help=self.help)

    def _numbers(self) -> tuple[Any, Any, Any, Any]:
        """Lowest, highest, first value and step: all int or all float, for Streamlit takes no mixture."""
        number = int if self.kind == "integer" else float
        bounds = (self.schema.get("minimum"), self.schema.get("maximum"), self.default)
        low, high, value = (None if bound is None else number(bound) for bound in bounds)
        return low, high, value, 1 if self.kind == "integer" else None

    def given(self, raw: object) -> dict[str, object]:
        """Return what the model is told of the widget's value: `{name: value}`, or `{}` where it was left blank."""
        if self.kind == "lines" and isinstance(raw, str):
            return {self.name: [line.strip() for line in raw.splitlines() if line.strip()]}
        if raw is not None and not (isinstance(raw, str) and not raw.strip()):
            return {self.name: raw}
        if self.nullable:
            return {self.name: None}
        return {self.name: ""} if raw is not None and not self.required else {}

    def in_words(self, value: object) -> str:
        """Return "label: value", or an empty text for a blank value."""
        if value is None or value in ("", []):
            return ""
        values: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
        return f"{self.label}: {', '.join(map(str, values))}"


def form_fields(model: type[BaseModel]) -> tuple[FormField, ...]:
    """Return the fields of `model`, in their order.

    Raises:
        TypeError: a field is of a type that has no widget yet; the message names the field.

    """
    return tuple(_field(model, name, info) for name, info in model.model_fields.items())


def _field(model: type[BaseModel], name: str, info: FieldInfo) -> FormField:
    definition: dict[str, Any] = {name: (info.annotation, info)}
    try:
        alone: Schema = create_model("Alone", **definition).model_json_schema()
    except PydanticUserError:
        alone = {"properties": {name: {}}}
    (asked,) = alone["properties"].values()
    schema, nullable = _plain(asked, alone.get("$defs", {}))
    kind = _kind(schema)
    if kind == "flag" and nullable:
        kind, schema = "choice", {"enum": [True, False]}
    if kind is None:
        msg = f"{model.__name__}.{name}: {info.annotation} has no widget in a form yet; supported are {_SUPPORTED}"
        raise TypeError(msg)
    required = info.is_required()
    return FormField(
        name=info.alias or name,
        label=info.title or name.replace("_", " ").strip().capitalize(),
        help=info.description,
        kind=kind,
        schema=schema,
        default=None if required else to_jsonable_python(info.get_default(call_default_factory=True)),
        required=required,
        nullable=nullable,
    )


def _plain(schema: Schema, definitions: Mapping[str, Schema]) -> tuple[Schema, bool]:
    """Return `schema` without references and without "or null", and whether null is allowed."""
    match schema:
        case {"$ref": str(reference)}:
            return _plain(definitions[reference.rpartition("/")[2]], definitions)
        case {"anyOf": [one, {"type": "null"}]}:
            return _plain(one, definitions)[0], True
        case {"type": "array", "items": items}:
            return {**schema, "items": _plain(items, definitions)[0]}, False
        case {"enum": options}:
            return schema, None in options
        case _:
            return schema, False


def _kind(schema: Schema) -> Kind | None:
    kind: Kind | None = None
    match schema:
        case {"enum": _} | {"const": _}:
            kind = "choice"
        case {"type": "array", "items": {"enum": _} | {"const": _}}:
            kind = "choices"
        case {"format": _} | {"items": {"format": _}}:
            kind = None
        case {"type": "array", "items": {"type": "string"}}:
            kind = "lines"
        case {"type": "boolean"}:
            kind = "flag"
        case {"type": "integer" | "number" as number}:
            kind = number
        case {"type": "string"}:
            kind = "line" if schema.get("maxLength", LINE + 1) <= LINE else "text"
        case _:
            pass
    return kind


def _options(schema: Schema) -> list[Any]:
    options: list[Any] = schema.get("enum") or [schema["const"]]
    return [option for option in options if option is not None]
