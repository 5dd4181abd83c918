"""What is acknowledged and not in LanceDB yet, and the memory of every id that was ever acknowledged here.

A record is in the queue from its acknowledgement until LanceDB has it durably. Every process that has the store open
uses the same file.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from feedback_store.events import AnyRecord, Review, Turn
from feedback_store.intake import Batch
from feedback_store.quoting import can_be_stored
from feedback_store.rooms import Room, room_of
from feedback_store.spool_file import SpoolFile
from feedback_store.spool_memory import SpoolMemory

_COLUMNS: Final = "room, month, id, created, kind, turn_id, session_id, user_id, tenant, about, supersedes, record"
_INSERT: Final = f"INSERT INTO queue ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # names


@dataclass(frozen=True)
class Queued:
    """A record in the queue, as JSON, and the month it goes to; `seq` rises with every acknowledgement."""

    seq: int
    room: Room
    month: int
    record: str


@dataclass(frozen=True)
class Teachings:
    """What the queue held at one moment that a view had not yet, and how far the view had been changed by then."""

    records: tuple[str, ...]
    """Corrections and reviews."""
    vectors: tuple[tuple[str, bytes, bytes], ...]
    """Of corrections: of the question, and of question and answer, as 32-bit floats."""
    change: int


class Mark(NamedTuple):
    """A moment of the spool: the newest record and the newest vectors, by their sequence numbers."""

    record: int
    vector: int


class Spool:
    """The queue and the ids of one store on this computer.

    Args:
        path: the file, made where it is missing.

    """

    def __init__(self, path: Path) -> None:
        self.file = SpoolFile(path)
        self.memory = SpoolMemory(self.file)

    def put(self, batch: Batch) -> set[str]:
        """Take the records that are new, durably, and return their ids; an ended turn is new after its asking."""
        stored: set[str] = set()
        with self.file.writing("keep the records") as db:
            for turn_id, turn in batch.turns.items():
                if new := self.memory.new_turn(db, turn):
                    month, was_asked = new
                    if was_asked:
                        db.execute("DELETE FROM queue WHERE id = ? AND room = 'turns'", (turn_id,))
                    db.execute(_INSERT, _row(turn_id, turn, month))
                    stored.add(turn_id)
            for event_id, event in batch.events.items():
                if (month := self.memory.new_event(db, event)) is not None:
                    db.execute(_INSERT, _row(event_id, event, month))
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

    def teachings(self, space: str) -> Teachings:
        """Return the corrections and reviews in the queue, vectors for a view, and its last change, at one moment."""
        with self.file.reading() as db:
            records = db.execute("SELECT record FROM queue WHERE room = 'teachings' ORDER BY seq").fetchall()
            query = "SELECT event_id, question, pair FROM vectors WHERE space = ? ORDER BY seq"
            vectors = db.execute(query, (space,)).fetchall()
            change = db.execute("SELECT max(seq) FROM changed").fetchone()[0] or 0
        return Teachings(tuple(row[0] for row in records), tuple(vectors), change)

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
        rows = self.file.rows(f"SELECT seq, room, month, record FROM queue {where} ORDER BY seq LIMIT ?", (most,))  # noqa: S608
        return [Queued(*row) for row in rows]

    def waiting(self, most: int) -> tuple[int, int]:
        """Return how many records wait, counted up to `most`, and the sequence number of the oldest (0 without)."""
        [(count, oldest)] = self.file.rows("SELECT count(*), min(seq) FROM (SELECT seq FROM queue LIMIT ?)", (most,))
        return count, oldest or 0

    def urgent(self) -> bool:
        """Tell whether a correction, a review or a vector waits."""
        query = "SELECT EXISTS (SELECT 1 FROM queue WHERE room = 'teachings') OR EXISTS (SELECT 1 FROM vectors)"
        return bool(self.file.rows(query)[0][0])

    def newest(self) -> Mark:
        """Return how far the queue and the vectors go now."""
        [row] = self.file.rows("SELECT (SELECT max(seq) FROM queue), (SELECT max(seq) FROM vectors)")
        return Mark(row[0] or 0, row[1] or 0)

    def is_drained(self, upto: Mark, *, urgent: bool = False) -> bool:
        """Tell whether nothing waits that did at a mark; of records, the corrections and reviews alone if `urgent`."""
        records = "SELECT 1 FROM queue WHERE seq <= ?"
        records += " AND room = 'teachings'" if urgent else ""
        query = f"SELECT NOT EXISTS ({records}) AND NOT EXISTS (SELECT 1 FROM vectors WHERE seq <= ?)"  # noqa: S608
        return bool(self.file.rows(query, (upto.record, upto.vector))[0][0])

    def forget(self, turn_ids: Iterable[str], event_ids: Iterable[str], *, judged: Collection[str] = ()) -> None:
        """Forget that these were ever kept, and what of them is left in the queue.

        Args:
            turn_ids: the turns.
            event_ids: the events.
            judged: those of the turns that other events are still about.

        """
        turns, events = [*turn_ids], [*event_ids]
        with self.file.writing("forget records") as db:
            db.executemany("DELETE FROM queue WHERE id = ? AND room = 'turns'", [(each,) for each in turns])
            db.executemany("DELETE FROM queue WHERE id = ? AND room != 'turns'", [(each,) for each in events])
            self.memory.forget(db, turns, events, judged=judged)
            db.executemany("DELETE FROM vectors WHERE event_id = ?", [(each,) for each in events])

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()


def _row(key: str, record: AnyRecord, month: int) -> tuple[Any, ...]:
    return (
        room_of(record),
        month,
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
