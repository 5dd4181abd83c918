"""The bounds of every field of a record, as types: what is longer, emptier or stranger is refused at the door."""

import json
import os
import time
import uuid
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

MAX_TEXT: Final = 100_000
"""Characters in a prompt, an answer or a corrected answer."""
MAX_NOTE: Final = 4_000
"""Characters in a comment, a rule or a reviewer's note."""
MAX_DETAILS: Final = 32_768
"""Characters of the JSON form of `Correction.details`, `Turn.params` or `Feedback.metadata`."""


def new_id() -> str:
    """Return a new uuid7 (RFC 9562 §5.7), whose text sorts by the time of its making to a quarter of a microsecond."""
    milliseconds, fraction = divmod(time.time_ns(), 1_000_000)
    entropy = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    value = milliseconds << 80 | 0x7 << 76 | (fraction * 4096 // 1_000_000) << 64 | 0b10 << 62 | entropy
    return str(uuid.UUID(int=value))


def check_limit(limit: int | None) -> int | None:
    """Return a limit of rows as it is, or raise ValueError where it is negative."""
    if limit is not None and limit < 0:
        msg = f"limit: given {limit}, allowed are None (all), 0 and more"
        raise ValueError(msg)
    return limit


def _storable(text: str) -> str:
    if "\0" in text:
        msg = "the character NUL is not allowed"
        raise ValueError(msg)
    try:
        text.encode()
    except UnicodeEncodeError:
        msg = "half of a character (a lone surrogate) is not allowed"
        raise ValueError(msg) from None
    return text


def _all_storable(value: JsonValue) -> None:
    if isinstance(value, str):
        _storable(value)
    elif isinstance(value, dict):
        for key, each in value.items():
            _storable(key)
            _all_storable(each)
    elif isinstance(value, list):
        for each in value:
            _all_storable(each)


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        msg = "in UTC it lies outside the years 1 to 9999"
        raise ValueError(msg) from None


def _bounded(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    _all_storable(value)
    size = len(json.dumps(value, ensure_ascii=False, allow_nan=False))
    if size > MAX_DETAILS:
        msg = f"its JSON form has {size} characters, at most {MAX_DETAILS} are allowed"
        raise ValueError(msg)
    return value


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
"""Letters, digits and hyphens: such an id is also a CSS class, a URL part and a file name."""
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_storable)]
Note = Annotated[str, Field(max_length=MAX_NOTE), AfterValidator(_storable)]
Mapped = Annotated[dict[str, JsonValue], AfterValidator(_bounded)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Milliseconds = Annotated[float, Field(ge=0)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone, kept in UTC to the microsecond."""
Audience = Literal["author", "tenant", "everyone"]
