"""Forgetting: rows go, then the files that held them, then what the spool remembers. An interrupted one is completed.

Only the drainer does it, so that nobody else writes meanwhile.
"""

import shutil
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

from feedback_store.disk_sync import DiskSync
from feedback_store.lance_drain import Drain
from feedback_store.lance_schema import family, key_of
from feedback_store.lance_tables import Tables
from feedback_store.lance_view import CorrectionView, Teachings
from feedback_store.places import ASIDE
from feedback_store.quoting import all_of, asked, equal, moment, one_of
from feedback_store.spool import Spool
from feedback_store.spool_ledger import Ledger, Request

MANY = 500
"""Ids in one filter."""


class Eraser:
    """Erases for good.

    Args:
        spool: the queue and the memory of ids.
        ledger: notes what an attempt is about to do.
        tables: where the rows are.
        drain: moves what waits first, so that there is one place to erase from.
        sync: makes it durable.
        root: the store's directory; None on object storage.

    """

    def __init__(
        self, spool: Spool, ledger: Ledger, tables: Tables, drain: Drain, *, sync: DiskSync, root: Path | None
    ) -> None:
        self._spool = spool
        self._ledger = ledger
        self._tables = tables
        self._drain = drain
        self._sync = sync
        self._root = root

    def erase(self, request: Request) -> dict[str, int]:
        """Remove the records of a user or a session with all that is about them, and return how many went."""
        self._drain.everything()
        tenant = equal("tenant", request.what["tenant"])
        user, session = request.what["user_id"], request.what["session_id"]
        theirs = all_of(tenant, asked("user_id", user), asked("session_id", session))
        turns = [row["turn_id"] for _, row in self._tables.rows("turns", theirs, ["turn_id"])]
        gone: set[str] = set()
        for where in [theirs, *(all_of(tenant, part) for part in _parts("turn_id", turns))]:
            gone |= self._event_ids(where)
        for part in _parts("about", gone):
            gone |= self._event_ids(all_of(tenant, part), families=("teachings",))
        removed = self._remove(request, turns, gone)
        self._forget_aside(inf)
        return removed

    def retain(self, request: Request) -> dict[str, int]:
        """Remove what is older than some days. Corrections that are in force stay, unless asked otherwise."""
        self._drain.everything()
        since = datetime.now(UTC) - timedelta(days=request.what["days"])
        old = f"created_at < {moment(since)}"
        turns = [row["turn_id"] for _, row in self._tables.rows("turns", old, ["turn_id"])]
        gone = self._event_ids(old, families=("events",))
        view = CorrectionView(self._tables.open(self._tables.names("corrections")[0]))
        held = {known.id: known for known in view.known(old, None, None)}
        in_force = {key for key, known in held.items() if known.state in ("pending", "active")}
        corrections = held.keys() - (set[str]() if request.what["corrections"] else in_force)
        gone |= corrections
        teachings = self._tables.open("teachings").read(old, ["event_id", "about", "kind"])
        kept = {known.id for known in view.known("true", None, None)} - corrections
        gone |= {row["event_id"] for row in teachings if row["kind"] == "review" and row["about"] not in kept}
        for part in _parts("about", corrections):
            gone |= self._event_ids(part, families=("teachings",))
        removed = self._remove(request, turns, gone)
        self._forget_aside(since.timestamp())
        return removed

    def _event_ids(self, where: str, families: Iterable[str] = ("events", "teachings")) -> set[str]:
        return {row["event_id"] for each in families for _, row in self._tables.rows(each, where, ["event_id"])}

    def _remove(self, request: Request, turns: Iterable[str], events: Iterable[str]) -> dict[str, int]:
        begun = [each for each in self._ledger.requests() if each.planned]  # this one, or others that failed
        before = [each.planned or {} for each in begun]

        def joined(kind: str, found: Iterable[str]) -> list[str]:
            return sorted({*found, *(key for plan in before for key in plan[kind])})

        gone = {"turns": joined("turns", turns), "events": joined("events", events)}
        rows = self._teachings(gone["events"])
        related = {row[name] for row in rows for name in ("about", "supersedes")}
        gone["related"] = joined("related", related - {None})
        gone["corrections"] = joined("corrections", {row["event_id"] for row in rows if row["kind"] == "correction"})
        self._ledger.plan(request.id, gone)

        touched: set[str] = set()
        for name in self._tables.every():
            ids = gone["turns" if family(name) == "turns" else "events"]
            table = self._tables.open(name)
            if family(name) != "meta" and sum(table.delete(part) for part in _parts(key_of(name), ids)):
                touched.add(name)
        if (touched or before) and gone["related"]:
            teachings = Teachings(self._tables.open("teachings"))
            for name in self._tables.names("corrections"):
                if CorrectionView(self._tables.open(name)).refresh(gone["related"], teachings, anew=True):
                    touched.add(name)
        if touched or before:
            self._remove_bytes(touched if not before else {*self._tables.every()} - {"meta"})
        left = (
            row for part in _parts("turn_id", gone["turns"]) for row in self._tables.rows("events", part, ["turn_id"])
        )
        self._spool.forget(gone["turns"], gone["events"], judged={row["turn_id"] for _, row in left})
        self._ledger.forget_changes()
        self._spool.file.forget_bytes()
        for other in begun:
            if other.id != request.id:
                self._ledger.answer(other.id, _counted(other.planned or {}))
        return _counted(gone)

    def _remove_bytes(self, names: Iterable[str]) -> None:
        for name in sorted(names):
            table = self._tables.open(name)
            if self._root and family(name) in ("turns", "events") and not table.count("true"):
                self._tables.drop(name)
                self._sync.removed(name)
                continue
            table.rewrite()
            self._sync.sync([name])
            self._ledger.note_tables({name: table.version()})
            table.forget_bytes()
            self._sync.sync([name])  # or a loss of power brings them back
            self._ledger.note_tables({name: table.version()})

    def _forget_aside(self, before: float) -> None:
        """Remove what repairs set aside and was last written before a time: nobody knows whose records are in it."""
        beside = self._spool.file.path.parent
        for folder in {self._root or beside, beside}:
            for each in (folder / ASIDE).glob("*"):
                written = [path.stat().st_mtime for path in (each, *each.rglob("*")) if path.is_file()]
                if max(written, default=0) < before:
                    shutil.rmtree(each) if each.is_dir() else each.unlink()

    def _teachings(self, event_ids: Iterable[str]) -> list[dict[str, Any]]:
        table = self._tables.open("teachings")
        columns = ["event_id", "about", "supersedes", "kind"]
        return [row for part in _parts("event_id", event_ids) for row in table.read(part, columns)]


def _counted(gone: Mapping[str, Collection[str]]) -> dict[str, int]:
    return {kind: len(gone[kind]) for kind in ("turns", "events", "corrections")}


def _parts(column: str, values: Iterable[str]) -> list[str]:
    """Return the filter for a column with one of many values, in parts that a query can take."""
    listed = [*values]
    return [one_of(column, listed[start : start + MANY]) for start in range(0, len(listed), MANY)]
