"""The SQLite file of a spool: opened so that a commit survives a loss of power, and so that erased bytes are gone."""

import os
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from feedback_store.store import IncompatibleStore, StoreError

VERSION: Final = 1
"""Of the spool's own tables, kept in SQLite's `user_version`."""
PATIENCE_S: Final = 60
"""How long a commit waits for those of other processes."""
_SCHEMA: Final = """
CREATE TABLE queue (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, month INTEGER NOT NULL, id TEXT NOT NULL,
  created TEXT NOT NULL, kind TEXT NOT NULL, turn_id TEXT, session_id TEXT NOT NULL, user_id TEXT,
  tenant TEXT NOT NULL, about TEXT, supersedes TEXT, record TEXT NOT NULL);
CREATE INDEX queue_room ON queue (room, seq);
CREATE INDEX queue_id ON queue (id);
CREATE TABLE seen (id BLOB PRIMARY KEY, ended INTEGER NOT NULL, month INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE places (key BLOB, month INTEGER, PRIMARY KEY (key, month)) WITHOUT ROWID;
CREATE TABLE vectors (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, space TEXT NOT NULL, question BLOB NOT NULL,
  pair BLOB NOT NULL, UNIQUE (event_id, space));
CREATE TABLE changed (seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL);
CREATE TABLE requests (id TEXT PRIMARY KEY, what TEXT NOT NULL, planned TEXT, answer TEXT, fault TEXT);
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_FREE: Final = "the disk is full: free some space and do it again"
_OPEN: Final = "it cannot be opened: give this process the right to read and write its folder"
_MEND: Final = "it is damaged: run `feedback-store repair`, which keeps the damaged file aside"
_ADVICE: Final = (
    ("full", _FREE),
    ("No space left", _FREE),
    ("readonly", "it may not be written: give this process the right to write to it and do it again"),
    ("unable to open", _OPEN),
    ("Permission denied", _OPEN),
    ("locked", "another process holds it for longer than a minute: end that process and do it again"),
    ("malformed", _MEND),
    ("not a database", _MEND),
    ("disk I/O", "the disk is full or fails: free some space, or look at it, and do it again"),
)


class SpoolFile:
    """A SQLite database with one connection that writes and one that reads, each for one thread at a time.

    Args:
        path: the file, made where it is missing.

    Raises:
        IncompatibleStore: a newer version wrote it.
        StoreError: it cannot be opened, is damaged, or may not be written.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing, self._reading = threading.RLock(), threading.RLock()
        with self.speaking("open the spool"), ExitStack() as opened:
            existed = path.exists()
            self._writer = opened.enter_context(closing(_connect(path)))
            version: int = self._writer.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                msg = f"the spool is of version {version}, this feedback_store knows {VERSION}: use a newer one"
                raise IncompatibleStore(msg)
            self._reader = opened.enter_context(closing(_connect(path)))
            if not version:
                with self.writing("make the spool") as db:
                    if not db.execute("PRAGMA user_version").fetchone()[0]:
                        for statement in _SCHEMA.split(";\n"):
                            db.execute(statement)
                        db.execute(f"PRAGMA user_version = {VERSION}")
            if not existed:
                sync_folder(path.parent)
            self._inode = path.stat().st_ino
            opened.pop_all()  # they stay open

    @contextmanager
    def writing(self, action: str) -> Generator[sqlite3.Connection]:
        """Hold a transaction that is durable when the block ends, and undone where it raises."""
        with self.speaking(action), self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Hold one moment of the database for several reads."""
        with self.speaking("read the spool"), self._reading:
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("ROLLBACK")

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Read rows."""
        with self.speaking("read the spool"), self._reading:
            return self._reader.execute(query, values).fetchall()

    def check_in_place(self) -> None:
        """Raise StoreError where the file was removed or replaced: what is written to it then is lost with it."""
        with self.speaking("look for the spool"):
            try:
                same = self.path.stat().st_ino == self._inode
            except (FileNotFoundError, NotADirectoryError):
                same = False
        if not same:
            msg = (
                f"the spool {self.path.name} was removed or replaced while the store was open: what it had taken and "
                "not yet handed over is lost with it; put the file back, or open the store and append this again"
            )
            raise StoreError(msg)

    def forget_bytes(self) -> None:
        """Let what was deleted leave the disk: deleted pages are zeroed as it is, the journal is cut to nothing.

        Raises StoreError where another process reads an older moment for too long: some bytes are there still.
        """
        with self.speaking("empty the spool's journal"), self._writing:
            deadline = time.monotonic() + PATIENCE_S
            while self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > deadline:
                    msg = "database is locked"  # as SQLite says it elsewhere
                    raise sqlite3.OperationalError(msg)
                time.sleep(0.005)  # it waits for readers, and not for another that empties the journal

    def copy_to(self, target: Path) -> None:
        """Copy one moment of the database, though others write meanwhile."""
        with self.speaking("copy the spool"), self._reading, closing(sqlite3.connect(target)) as copy:
            self._reader.backup(copy)

    def faults(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing where it is sound."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check(5)")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Let go of the file."""
        with self._writing, self._reading:
            self._writer.close()
            self._reader.close()

    @contextmanager
    def speaking(self, action: str) -> Generator[None]:
        """Turn SQLite's errors into a `StoreError` that says what to do."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            text = str(error.strerror if isinstance(error, OSError) else error)  # a path may hold any word
            advice = next((advice for sign, advice in _ADVICE if sign in text), "look at its cause")
            msg = f"the store could not {action} ({self.path.name}): {advice}; what was kept before is not touched"
            raise StoreError(msg) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _connect(path: Path) -> sqlite3.Connection:
    """Open a connection; a commit returns after the disk has it, and what is deleted is overwritten."""
    db = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        for setting in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "secure_delete = ON"):
            db.execute(f"PRAGMA {setting}").fetchall()
    except BaseException:
        db.close()
        raise
    return db
