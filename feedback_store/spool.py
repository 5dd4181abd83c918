"""What is acknowledged and not in LanceDB yet, and the memory of every id that was ever acknowledged here.

A record is in the queue from its acknowledgement until LanceDB has it durably. Every process that has the store open
uses the same file.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal

from feedback_store.events import AnyRecord, Review, Turn
from feedback_store.intake import Batch
from feedback_store.quoting import can_be_stored
from feedback_store.rooms import Room, month_of, room_of
from feedback_store.spool_file import SpoolFile

_COLUMNS: Final = "room, id, created, kind, turn_id, session_id, user_id, tenant, about, supersedes, record"
_INSERT: Final = f"INSERT INTO queue ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # names
_PLACE: Final = "INSERT OR IGNORE INTO places VALUES (?, ?)"
_AT_ONCE: Final = 500
Family = Literal["t", "e"]
"""Of ids: turns, or events of any kind."""
_FAMILIES: Final = {"id": "", "session_id": "s", "user_id": "u", "turn_id": "a"}
"""By column, the family of its notes in `places`; an id itself is in `seen`."""


@dataclass(frozen=True)
class Queued:
    """A record in the queue, as JSON; `seq` rises with every acknowledgement."""

    seq: int
    room: Room
    record: str


@dataclass(frozen=True)
class Teachings:
    """The corrections and reviews in the queue at one moment, and how far the view had been changed by then."""

    records: tuple[str, ...]
    upto: int
    change: int


class Spool:
    """The queue and the ids of one store on this computer.

    Args:
        path: the file, made where it is missing.

    """

    def __init__(self, path: Path) -> None:
        self.file = SpoolFile(path)

    def put(self, batch: Batch) -> set[str]:
        """Take the records that are new, durably, and return their ids; an ended turn is new after its asking."""
        stored: set[str] = set()
        with self.file.writing("keep the records") as db:
            for turn_id, turn in batch.turns.items():
                ended, key = turn.status != "asked", _key("t", turn_id)
                known = db.execute("SELECT ended FROM seen WHERE id = ?", (key,)).fetchone()
                if known is None or (ended and not known[0]):
                    query = "INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ended = 1"
                    db.execute(query, (key, ended, month_of(turn)))
                    if known:
                        db.execute("DELETE FROM queue WHERE id = ? AND room = 'turns'", (turn_id,))
                    db.execute(_INSERT, _row(turn_id, turn))
                    db.executemany(_PLACE, _places(turn.session_id, turn.user_id, None, month_of(turn)))
                    stored.add(turn_id)
            for event_id, event in batch.events.items():
                row = _key("e", event_id), month_of(event)
                if db.execute("INSERT OR IGNORE INTO seen VALUES (?, 1, ?)", row).rowcount:
                    db.execute(_INSERT, _row(event_id, event))
                    if room_of(event) == "events":
                        db.executemany(_PLACE, _places(event.session_id, event.user_id, event.turn_id, month_of(event)))
                    stored.add(event_id)
        self.file.check_in_place()
        return stored

    def pending(
        self, rooms: Collection[Room], wanted: Mapping[str, str | Collection[str] | None], limit: int | None
    ) -> list[str]:
        """Return the records of the queue that match, as JSON; with a limit, the newest by time and id.

        Args:
            rooms: where they are kept.
            wanted: by column of the queue the value or values that it may have; None is any.
            limit: at most so many.

        """
        given = {column: value for column, value in {"room": rooms, **wanted}.items() if value is not None}
        clauses = " AND ".join(f"{column} IN (SELECT value FROM json_each(?))" for column in given)  # noqa: S608  # names
        values = (
            json.dumps([one for one in ([value] if isinstance(value, str) else value) if can_be_stored(one)])
            for value in given.values()
        )
        query = f"SELECT record FROM queue WHERE {clauses} ORDER BY created DESC, id DESC LIMIT ?"  # noqa: S608  # names
        return [row[0] for row in self.file.rows(query, (*values, -1 if limit is None else limit))]

    def teachings(self) -> Teachings:
        """Return the corrections and reviews in the queue, and the last change of the view, at one moment."""
        with self.file.reading() as db:
            rows = db.execute("SELECT seq, record FROM queue WHERE room = 'teachings' ORDER BY seq").fetchall()
            change = db.execute("SELECT max(seq) FROM changed").fetchone()[0] or 0
        return Teachings(tuple(row[1] for row in rows), rows[-1][0] if rows else 0, change)

    def changed_since(self, change: int) -> set[str] | None:
        """Return the corrections whose row in the view changed after a change; None where that is too long ago."""
        with self.file.reading() as db:
            first = db.execute("SELECT min(seq) FROM changed").fetchone()[0]
            if first is not None and first > change + 1:
                return None
            return {row[0] for row in db.execute("SELECT event_id FROM changed WHERE seq > ?", (change,))}

    def batch(self, most: int, *, urgent: bool = False) -> list[Queued]:
        """Return the oldest records of the queue; `urgent` ones are the corrections and reviews alone."""
        where = "WHERE room = 'teachings'" if urgent else ""
        rows = self.file.rows(f"SELECT seq, room, record FROM queue {where} ORDER BY seq LIMIT ?", (most,))  # noqa: S608
        return [Queued(*row) for row in rows]

    def waiting(self, most: int) -> tuple[int, int]:
        """Return how many records wait, counted up to `most`, and the sequence number of the oldest (0 without)."""
        [(count, oldest)] = self.file.rows("SELECT count(*), min(seq) FROM (SELECT seq FROM queue LIMIT ?)", (most,))
        return count, oldest or 0

    def urgent(self) -> bool:
        """Tell whether a correction, a review or a vector waits."""
        query = "SELECT EXISTS (SELECT 1 FROM queue WHERE room = 'teachings') OR EXISTS (SELECT 1 FROM vectors)"
        return bool(self.file.rows(query)[0][0])

    def last(self) -> int:
        """Return the sequence number of the newest record in the queue; 0 where it is empty."""
        return self.file.rows("SELECT max(seq) FROM queue")[0][0] or 0

    def is_drained(self, upto: int) -> bool:
        """Tell whether nothing up to a sequence number waits, nor any vector."""
        query = "SELECT NOT EXISTS (SELECT 1 FROM queue WHERE seq <= ?) AND NOT EXISTS (SELECT 1 FROM vectors)"
        return bool(self.file.rows(query, (upto,))[0][0])

    def learn(self, family: Family, rows: Iterable[Mapping[str, Any]], month: int) -> None:
        """Remember what a table holds, where the memory of it was lost.

        Args:
            family: whether they are turns or events.
            rows: their columns `id`, `ended`, `session_id`, `user_id`, and of events `turn_id`.
            month: the month of the table; 0 where it is of none.

        """
        listed = [*rows]
        with self.file.writing("remember the ids") as db:
            query = "INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ended = max(ended, excluded.ended)"
            db.executemany(query, [(_key(family, row["id"]), row["ended"], month) for row in listed])
            places = {(row["session_id"], row["user_id"], row.get("turn_id")) for row in listed if month}
            db.executemany(_PLACE, [row for each in places for row in _places(*each, month)])

    def months(self, wanted: Mapping[str, str | Collection[str] | None], ids: Family) -> set[int] | None:
        """Return the months in which records that match may lie; None where any may. Only a whole memory can tell.

        Args:
            wanted: by column the value or values asked for: `id`, `turn_id` (of events), `session_id`, `user_id`.
            ids: what the ids are of.

        """
        months: set[int] | None = None
        for column, value in wanted.items():
            if value is None or column not in _FAMILIES:
                continue
            values = [value] if isinstance(value, str) else [*value]
            keys = [_key(_FAMILIES[column] or ids, one) for one in values if can_be_stored(one)]
            table, key = ("places", "key") if _FAMILIES[column] else ("seen", "id")
            found: set[int] = set()
            for start in range(0, len(keys), _AT_ONCE):
                part = keys[start : start + _AT_ONCE]
                query = f"SELECT DISTINCT month FROM {table} WHERE {key} IN ({', '.join('?' * len(part))})"  # noqa: S608
                found |= {row[0] for row in self.file.rows(query, tuple(part))}
            months = found if months is None else months & found
        return months

    def forget(self, turn_ids: Iterable[str], event_ids: Iterable[str]) -> None:
        """Forget that these were ever kept, and what of them is left in the queue."""
        turns, events = [*turn_ids], [*event_ids]
        with self.file.writing("forget records") as db:
            keys = [(_key("t", each),) for each in turns] + [(_key("e", each),) for each in events]
            db.executemany("DELETE FROM seen WHERE id = ?", keys)
            db.executemany("DELETE FROM places WHERE key = ?", [(_key("a", each),) for each in turns])
            db.executemany("DELETE FROM queue WHERE id = ?", [(each,) for each in (*turns, *events)])
            db.executemany("DELETE FROM vectors WHERE event_id = ?", [(each,) for each in events])

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()


def _row(key: str, record: AnyRecord) -> tuple[Any, ...]:
    return (
        room_of(record),
        key,
        stamp(record.created_at),
        record.kind,
        record.turn_id,
        record.session_id,
        record.user_id,
        record.tenant,
        record.about if isinstance(record, Review) else None,
        None if isinstance(record, Turn) else record.supersedes,
        record.model_dump_json(),
    )


def stamp(time: datetime) -> str:
    """Return a time in UTC as a text that sorts as the time does."""
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}".zfill(26)


def _key(family: str, value: str) -> bytes:
    """Return an id in few bytes; those of uuid7 sort by time, so that the newest lie together.

    Names of people and sessions are hashed: the memory of where their records lie says nothing about them.
    """
    if family in "su":
        return family.encode() + blake2b(value.encode(), digest_size=12).digest()
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        return f"{family}:{value}".encode()
    return family.encode() + parsed.bytes if str(parsed) == value else f"{family}:{value}".encode()


def _places(session_id: str, user_id: str | None, turn_id: str | None, month: int) -> list[tuple[bytes, int]]:
    """Return the notes of where a record lies."""
    pairs = (("s", session_id), ("u", user_id), ("a", turn_id))
    return [(_key(family, value), month) for family, value in pairs if value is not None]
