"""What keeps a store small and fast as it grows: small files are joined, new rows indexed, old versions dropped."""

import logging
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from feedback_store.disk_sync import DiskSync
from feedback_store.lance_drain import Drain
from feedback_store.lance_schema import INDICES, family
from feedback_store.lance_tables import Tables
from feedback_store.quoting import literal
from feedback_store.spool_ledger import Ledger
from feedback_store.store import StoreError

log = logging.getLogger(__name__)

KEPT: Final = timedelta(minutes=10)
"""Age at which a version may go: nobody reads for longer. The drainer is the only one who writes here."""
KEPT_REMOTE: Final = timedelta(hours=24)
"""The same where other computers write too: one that pauses for longer would commit onto what is gone."""
VERSIONS: Final = 4
"""So many versions stay at the most, however young: each is two files."""
CAP: Final = 256 * 2**20
"""Bytes rewritten in `CAP_S`. A table that is due then waits, until it has four times as many small files."""
CAP_S: Final = 600
LEASE: Final = timedelta(minutes=10)


class Upkeep:
    """Tidies tables that are due.

    Args:
        tables: the tables.
        drain: knows which tables were written to.
        sync: makes the new files durable.
        ledger: notes the durable versions.
        small_files: at so many small files of a table they are joined; every query reads them all.

    """

    def __init__(self, tables: Tables, drain: Drain, sync: DiskSync, ledger: Ledger, *, small_files: int) -> None:
        self._tables = tables
        self._drain = drain
        self._sync = sync
        self._ledger = ledger
        self._small_files = small_files
        self._remote = not sync.is_local
        self._allowance, self._since = float(CAP), time.monotonic()
        self._newest: dict[str, str] = {}

    def look(self) -> None:
        """Count the small files that are there, as after a start; past months that were left untidy are tidied once."""
        for name in self._tables.every():
            if INDICES[family(name)] and not (self._remote and self._is_past(name)):
                self._drain.writes[name] = self._tables.open(name).small_files()
        self.after_drains()

    def after_drains(self) -> None:
        """Tidy what is due. A failure is logged, and it is tried again later."""
        names = self._tables.every()
        for name, count in [*self._drain.writes.items()]:
            if name not in names:  # an erasure removed it
                del self._drain.writes[name]
            elif count >= self._small_files or (count > 1 and self._is_past(name)):
                try:
                    if self._may_rewrite(name, urgent=count >= 4 * self._small_files):
                        self.tidy(name)
                except StoreError as error:
                    log.warning("%s", error)
                    log.debug("the cause", exc_info=error)

    def tidy(self, name: str) -> None:
        """Tidy one table now."""
        if self._remote and not self._has_lease():
            return
        keep, versions = (KEPT_REMOTE, 2**31) if self._remote else (KEPT, VERSIONS)
        table = self._tables.open(name)
        table.tidy()
        self._sync.sync([name])
        self._ledger.note_tables({name: table.version()})
        table.drop_versions(keep=keep, versions=versions)
        self._drain.writes[name] = 0

    def tidy_all(self) -> None:
        """Tidy every table now."""
        for name in self._tables.every():
            self.tidy(name)

    def _is_past(self, name: str) -> bool:
        """Tell whether a later month has a table: this one is joined once more and then left alone."""
        kind = family(name)
        if kind not in ("turns", "events"):
            return False
        newest = self._newest.get(kind, "")
        if name > newest:
            self._newest[kind] = newest = max(self._tables.names(kind))
        return name < newest

    def _may_rewrite(self, name: str, *, urgent: bool) -> bool:
        now = time.monotonic()
        self._allowance = min(CAP, self._allowance + CAP * (now - self._since) / CAP_S)
        self._since = now
        size = self._tables.open(name).size()
        if self._allowance <= 0 and not urgent:
            return False
        self._allowance -= size
        return True

    def _has_lease(self) -> bool:
        """Take or renew the right of this computer to tidy on storage that several share."""
        host, now = socket.gethostname(), datetime.now(UTC)
        free = f"target.value < {literal(now.isoformat())} OR target.value LIKE {literal('%|' + host)}"
        return self._tables.note("tidier", f"{(now + LEASE).isoformat()}|{host}", replace=free)
