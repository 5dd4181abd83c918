"""The tables of a store in LanceDB: found, made and opened by name, and checked to be of this house."""

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from feedback_store import lance_schema as schema
from feedback_store.lance_faults import speaking
from feedback_store.lance_schema import Row
from feedback_store.lance_table import LanceTable
from feedback_store.quoting import EVERYTHING, equal
from feedback_store.rooms import is_ours, month_in
from feedback_store.spool_ledger import Ledger
from feedback_store.store import IncompatibleStore, StoreError

log = logging.getLogger(__name__)

PLAIN: Final = "corrections"
"""The view that has no vectors, or those of a store of version 1."""
_NOT_OURS: Final = (
    "the table {} lacks the columns {}: it was made by something else than this version of feedback_store; "
    "open another directory, or use the version that made it"
)


class Tables:
    """The tables by name. Any process may read; only the drainer makes, writes and removes.

    Args:
        db: a LanceDB connection.
        indices: LanceDB's index configurations by kind.
        ledger: where the processes of this computer note which tables there are.
        listed_for: seconds for which a listing of the storage holds, where other computers make tables too; None where
            the ledger knows them all.

    """

    def __init__(self, db: Any, indices: Mapping[str, Any], ledger: Ledger, *, listed_for: float | None = None) -> None:
        self._db = db
        self._indices = indices
        self._ledger = ledger
        self._listed_for = listed_for
        self._listed: tuple[float, frozenset[str]] | None = None
        self._opened: dict[str, LanceTable] = {}
        self._lock = threading.RLock()

    def names(self, family: str) -> list[str]:
        """Return the names of the tables of a family, in order: those of months by time."""
        return sorted(name for name in self._names() if schema.family(name) == family)

    def every(self) -> list[str]:
        """Return the name of each table of the store."""
        return sorted(self._names())

    def stored(self) -> list[str]:
        """Ask the storage which tables there are."""
        with speaking("list its tables", "nothing was changed, look at the cause"):
            names: list[str] = []
            page = self._db.list_tables()
            names += page.tables
            while page.page_token:
                page = self._db.list_tables(page_token=page.page_token)
                names += page.tables
            return names

    def open(self, name: str) -> LanceTable:
        """Open a table that there is.

        Raises:
            IncompatibleStore: it lacks columns.
            StoreError: it cannot be opened.

        """
        with self._lock:
            if name not in self._opened:
                with speaking(f"open {name}", "nothing was changed, run `feedback-store repair`, or look at the cause"):
                    table = self._db.open_table(name)
                self._opened[name] = self._checked(table, name)
            found = self._opened[name]
            self.renew(found)
            return found

    def renew(self, table: LanceTable) -> None:
        """Let a table that was opened before show what other computers wrote; on a local disk it does so by itself."""
        if self._listed_for is not None:
            table.renew(self._ledger.tables().get(table.name, 0), self._listed_for)

    def make(self, name: str, wanted: Any | None = None) -> LanceTable:
        """Open a table, and make it with its indices where there is none."""
        if name in self._names():
            return self.open(name)
        with self._lock:
            with speaking(f"make {name}", "nothing was lost, it is tried again"):
                begun, there = self._ledger.tables_begun().get(name) == -1, name in self.stored()
                if there and not begun:  # of an older version, of another computer, or restored: not to be lost
                    table = self._db.open_table(name)
                    durable = table.version
                else:
                    if there:  # its making failed, or its removal did
                        self._db.drop_table(name)
                    self._ledger.note_tables({name: -1})  # before it is there: what is torn then is known to be ours
                    table = self._db.create_table(name, schema=wanted or schema.SCHEMAS[schema.family(name)])
                    durable = 0
            made = self._checked(table, name)
            made.index(searchable=True)
            self._opened[name] = made
            self._ledger.note_tables({name: durable})
            self._listed = None
            return made

    def legacy(self, name: str, columns: list[str]) -> Any:
        """Open a table of an older version as LanceDB has it; raise IncompatibleStore where it lacks columns."""
        with speaking(f"open {name}", "nothing was changed, look at its cause"):
            table = self._db.open_table(name)
        if missing := [column for column in columns if column not in table.schema.names]:
            raise IncompatibleStore(_NOT_OURS.format(name, ", ".join(missing)))
        return table

    def drop(self, name: str) -> None:
        """Remove a table with all its files."""
        with self._lock, speaking(f"remove {name}", "some of its files may be left, call it again"):
            self._opened.pop(name, None)
            self._ledger.note_tables({name: -1})  # what is left of it after an interruption is known to be ours
            self._listed = None
            if name in self.stored():
                self._db.drop_table(name)
            self._ledger.note_tables({name: None})

    def records(
        self, family: str, where: str, limit: int | None, *, months: Collection[int] | None = None
    ) -> list[str]:
        """Return the JSON of the records of a family that match; with a limit, the newest of each table.

        Args:
            family: turns, events or teachings.
            where: the filter.
            limit: at most so many of each table.
            months: the months whose tables are read; None is all.

        """
        found: list[str] = []
        enough = False
        for name in reversed(self.names(family)):
            if months is not None and month_in(name) not in (None, *months):
                continue
            try:
                found += self.open(name).records(where, limit)
            except StoreError:
                if name in self._names():
                    raise
                self._opened.pop(name, None)  # it was removed meanwhile
            if enough:
                break
            enough = limit is not None and len(found) >= limit  # one more month: a turn may have ended in the next
        return found

    def rows(self, family: str, where: str, columns: list[str]) -> list[tuple[str, Row]]:
        """Return the rows of a family that match, each with the name of its table."""
        return [(name, row) for name in self.names(family) for row in self.open(name).read(where, columns)]

    def reopen(self) -> None:
        """Forget what was opened, as after the tables were replaced."""
        with self._lock:
            self._opened.clear()
            self._listed = None

    def get(self, key: str) -> str | None:
        """Return what the store itself notes under a key, for all computers."""
        rows = self.open("meta").read(equal("key", key), ["value"])
        return rows[0]["value"] if rows else None

    def note(self, key: str, value: str, *, replace: str = EVERYTHING) -> bool:
        """Note a value in the store itself, if a condition on the `target` holds; tell whether it was noted."""
        return bool(self.open("meta").write([{"key": key, "value": value}], replace=replace))

    def versions(self, names: Iterable[str]) -> dict[str, int]:
        """Return the newest versions of these tables."""
        return {name: self.open(name).version() for name in names}

    def _names(self) -> Iterable[str]:
        if self._listed_for is None:
            return self._ledger.tables()
        if self._listed is None or time.monotonic() - self._listed[0] > self._listed_for:
            self._listed = time.monotonic(), frozenset(name for name in self.stored() if is_ours(name))
        return self._listed[1]

    def _checked(self, table: Any, name: str) -> LanceTable:
        family, remote = schema.family(name), self._listed_for is not None
        kinds = dict(schema.INDICES[family])
        if remote:  # with an index on the key, two computers that write one new id at once make two rows of it
            kinds.pop(schema.key_of(name), None)
        indices = {column: self._indices[kind] for column, kind in kinds.items()}
        found = LanceTable(table, name, indices=indices, remote=remote)
        needed = schema.corrections(None, None) if family == "corrections" else schema.SCHEMAS[family]
        if missing := [column for column in needed.names if column not in found.schema.names]:
            raise IncompatibleStore(_NOT_OURS.format(name, ", ".join(missing)))
        return found
