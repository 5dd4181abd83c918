"""Two stores of ratings to try a torture on: one that is known to survive a loss of power, and one known not to.

A torture that neither kills the second nor spares the first proves nothing of a third.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import lancedb

from feedback_store.store import Receipt
from tests.records import a_rating
from tests.torture_ledger import Ledger


def write_sqlite(folder: Path, ledgers: Path, writer: int) -> None:
    """Append to SQLite with a journal that is synced at each commit, without end."""
    db = sqlite3.connect(folder / "foil.sqlite", timeout=60, isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {setting}").fetchall()
    db.execute("CREATE TABLE IF NOT EXISTS kept (id TEXT PRIMARY KEY, record TEXT)")

    def keep(key: str, record: str) -> None:
        db.execute("INSERT INTO kept VALUES (?, ?)", (key, record))

    _write(keep, ledgers, writer)


def write_lancedb(folder: Path, ledgers: Path, writer: int) -> None:
    """Append to a LanceDB table as its documentation has it, without end."""
    connection: Any = lancedb.connect(folder)
    table = connection.create_table("kept", data=[{"id": "first", "record": ""}], mode="create", exist_ok=True)
    _write(lambda key, record: table.add([{"id": key, "record": record}]), ledgers, writer)


def _write(keep: Callable[[str, str], None], ledgers: Path, writer: int) -> None:
    ledger = Ledger(ledgers, writer)
    count = 0
    while True:
        count += 1
        rating = a_rating(event_id=f"r-{writer}-{count}")
        ledger.about_to([rating])
        keep(rating.event_id, rating.model_dump_json())
        ledger.answered([rating], Receipt(stored=(rating.event_id,)))


def read_sqlite(folder: Path) -> set[str]:
    """Return the ids that are there."""
    with closing(sqlite3.connect(folder / "foil.sqlite")) as db:
        return {row[0] for row in db.execute("SELECT id FROM kept")}


def read_lancedb(folder: Path) -> set[str]:
    """Return the ids that are there."""
    connection: Any = lancedb.connect(folder)
    return {*connection.open_table("kept").to_arrow()["id"].to_pylist()}


FOILS: Final = {"sqlite": (write_sqlite, read_sqlite), "lancedb": (write_lancedb, read_lancedb)}
