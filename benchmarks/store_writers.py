"""Who appends in the benchmark of `store_append.py`: to the store, to a table of LanceDB, or to a file of SQLite."""

import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.store_workers import peer
from feedback_store import LanceStore, Rating


@dataclass(frozen=True)
class Lap:
    """What a writer did in a round."""

    kept: list[str]
    """The ids of what was acknowledged."""
    waits_ms: list[float]
    """How long each acknowledgement took."""
    cpu_s: float
    errors: Counter[str]


class Writer:
    """Appends ratings, and measures itself."""

    def __init__(self, number: int) -> None:
        self._number = number

    def lap(self, count: int) -> Lap:
        """Append so many."""
        ratings = [_rating(self._number, place) for place in range(count)]
        kept, waits, errors = list[str](), list[float](), Counter[str]()
        begun = time.process_time()
        for rating in ratings:
            start = time.perf_counter()
            try:
                self.append(rating)
            except Exception as error:  # counted: that there is none is what is to be shown
                errors[f"{type(error).__name__}: {str(error)[:80]}"] += 1
            else:
                waits.append((time.perf_counter() - start) * 1000)
                kept.append(rating.event_id)
        return Lap(kept, waits, time.process_time() - begun, errors)

    def append(self, rating: Rating) -> None:
        """Keep one, or raise."""
        raise NotImplementedError


class StoreWriter(Writer):
    """Appends to the store."""

    def __init__(self, place: Path, number: int) -> None:
        super().__init__(number)
        self._store = LanceStore(place)

    def append(self, rating: Rating) -> None:
        """Append, as an app does."""
        self._store.append(rating)

    def close(self) -> None:
        """Close the store."""
        self._store.close()


class LanceWriter(Writer):
    """Adds rows to a table of LanceDB, as its documentation shows."""

    def __init__(self, place: Path, number: int) -> None:
        super().__init__(number)
        self._place = place
        self._table: Any = peer("lancedb").connect(place).open_table("events")

    def append(self, rating: Rating) -> None:
        """Add one row."""
        self._table.add([_row(rating)])

    def ids(self) -> list[str]:
        """Return the id of every row; a table that is open already does not see what others add."""
        return _column(peer("lancedb").connect(self._place).open_table("events"))


class SqliteWriter(Writer):
    """Inserts rows, each in a transaction that survives a loss of power."""

    def __init__(self, place: Path, number: int) -> None:
        super().__init__(number)
        self._db = sqlite3.connect(place / "events.sqlite", timeout=30, isolation_level=None)
        self._db.execute("PRAGMA synchronous = FULL")

    def append(self, rating: Rating) -> None:
        """Insert one row."""
        self._db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", tuple(_row(rating).values()))

    def ids(self) -> list[str]:
        """Return the id of every row."""
        return [row[0] for row in self._db.execute("SELECT event_id FROM events")]


class StoreKeeper:
    """The process that moves the records into LanceDB, since it was the first to open the store."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._store = LanceStore(place)

    def cpu_s(self) -> float:
        """Return the CPU time of this process up to now."""
        return time.process_time()

    def flush(self) -> None:
        """Wait until all is in LanceDB."""
        self._store.flush()

    def ids(self) -> list[str]:
        """Return the id of every row of the tables of events."""
        db = peer("lancedb").connect(self._place)
        names: list[str] = [name for name in db.list_tables().tables if name.startswith("events")]
        return [key for name in names for key in _column(db.open_table(name))]

    def close(self) -> None:
        """Close the store."""
        self._store.close()


def _rating(writer: int, place: int) -> Rating:
    return Rating(
        session_id=f"session-{writer}",
        user_id=f"user-{writer}",
        turn_id=f"turn-{writer}-{place}",
        score=place % 2,
        reasons=("not-correct",),
        comment="The opening hours are those of last year.",
    )


def _row(rating: Rating) -> dict[str, str | None]:
    return {
        "event_id": rating.event_id,
        "tenant": rating.tenant,
        "user_id": rating.user_id,
        "turn_id": rating.turn_id,
        "record": rating.model_dump_json(),
    }


def _column(table: Any) -> list[str]:
    return table.search().select(["event_id"]).to_arrow()["event_id"].to_pylist()
