"""What can be read of a damaged spool: as many rows as SQLite gives, each checked to be what it says.

Only a copy is read, since a first page that is lost is put in its place from a new spool, where it is the same.
"""

import json
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from feedback_store.embedding import Pair, floats
from feedback_store.events import AnyRecord, InvalidFeedback, Turn, parse_record
from feedback_store.spool_file import SpoolFile
from feedback_store.spool_ledger import Request

JOURNALS: Final = ("-wal", "-shm")
PAGE: Final = 4_096
"""Bytes; SQLite's default since 2016."""
_LIKELY: Final = 2**20
"""So many numbers of rows are tried, in some seconds, where the file does not tell which there are."""
_MOST: Final = 2**24
"""So many where it does."""


@dataclass
class Salvage:
    """What was read.

    `records` are those that waited, each with its month; `waited` is how many there were, None where that is unknown.
    """

    records: list[tuple[AnyRecord, int]] = field(default_factory=list[tuple[AnyRecord, int]])
    waited: int | None = None
    vectors: dict[str, dict[str, Pair]] = field(default_factory=dict[str, dict[str, Pair]])
    """By space and correction."""
    requests: list[Request] | None = None
    """Those that were not answered yet; None where they cannot be read."""
    tables: dict[str, int] = field(default_factory=dict[str, int])
    """Their versions that were on the disk: a table that has one is not taken for one torn by a loss of power."""


def salvage(path: Path) -> Salvage:
    """Read what can be read of a spool's file and its journal. The files stay as they are."""
    found = Salvage()
    with TemporaryDirectory(dir=path.parent, prefix="reading-") as work, _opened(path, Path(work)) as db:
        for month, key, text in _rows(db, "queue", "queue_id", "month, id, record"):
            if (record := _record(key, text)) is not None and isinstance(month, int):
                found.records.append((record, month))
        for key, space, question, pair in _rows(
            db, "vectors", "sqlite_autoindex_vectors_1", "event_id, space, question, pair"
        ):
            named = isinstance(key, str) and isinstance(space, str)
            if named and all(isinstance(one, bytes) and one and len(one) % 4 == 0 for one in (question, pair)):
                found.vectors.setdefault(space, {})[key] = (floats(question), floats(pair))
        try:
            [(found.waited,)] = db.execute("SELECT count(*) FROM queue INDEXED BY queue_id").fetchall()
        except sqlite3.DatabaseError:
            found.waited = None
        found.requests = _requests(db)
        with suppress(sqlite3.DatabaseError, TypeError, ValueError):
            query = "SELECT substr(key, 7), value FROM state WHERE key GLOB 'table:*'"
            found.tables = {name: int(version) for name, version in db.execute(query).fetchall()}
    return found


@contextmanager
def _opened(path: Path, work: Path) -> Generator[sqlite3.Connection]:
    """Open a copy, with a first page that SQLite accepts and with the length that it expects."""
    copy = work / path.name
    for suffix in ("", *JOURNALS[:1]):
        source = path.with_name(path.name + suffix)
        if source.is_file():
            shutil.copyfile(source, work / source.name)
    copy.touch()
    if not _has_first_page(copy):
        SpoolFile(work / "new.sqlite").close()
        with copy.open("r+b") as file:
            file.write((work / "new.sqlite").read_bytes()[:PAGE])
            pages = max(copy.stat().st_size // PAGE, 1)
            for offset, value in ((28, pages), (32, 0), (36, 0), (92, 1), (24, 1)):  # as long as it is, nothing free
                file.seek(offset)
                file.write(value.to_bytes(4))
    with copy.open("r+b") as file:
        pages = int.from_bytes(file.read(32)[28:])
        if pages < _MOST and copy.stat().st_size < pages * PAGE:
            file.truncate(pages * PAGE)
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.text_factory = _text
        yield db


def _text(data: bytes) -> str | None:
    """Return a text; None where its bytes were changed into none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _has_first_page(copy: Path) -> bool:
    with copy.open("rb") as file:
        head = file.read(PAGE)
    pages = int.from_bytes(head[28:32])
    if len(head) < PAGE or pages >= _MOST:
        return False
    with TemporaryDirectory(dir=copy.parent) as alone:
        first = Path(alone, copy.name)  # without its journal, so that the page itself is looked at
        first.write_bytes(head[:28] + (1).to_bytes(4) + head[32:])
        try:
            with closing(sqlite3.connect(first)) as db:
                names = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
        except sqlite3.DatabaseError:
            return False
    return "queue" in names


def _rows(db: sqlite3.Connection, table: str, index: str, columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table in the order of their numbers, save those that cannot be read.

    Each is asked for by its number: a scan ends, without an error, where it meets a number that was changed.
    """
    low, high = _bounds(db, table, index)
    query = f"SELECT {columns} FROM {table} WHERE seq = ?"  # noqa: S608  # names
    found: list[tuple[Any, ...]] = []
    for number in range(low, high + 1):
        with suppress(sqlite3.DatabaseError):
            found += db.execute(query, (number,)).fetchall()
    return found


def _bounds(db: sqlite3.Connection, table: str, index: str) -> tuple[int, int]:
    """Return the first and the last number of a table: from an index, else as far as is known."""
    for query, most in (
        (f"SELECT min(seq), max(seq) FROM {table} INDEXED BY {index}", _MOST),  # noqa: S608  # names
        (f"SELECT max(1, seq - {_LIKELY}), seq FROM sqlite_sequence WHERE name = '{table}'", _LIKELY),  # noqa: S608
    ):
        try:
            low, high = db.execute(query).fetchone() or ("", "")
        except sqlite3.DatabaseError:
            continue
        if low is None and high is None:
            return 1, 0  # it is empty
        if isinstance(low, int) and isinstance(high, int) and 0 < low <= high <= low + most:
            return low, high
    return 1, _LIKELY


def _record(key: str, text: object) -> AnyRecord | None:
    try:
        record = parse_record(text) if isinstance(text, str) else None
    except InvalidFeedback:
        return None
    if record is None:
        return None
    return record if key == (record.turn_id if isinstance(record, Turn) else record.event_id) else None


def _requests(db: sqlite3.Connection) -> list[Request] | None:
    query = "SELECT id, what, planned FROM requests WHERE answer IS NULL AND fault IS NULL ORDER BY id"
    try:
        rows = db.execute(query).fetchall()
        return [Request(key, json.loads(what), json.loads(plan or "null")) for key, what, plan in rows]
    except (sqlite3.DatabaseError, TypeError, ValueError):
        return None
