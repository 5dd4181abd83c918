"""One drain: records from the spool into LanceDB, made durable there, and only then let go of."""

from collections import Counter, defaultdict
from typing import Final

from feedback_store.disk_sync import DiskSync
from feedback_store.events import Feedback, Turn, parse_record
from feedback_store.folding import touched
from feedback_store.lance_schema import Row, family, record_row
from feedback_store.lance_tables import Tables
from feedback_store.lance_view import CorrectionView, Teachings
from feedback_store.rooms import table_for
from feedback_store.spool import Spool
from feedback_store.spool_ledger import Ledger

MOST: Final = 2_048
"""Records of one drain. With texts at their limit it holds 400 MB; usual ones are a thousand times smaller."""
_ENDS: Final = "target.status = 'asked' AND source.status != 'asked'"


class Drain:
    """Moves records. Doing it again, after any failure, completes it: rows that are there already are found to be.

    Args:
        spool: where the records come from.
        ledger: where it is told what was done.
        tables: where they go to.
        sync: makes files durable.

    """

    def __init__(self, spool: Spool, ledger: Ledger, tables: Tables, sync: DiskSync) -> None:
        self._spool = spool
        self._ledger = ledger
        self._tables = tables
        self._sync = sync
        self.writes = Counter[str]()
        """How many small files each table has got."""

    def __call__(self, *, urgent: bool = False, most: int = MOST) -> int:
        """Move the oldest records, or the `urgent` ones alone, with all vectors, and return how many of both.

        Raises:
            StoreError: LanceDB failed; what it did not take stays in the spool.
            OSError: the disk refused to make it durable; the same.

        """
        vectors = self._ledger.vectors()  # first: their corrections are in the batch then, or in the tables
        queued = self._spool.batch(most, urgent=urgent)
        if not queued and not vectors:
            return 0
        rows: dict[str, list[Row]] = defaultdict(list)
        taught: list[Feedback] = []
        for one in queued:
            record = parse_record(one.record)
            rows[table_for(record, one.month)].append(record_row(record))
            if one.room == "teachings" and not isinstance(record, Turn):
                taught.append(record)
        for name, each in rows.items():
            self._tables.make(name).write(each, replace=_ENDS if family(name) == "turns" else None)
        written = {*rows}
        changed: set[str] = set()
        ids = touched(taught)
        if ids or vectors:
            teachings = Teachings(self._tables.open("teachings"))
            for name in self._tables.names("corrections"):
                own = vectors.get(name, {})
                if affected := ids | own.keys():
                    refreshed = CorrectionView(self._tables.open(name)).refresh(affected, teachings, own)
                    changed |= refreshed
                    written.add(name)
                    if len(queued) == most:  # the corrections of some vectors may still be in the queue
                        vectors[name] = {event_id: own[event_id] for event_id in own.keys() & refreshed}
        if not self._sync.is_local:
            for name, each in rows.items():
                table = self._tables.open(name)
                table.confirm([row[table.key] for row in each])
        self.writes.update(written)
        self._sync.sync(written)
        self._ledger.drained(
            [one.seq for one in queued],
            vectors=[(event_id, name) for name, pairs in vectors.items() for event_id in pairs],
            changed=changed,
            versions=self._tables.versions(written),
        )
        return len(queued) + sum(map(len, vectors.values()))

    def everything(self) -> None:
        """Move all that waits."""
        while self():
            pass
