"""In which table a record is kept: turns, ratings and signals in one for each month, corrections and reviews in one.

Closed months are never rewritten, and a read that knows its months opens their tables alone.
"""

import re
from typing import Final, Literal

from feedback_store.events import AnyRecord, Correction, Review, Turn

Room = Literal["turns", "events", "teachings"]
"""`teachings` are corrections and reviews, which are read together; `events` are ratings and signals."""
FIRST_YEAR: Final = 2015
LAST_YEAR: Final = 2099
"""Records of other years, which a wrong clock makes, lie with the nearest: else each made tables of its own."""

_NAMES: Final = re.compile(r"(turns|events)_[0-9]{4}_[0-9]{2}|teachings|corrections(_[0-9a-f]{8})?|meta")
OLDER: Final = frozenset({"turns", "events"})
"""Names of the tables of version 1, which are there until it is brought up to date."""


def room_of(record: AnyRecord) -> Room:
    """Return what kind of table a record is kept in."""
    if isinstance(record, Turn):
        return "turns"
    return "teachings" if isinstance(record, Correction | Review) else "events"


def month_of(record: AnyRecord) -> int:
    """Return the month of a record as a number that rises with time: the year times 100 and the month."""
    made = record.created_at
    return min(max(made.year, FIRST_YEAR), LAST_YEAR) * 100 + made.month


def table_for(record: AnyRecord, month: int | None = None) -> str:
    """Return the name of the table that a record is kept in.

    Args:
        record: the record.
        month: the month in which an earlier state of it lies, if there is one: an ended turn goes where it was asked.

    """
    room = room_of(record)
    if room == "teachings":
        return room
    year, number = divmod(month or month_of(record), 100)
    return f"{room}_{year}_{number:02}"


def is_ours(table: str) -> bool:
    """Tell whether a table has a name that this house gives; others in the same place are left alone."""
    return _NAMES.fullmatch(table) is not None


def month_in(table: str) -> int | None:
    """Return the month of a table by its name; None where it is of no month."""
    parts = table.split("_")
    return int(parts[1]) * 100 + int(parts[2]) if len(parts) == 3 else None
