"""What is wrong with an entry of a form, in words: pydantic's own are written for programmers."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from feedback_widgets.labels import FaultLabels

_TYPES: Final = {
    "required": "missing",
    "shorter": "string_too_short",
    "longer": "string_too_long",
    "pattern": "string_pattern_mismatch uuid_parsing uuid_type url_parsing url_type url_scheme url_syntax_violation",
    "number": "float_parsing float_type finite_number decimal_parsing decimal_type",
    "whole": "int_parsing int_type int_from_float int_parsing_size",
    "above": "greater_than",
    "least": "greater_than_equal",
    "below": "less_than",
    "most": "less_than_equal",
    "multiple": "multiple_of",
    "digits": "decimal_max_digits decimal_max_places decimal_whole_digits",
    "date": "date_parsing date_type date_from_datetime_parsing date_from_datetime_inexact",
    "datetime": "datetime_parsing datetime_type datetime_from_date_parsing timezone_aware timezone_naive",
    "time": "time_parsing time_type",
    "past": "date_past datetime_past",
    "future": "date_future datetime_future",
    "choice": "enum literal_error union_tag_invalid union_tag_not_found",
    "fewer": "too_short",
    "more": "too_long",
    "unreadable": "json_invalid recursion_loop",
}
"""Our labels, and pydantic's types of error that each of them puts in words."""
_LABELS: Final = {kind: label for label, kinds in _TYPES.items() for kind in kinds.split()}
_BOUNDS: Final = ("min_length", "max_length", "ge", "gt", "le", "lt", "multiple_of")


class FormFaults(ValueError):
    """Raised when what was entered is no valid form: `by_field` says in words what is wrong, by the field's path."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        self.by_field = dict(by_field)
        super().__init__("; ".join(f"{path}: {why}" if path else why for path, why in by_field.items()))


def in_words(fault: ErrorDetails, words: FaultLabels) -> str:
    """Return what one of pydantic's errors says to the person who filled in the form; a validator's own words stay."""
    label = _LABELS.get(fault["type"])
    if label is None:
        return fault["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    context: Mapping[str, Any] = fault.get("ctx", {})
    found = next((context[name] for name in _BOUNDS if name in context), "")
    bound = f"{found:g}" if isinstance(found, float) else str(found)
    given = str(fault["input"])[:80] if isinstance(fault["input"], str | int | float) else ""
    text: str = getattr(words, label)
    return text.replace("{n}", bound).replace("{given}", given)
