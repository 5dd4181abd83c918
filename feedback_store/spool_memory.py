"""The memory of every id that was ever acknowledged on this computer, and of the months in which its record can lie."""

import sqlite3
import uuid
from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final, Literal

from feedback_store.events import Feedback, Turn
from feedback_store.quoting import can_be_stored
from feedback_store.rooms import month_of, room_of
from feedback_store.spool_file import SpoolFile

Family = Literal["t", "e"]
"""Of ids: turns, or events of any kind."""
_PLACES: Final = {"session_id": "s", "user_id": "u", "turn_id": "a"}
"""By column, the family of its notes in `places`; the month of an id itself is in `seen`."""
_PLACE: Final = "INSERT OR IGNORE INTO places VALUES (?, ?)"
_AT_ONCE: Final = 500


class SpoolMemory:
    """What is known of records that may have left the queue long ago.

    Args:
        file: the spool.

    """

    def __init__(self, file: SpoolFile) -> None:
        self._file = file

    def new_turn(self, db: sqlite3.Connection, turn: Turn) -> tuple[int, bool] | None:
        """Note a turn, and return its month and whether it was asked before; None where it is known as it is."""
        ended, key = turn.status != "asked", _key("t", turn.turn_id)
        known = db.execute("SELECT ended, month FROM seen WHERE id = ?", (key,)).fetchone()
        if known and (known[0] or not ended):
            return None
        month = known[1] if known else month_of(turn)  # where it was asked, though it ended in another
        db.execute("INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ended = 1", (key, ended, month))
        db.executemany(_PLACE, _places(turn.session_id, turn.user_id, None, month))
        return month, bool(known)

    def new_event(self, db: sqlite3.Connection, event: Feedback) -> int | None:
        """Note an event, and return its month; None where it is known."""
        month = month_of(event)
        if not db.execute("INSERT OR IGNORE INTO seen VALUES (?, 1, ?)", (_key("e", event.event_id), month)).rowcount:
            return None
        if room_of(event) == "events":
            db.executemany(_PLACE, _places(event.session_id, event.user_id, event.turn_id, month))
        return month

    def ended(self, turn_ids: Collection[str]) -> list[str]:
        """Return those of the turns that are known to have ended."""
        keys = {_key("t", turn_id): turn_id for turn_id in turn_ids}
        query = "SELECT id FROM seen WHERE ended AND id"
        return [keys[row[0]] for part in _parts([*keys]) for row in self._file.rows(*_in(query, part))]

    def learn(self, family: Family, rows: Iterable[Mapping[str, Any]], month: int) -> None:
        """Remember what a table holds, where the memory of it was lost.

        Args:
            family: whether they are turns or events.
            rows: their columns `id`, `ended`, `session_id`, `user_id`, and of events `turn_id`.
            month: the month of the table; 0 where it is of none.

        """
        listed = [*rows]
        with self._file.writing("remember the ids") as db:
            query = "INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ended = max(ended, excluded.ended)"
            db.executemany(query, [(_key(family, row["id"]), row["ended"], month) for row in listed])
            places = {(row["session_id"], row["user_id"], row.get("turn_id")) for row in listed if month}
            db.executemany(_PLACE, [row for each in places for row in _places(*each, month)])

    def months(self, wanted: Mapping[str, str | Collection[str] | None], ids: Family) -> set[int] | None:
        """Return the months in which records that match may lie; None where any may.

        Args:
            wanted: by column the value or values asked for: `id`, `turn_id` (of events), `session_id`, `user_id`.
            ids: what the ids are of.

        """
        months: set[int] | None = None
        for column, value in wanted.items():
            if value is None or column not in ("id", *_PLACES):
                continue
            values = [value] if isinstance(value, str) else [*value]
            keys = [_key(_PLACES.get(column, ids), one) for one in values if can_be_stored(one)]
            found = self._months_of("seen WHERE id" if column == "id" else "places WHERE key", keys)
            months = found if months is None else months & found
        return months

    def forget(
        self, db: sqlite3.Connection, turn_ids: Iterable[str], event_ids: Iterable[str], *, judged: Collection[str] = ()
    ) -> None:
        """Forget that these were ever kept. Sessions and people are hashed, and their months say nothing of them.

        Args:
            db: the transaction.
            turn_ids: the turns.
            event_ids: the events.
            judged: turns that events in the tables are still about: where those lie must not be forgotten.

        """
        turns = [*turn_ids]
        keys = [(_key("t", each),) for each in turns] + [(_key("e", each),) for each in event_ids]
        db.executemany("DELETE FROM seen WHERE id = ?", keys)
        query = "DELETE FROM places WHERE key = ? AND NOT EXISTS (SELECT 1 FROM queue WHERE turn_id = ?)"
        db.executemany(query, [(_key("a", each), each) for each in turns if each not in judged])

    def _months_of(self, where: str, keys: list[bytes]) -> set[int]:
        query = f"SELECT DISTINCT month FROM {where}"  # noqa: S608  # names
        return {row[0] for part in _parts(keys) for row in self._file.rows(*_in(query, part))}


def _key(family: str, value: str) -> bytes:
    """Return an id in few bytes; those of uuid7 sort by time, so that the newest lie together."""
    if family in "su":
        return family.encode() + blake2b(value.encode(), digest_size=12).digest()
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        return f"{family}:{value}".encode()
    return family.encode() + parsed.bytes if str(parsed) == value else f"{family}:{value}".encode()


def _parts(keys: list[bytes]) -> list[list[bytes]]:
    return [keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE)]


def _in(query: str, keys: list[bytes]) -> tuple[str, tuple[bytes, ...]]:
    """Complete a query that ends with a column: it has one of these keys."""
    return f"{query} IN ({', '.join('?' * len(keys))})", tuple(keys)


def _places(session_id: str, user_id: str | None, turn_id: str | None, month: int) -> list[tuple[bytes, int]]:
    """Return the notes of where a record lies."""
    pairs = (("s", session_id), ("u", user_id), ("a", turn_id))
    return [(_key(family, value), month) for family, value in pairs if value is not None]
