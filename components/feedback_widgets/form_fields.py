"""What a form asks, as JSON for the browser: any pydantic model's fields, read from its JSON schema."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NoReturn

from pydantic import BaseModel, JsonValue

from feedback_widgets.form_schema import form_schema, sentence

Kind = Literal[
    "line", "text", "integer", "number", "flag", "choice", "choices", "date", "datetime", "time",
    "list", "pairs", "group", "variant",
]  # fmt: skip
Schema = Mapping[str, Any]

LINE: Final = 200
"""A text of at most so many characters (`max_length`) gets one line, any other text an area."""
_SUPPORTED: Final = (
    "str, int, float, Decimal, bool, date, datetime, time, UUID, URL, Literal, Enum, models, unions of models with a "
    "discriminator, lists, sets and dicts of these, and each of them as Optional"
)
_LINES: Final = frozenset({"email", "uri", "uuid"})
_TIMES: Final[Mapping[str, Kind]] = {"date": "date", "date-time": "datetime", "time": "time"}
_LIMITS: Final = {
    "minimum": "min", "maximum": "max", "exclusiveMinimum": "above", "exclusiveMaximum": "below", "multipleOf": "step",
    "minItems": "fewest", "maxItems": "most", "zone": "zone", "exact": "exact",
}  # fmt: skip


@dataclass(frozen=True)
class Option:
    """A value that a choice offers, and what it is called; `fields` is what a variant asks besides."""

    value: str | int | float
    label: str | None = None
    fields: "tuple[FormField, ...]" = ()

    @property
    def words(self) -> str:
        """What it is called."""
        return self.label or str(self.value)

    def as_json(self, *, defaults: bool = True) -> list[JsonValue]:
        """Return `[value, label, fields]`, without what is empty at the end."""
        if self.fields:
            return [self.value, self.label, as_json(self.fields, defaults=defaults)]
        return [self.value, self.label] if self.label else [self.value]


@dataclass(frozen=True)
class FormField:
    """One field of a model, and what is known of its values."""

    name: str
    label: str
    kind: Kind
    help: str | None = None
    placeholder: str | None = None
    required: bool = False
    """A blank is a fault. What may be None, a flag, and a list without a minimum are never required."""
    nullable: bool = False
    default: JsonValue = None
    limits: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """Bounds and the like, under the names of `_LIMITS`; of a line also its `format`."""
    options: tuple[Option, ...] = ()
    """Of a choice, choices or a variant."""
    tag: str | None = None
    """The name under which the data of a variant says which one it is."""
    item: "FormField | None" = None
    """Of a list or pairs."""
    fields: "tuple[FormField, ...]" = ()
    """Of a group."""


def as_json(fields: Iterable[FormField], *, defaults: bool = True) -> list[JsonValue]:
    """Return fields as the browser reads them, without what is empty."""
    return [_as_json(each, defaults=defaults) for each in fields]


def _as_json(asked: FormField, *, defaults: bool) -> JsonValue:
    whole: dict[str, JsonValue] = {
        "name": asked.name,
        "label": asked.label,
        "kind": asked.kind,
        "help": asked.help,
        "placeholder": asked.placeholder,
        "required": asked.required or None,
        "nullable": asked.nullable or None,
        "default": asked.default if defaults and asked.default not in ("", [], {}) else None,
        **asked.limits,
        "options": [each.as_json(defaults=defaults) for each in asked.options] or None,
        "tag": asked.tag,
        "item": asked.item and _as_json(asked.item, defaults=defaults),
        "fields": as_json(asked.fields, defaults=defaults) or None,
    }
    return {name: value for name, value in whole.items() if value is not None}


def form_fields(model: type[BaseModel]) -> tuple[FormField, ...]:
    """Return the fields of `model`, in their order. A `default_factory` is called, so that its value is shown.

    Raises:
        TypeError: a field is one that a form cannot ask for; the message names the field.

    """
    schema = form_schema(model)
    reader = _Reader(model.__name__, schema.get("$defs", {}))
    root, _, path = reader.plain(schema, ())
    if "properties" not in root:
        reader.refuse(root, path)
    return reader.fields(root, path)


class _Reader:
    """Reads one model's JSON schema. A path names the fields above a schema, and the references that led to it."""

    def __init__(self, model: str, definitions: Mapping[str, Schema]) -> None:
        self._model, self._definitions = model, definitions

    def fields(self, schema: Schema, path: tuple[str, ...]) -> tuple[FormField, ...]:
        required: Sequence[str] = schema.get("required", ())
        return tuple(
            self._field(name, each, (*path, name), required=name in required)
            for name, each in schema["properties"].items()
        )

    def plain(self, schema: Schema, path: tuple[str, ...]) -> tuple[Schema, bool, tuple[str, ...]]:
        """Return `schema` without references and "or null", whether null is allowed, and the path with references."""
        match schema:
            case {"$ref": str(reference)}:
                if reference in path:
                    self.refuse({"not": "a model inside itself"}, path)
                return self.plain(self._definitions[reference.rpartition("/")[2]], (*path, reference))
            case {"allOf": [one]}:
                return self.plain(one, path)
            case {"anyOf": [one, {"type": "null"}]}:
                found, _, path = self.plain(one, path)
                return found, True, path
            case {"enum": values}:
                return schema, None in values, path
            case _:
                return schema, False, path

    def refuse(self, schema: Schema, path: tuple[str, ...]) -> NoReturn:
        where = ".".join([self._model, *(part for part in path if not part.startswith("#"))])
        given = {name: each for name, each in schema.items() if name not in ("default", "title")}
        what = schema.get("not") or (json.dumps(given)[:200] if given else "any value at all")
        msg = f"{where}: a form cannot ask for {what}; supported are {_SUPPORTED}"
        raise TypeError(msg)

    def _field(self, name: str, schema: Schema, path: tuple[str, ...], *, required: bool = False) -> FormField:
        plain, nullable, path = self.plain(schema, path)
        example = schema.get("placeholder") or next(iter(schema.get("examples", ())), None)
        asked = FormField(
            name=name,
            label=schema.get("title") or sentence(name),
            kind="text",
            help=schema.get("description"),
            placeholder=None if example is None else str(example),
            required=required and not nullable,
            nullable=nullable,
            default=schema.get("default"),
            limits={short: plain[long] for long, short in _LIMITS.items() if long in plain},
        )
        return self._of_its_kind(asked, plain, path)

    def _of_its_kind(self, asked: FormField, schema: Schema, path: tuple[str, ...]) -> FormField:  # noqa: PLR0911, PLR0912
        match schema:
            case {"enum": _} | {"const": _}:
                return replace(asked, kind="choice", options=self._options(schema, path))
            case {"oneOf": [*branches], "discriminator": {"propertyName": str(tag)}}:
                variants = [each for branch in branches for each in self._variants(branch, tag, path)]
                return replace(asked, kind="variant", options=tuple(variants), tag=tag)
            case {"type": "array", "items": {**items}} if "prefixItems" not in schema:
                required = asked.required and bool(schema.get("minItems"))
                item = self._field("", items, path)
                if item.kind == "choice" and not item.nullable:
                    return replace(asked, kind="choices", options=item.options, required=required)
                return replace(asked, kind="list", item=item, required=required)
            case {"type": "object", "properties": _}:
                return replace(asked, kind="group", fields=self.fields(schema, path))
            case {"type": "object", "additionalProperties": {**values}}:
                return replace(asked, kind="pairs", item=self._field("", values, path), required=False)
            case {"type": "boolean"} if asked.nullable:
                return replace(asked, kind="choice", options=(Option(value=True), Option(value=False)))
            case {"type": "boolean"}:
                return replace(asked, kind="flag", required=False)
            case {"type": "integer" | "number" as number}:
                return replace(asked, kind=number)
            case {"type": "string", "format": str(form)} if form in _LINES:
                return replace(asked, kind="line", limits={"format": form})
            case {"type": "string", "format": str(form)} if kind := _TIMES.get(form):
                return replace(asked, kind=kind)
            case {"type": "string"} if "format" not in schema:
                return replace(asked, kind="line" if schema.get("maxLength", LINE + 1) <= LINE else "text")
            case _:
                return self.refuse(schema, path)

    def _options(self, schema: Schema, path: tuple[str, ...]) -> tuple[Option, ...]:
        values: list[Any] = schema["enum"] if "enum" in schema else [schema["const"]]
        labels: list[str | None] = schema.get("labels") or [None] * len(values)
        if values == [None] or not all(each is None or isinstance(each, str | int | float) for each in values):
            self.refuse(schema, path)
        return tuple(Option(value, label) for value, label in zip(values, labels, strict=True) if value is not None)

    def _variants(self, schema: Schema, tag: str, path: tuple[str, ...]) -> Iterator[Option]:
        """Yield one option for each value of the tag by which a union's model is known."""
        model, _, path = self.plain(schema, path)
        if "properties" not in model:
            self.refuse(model, path)
        tags, _, _ = self.plain(model["properties"][tag], path)
        others = {name: each for name, each in model["properties"].items() if name != tag}
        fields = self.fields({**model, "properties": others}, path)
        options = self._options(tags, path)
        for each in options:
            yield Option(each.value, sentence(model["title"]) if len(options) == 1 else each.label, fields)
