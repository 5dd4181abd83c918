"""Every record of a store, with no more than a month of them in memory at a time."""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from typing import Any, Final, Literal

from feedback_store.events import AnyRecord, Turn, parse_record
from feedback_store.lance_schema import key_of
from feedback_store.lance_tables import Tables
from feedback_store.quoting import EVERYTHING
from feedback_store.rooms import Room, month_in, month_of
from feedback_store.spool import Spool
from feedback_store.store import StoreError

Kept = Literal["turns", "events"]
"""What a store is asked for; `events` are ratings, corrections, signals and reviews."""
_ROOMS: Final[dict[Kept, tuple[Room, ...]]] = {"turns": ("turns",), "events": ("events", "teachings")}
_Placed = tuple[datetime, str, str]
"""The time of a record, its id, and its JSON."""


def stream(kept: Kept, spool: Spool, tables: Tables) -> Iterator[str]:
    """Yield the JSON of each record once, oldest first, whether it waits in the spool or not.

    What is appended meanwhile may be among them.
    """
    seen = set[str]()
    for _, key, record in merge(*(_by_time(room, spool, tables) for room in _ROOMS[kept])):
        if key not in seen:
            seen.add(key)
            yield record


def _by_time(room: Room, spool: Spool, tables: Tables) -> Iterator[_Placed]:
    waiting = dict(map(_placed, spool.pending([room], {}, None)))  # first: what leaves it meanwhile is in the tables
    names = {month_in(name) or 0: name for name in tables.names(room)}
    months = {key: 0 if room == "teachings" else month_of(record) for key, (record, _) in waiting.items()}
    for month in sorted({*names, *months.values()}):
        found: dict[str, _Placed] = {}
        for row in _rows(tables, names[month]) if month in names else ():
            key = row[key_of(room)]
            record = waiting[key][1] if row.get("status") == "asked" and key in waiting else row["record"]
            found[key] = (row["created_at"], key, record)
        for key, (record, text) in waiting.items():
            if months[key] == month and key not in found:
                found[key] = (record.created_at, key, text)
        yield from sorted(found.values())


def _placed(text: str) -> tuple[str, tuple[AnyRecord, str]]:
    record = parse_record(text)
    return record.turn_id if isinstance(record, Turn) else record.event_id, (record, text)


def _rows(tables: Tables, name: str) -> list[dict[str, Any]]:
    columns = [key_of(name), "created_at", "record", *(["status"] if name.startswith("turns") else ())]
    try:
        return tables.open(name).read(EVERYTHING, columns)
    except StoreError:
        if name in tables.every():
            raise
        return []  # it was removed meanwhile
