"""What a browser entered, read into the app's own model: or what is wrong with it, in words, by field."""

import json
import logging
import math
import re
from typing import Final, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from feedback_widgets.form_faults import FormFaults, in_words
from feedback_widgets.form_fields import FormField
from feedback_widgets.labels import FaultLabels

FORM: Final = ""
"""The path of faults that belong to no field."""
MAX_FAULTS: Final = 100
Loc = tuple[str | int, ...]
_M = TypeVar("_M", bound=BaseModel)
_NUMBER: Final = re.compile(r"[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_WHOLE: Final = re.compile(r"[+-]?\d{1,100}", re.ASCII)
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_log: Final = logging.getLogger(__name__)


def read(model: type[_M], fields: tuple[FormField, ...], entered: JsonValue, words: FaultLabels) -> _M:
    """Return the model of what was entered: a JSON object in which texts, numbers, dates and times are strings.

    A blank is None where the field may be None, else what the model has as its default, else a fault.

    Raises:
        FormFaults: the model does not take it, or it does not have the shape that `fields` describe.

    """
    reading = _Reading(words)
    given = reading.group(fields, entered, FORM, ())
    try:
        form = model.model_validate_json(json.dumps(given))
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            reading.note(reading.path_of(fault["loc"]), in_words(fault, words))
    except Exception:
        # A validator of the app's own that fails in its own way must not block what waits behind this act.
        _log.exception("%s could not judge what was entered", model.__name__)
        reading.note(FORM, words.unreadable)
    else:
        if not reading.faults:
            return form
    raise FormFaults(reading.faults)


class _Reading:
    """One reading of what was entered: the faults, and for each location that pydantic may name, its path."""

    def __init__(self, words: FaultLabels) -> None:
        self._words = words
        self._paths: dict[Loc, str] = {(): FORM}
        self._blamed: set[str] = set()
        self.faults: dict[str, str] = {}

    def note(self, path: str, why: str) -> None:
        """Note a fault, unless one was noted there or inside it, which is its cause."""
        if path in self._blamed or len(self.faults) >= MAX_FAULTS:
            return
        self.faults[path] = why
        while path:
            self._blamed.add(path)
            path = path.rpartition(".")[0]

    def path_of(self, loc: Loc) -> str:
        """Return the path of the innermost field that pydantic's `loc` lies in."""
        while loc not in self._paths:
            loc = loc[:-1]
        return self._paths[loc]

    def group(self, fields: tuple[FormField, ...], entered: JsonValue, path: str, loc: Loc) -> dict[str, JsonValue]:
        """Return the data of a model, as far as they can be read."""
        if not isinstance(entered, dict):
            self.note(path, self._words.unreadable)
            return {}
        for unknown in entered.keys() - {each.name for each in fields}:
            self.note(_inside(path, unknown[:80]), self._words.unknown)
        given: dict[str, JsonValue] = {}
        for each in fields:
            for value in self._values(each, entered.get(each.name), _inside(path, each.name), (*loc, each.name)):
                given[each.name] = value
        return given

    def _values(self, asked: FormField, entered: JsonValue, path: str, loc: Loc) -> list[JsonValue]:  # noqa: PLR0911
        """Return the value of a field in a list, which is empty where the field was left blank or cannot be read."""
        self._paths[loc] = path
        if _is_blank(asked, entered):
            return _of_blank(asked, entered)
        match asked.kind, entered:
            case "line" | "text" | "date" | "datetime" | "time", str():
                return [entered if asked.kind in ("line", "text") else entered.strip()]
            case "integer" | "number", str():
                return self._number(asked, entered.strip(), path)
            case ("flag", bool()) | ("choice", str() | int() | float()) | ("choices", list()):
                return [entered]
            case "list", list() if asked.item:
                return [self._list(asked.item, entered, path, loc)]
            case "pairs", list() if asked.item:
                return [self._pairs(asked.item, entered, path, loc)]
            case "group", dict():
                return [self.group(asked.fields, entered, path, loc)]
            case "variant", dict() if asked.tag:
                return self._variant(asked, asked.tag, entered, path, loc)
            case _:
                self.note(path, self._words.unreadable)
                return []

    def _number(self, asked: FormField, text: str, path: str) -> list[JsonValue]:
        if asked.kind == "integer":
            if _WHOLE.fullmatch(text):
                return [int(text)]
            self.note(path, self._words.whole.replace("{given}", text[:80]))
            return []
        point = text if _THOUSANDS.fullmatch(text) else text.replace(",", ".", 1)  # "1,000" is one or a thousand
        if _NUMBER.fullmatch(point) and math.isfinite(number := float(point)):
            return [point if asked.limits.get("exact") else number]
        self.note(path, self._words.number.replace("{given}", text[:80]))
        return []

    def _list(self, item: FormField, entered: list[JsonValue], path: str, loc: Loc) -> list[JsonValue]:
        found: list[JsonValue] = []
        for row, each in enumerate(entered):
            if item.nullable or not _is_blank(item, each):
                found += self._values(item, each, f"{path}.{row}", (*loc, len(found)))
        return found

    def _pairs(self, item: FormField, entered: list[JsonValue], path: str, loc: Loc) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        for row, pair in enumerate(entered):
            here = f"{path}.{row}"
            match pair:
                case [str(name), value] if not name.strip() and _is_blank(item, value):
                    pass
                case [str(name), value] if name.strip() and name not in found:
                    for each in self._values(item, value, here, (*loc, name)):
                        found[name] = each
                    if name not in found:
                        self.note(here, self._words.required)
                case [str(name), _]:
                    self.note(here, self._words.twice if name.strip() else self._words.required)
                case _:
                    self.note(here, self._words.unreadable)
        return found

    def _variant(
        self, asked: FormField, tag: str, entered: dict[str, JsonValue], path: str, loc: Loc
    ) -> list[JsonValue]:
        chosen = entered.get(tag)
        for option in asked.options:
            if (type(option.value), option.value) == (type(chosen), chosen):
                others = {name: each for name, each in entered.items() if name != tag}
                # Pydantic names the tag in the location of what lies in a variant.
                return [self.group(option.fields, others, path, (*loc, str(chosen))) | {tag: chosen}]
        self.note(path, self._words.choice)
        return []


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_blank(asked: FormField, entered: JsonValue) -> bool:
    if isinstance(entered, str):
        return not entered.strip() and all(option.value != entered for option in asked.options)
    return entered is None or (entered == [] and asked.nullable)


def _of_blank(asked: FormField, entered: JsonValue) -> list[JsonValue]:
    """Return None where that is allowed, and an empty text where that is one; what else was left blank is not given.

    Nor is an empty text where the default is one: pydantic takes a default as it is, whatever is asked of a text.
    """
    if asked.nullable:
        return [None]
    free = asked.kind in ("line", "text") and not asked.required and not asked.limits and asked.default != ""
    return [""] if free and entered is not None else []
