"""What the process that has the lock does for all: looks after the tables, drains, tidies, and serves requests."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from feedback_store.disk_sync import DiskSync, this_boot
from feedback_store.drainer import Duties, Task
from feedback_store.embedding import Embedder
from feedback_store.lance_backup import back_up, keep_apart
from feedback_store.lance_drain import Drain
from feedback_store.lance_erasure import Eraser
from feedback_store.lance_migration import bring_up_to_date, drop_old
from feedback_store.lance_repair import ASKED, repair
from feedback_store.lance_spaces import Spaces
from feedback_store.lance_tables import Tables
from feedback_store.lance_upkeep import Upkeep
from feedback_store.lance_view import CorrectionView, Teachings
from feedback_store.quoting import EVERYTHING
from feedback_store.rooms import month_in
from feedback_store.spool import Spool
from feedback_store.spool_ledger import Ledger, Request

DERIVATION: Final = "2"
"""Notes how the views are derived from the events: where that changes, they are derived anew, once. 2: the end of a row
is also that by its successor."""


class Keeper:
    """The duties.

    Args:
        spool: the queue.
        ledger: the notes.
        tables: the tables.
        root: the store's directory; None on object storage.
        connect: opens another LanceDB connection, for a backup.
        embedder: the model that the first view is made for, if there is one.
        small_files: see `Upkeep`.

    """

    def __init__(
        self,
        spool: Spool,
        ledger: Ledger,
        tables: Tables,
        root: Path | None,
        connect: Callable[[str], Any],
        *,
        embedder: Embedder | None,
        small_files: int,
    ) -> None:
        self._spool, self._ledger, self._tables, self._root = spool, ledger, tables, root
        self._connect, self._embedder = connect, embedder
        self._sync = DiskSync(root)
        self.drain = Drain(spool, ledger, tables, self._sync)
        self._upkeep = Upkeep(tables, self.drain, self._sync, ledger, small_files=small_files)
        self._eraser = Eraser(spool, ledger, tables, self.drain, sync=self._sync, root=root)
        self.repaired: list[str] = []
        """What was set aside when this one took over."""

    def duties(self) -> Duties:
        """Return what the drainer is to do."""
        tasks: Mapping[str, Task] = {
            "erase": self._eraser.erase,
            "retain": self._eraser.retain,
            "space": self._space,
            "activate": self._activate,
            "drop space": self._drop_space,
            "rebuild": self._rebuild,
            "compact": self._compact,
            "reindex": self._reindex,
            "back up": self._back_up,
        }
        return Duties(lead=self._lead, upkeep=self._upkeep.after_drains, tasks=tasks, leave=self._leave)

    def _lead(self) -> None:
        """Look after what the one before left behind: torn files, old tables, a view behind its events."""
        self._tables.reopen()
        dirty, boot = self._ledger.get("dirty"), this_boot()
        if self._root and (dirty or not self._ledger.get("ids")):
            power_failed = dirty not in (None, ASKED, boot)
            opened = partial(self._tables.legacy, columns=[])
            self.repaired = repair(self._root, self._ledger, opened, power_failed=power_failed)
            self._ledger.forget_changes()
        if not dirty and self._ledger.get("durable") == self._place():
            known = self._ledger.tables()
            versions = self._tables.versions(self._tables.every())
            self._sync.trust(name for name, version in versions.items() if known.get(name) == version)
        self._ledger.note(dirty=boot)
        moved = bring_up_to_date(self._tables)
        if not self._tables.names("corrections"):
            dimension = self._embedder.probe() if self._embedder else None
            spaces = Spaces(self._tables)
            spaces.activate(spaces.make(dimension, self._embedder.name if self._embedder else ""))
        self._complete_views()
        self._make_durable()
        if moved:
            drop_old(self._tables)
        if not self._ledger.get("ids"):
            self._learn_ids()
            self._ledger.note(ids="known")
        self._upkeep.look()

    def _leave(self) -> None:
        self._make_durable()
        self._ledger.note(dirty=None, durable=self._place())

    def _place(self) -> str:
        """Return what tells these files from a copy, which nobody has made durable."""
        places = [path.stat() for path in (self._root, self._spool.file.path) if path]
        return " ".join(f"{at.st_dev}:{at.st_ino}" for at in places)

    def _make_durable(self) -> None:
        names = self._tables.every()
        if not self._root:  # which is durable by itself, and where each month costs requests
            names = [name for name in names if month_in(name) is None]
        self._sync.sync(names)
        self._ledger.note_tables(self._tables.versions(names))

    def _complete_views(self) -> None:
        teachings = Teachings(self._tables.open("teachings"))
        every = None if self._tables.get("derivation") == DERIVATION else teachings.every_correction()
        for name in self._tables.names("corrections"):
            view = CorrectionView(self._tables.open(name))
            view.complete(teachings, view.behind(teachings) if every is None else every)
        if every is not None:
            self._tables.note("derivation", DERIVATION)

    def _learn_ids(self) -> None:
        """Remember every id of the tables, so that nothing is taken twice."""
        for family in ("turns", "events", "teachings"):
            key, ids = ("turn_id", "t") if family == "turns" else ("event_id", "e")
            columns = [key, "session_id", "user_id", "status" if family == "turns" else "turn_id"]
            for name in self._tables.names(family):
                rows = self._tables.open(name).read(EVERYTHING, columns)
                known = ({**row, "id": row[key], "ended": row.get("status") != "asked"} for row in rows)
                if family == "turns":
                    known = ({**row, "turn_id": None} for row in known)
                self._spool.memory.learn(ids, known, month_in(name) or 0)

    def _space(self, request: Request) -> dict[str, str]:
        name = Spaces(self._tables).make(request.what["dimension"], request.what["model"])
        self._make_durable()
        return {"name": name}

    def _activate(self, request: Request) -> None:
        Spaces(self._tables).activate(request.what["name"])
        self._make_durable()

    def _drop_space(self, request: Request) -> None:
        self._tables.drop(request.what["name"])

    def _rebuild(self, _: Request) -> None:
        self.drain.everything()
        teachings = Teachings(self._tables.open("teachings"))
        for name in self._tables.names("corrections"):
            CorrectionView(self._tables.open(name)).rebuild(teachings)
        self._ledger.forget_changes()
        self._make_durable()

    def _compact(self, _: Request) -> None:
        self.drain.everything()
        self._upkeep.tidy_all()

    def _reindex(self, _: Request) -> None:
        for name in self._tables.every():
            self._tables.open(name).index_anew()
        self._upkeep.tidy_all()

    def _back_up(self, request: Request) -> dict[str, int]:
        if "://" in request.what["target"]:
            self.drain.everything()
        elif self._root:
            keep_apart(self._root, Path(request.what["target"]))
        return back_up(self._tables, self._spool, request.what["target"], self._connect)
