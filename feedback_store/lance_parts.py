"""The parts of an open store, joined: where its files are, and who does what."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from feedback_store.correction_search import CorrectionSearch
from feedback_store.drain_lock import AWAIT_S, DrainLock, opening
from feedback_store.drainer import Drainer
from feedback_store.embedding import Embedder
from feedback_store.lance_check import health
from feedback_store.lance_keeper import Keeper
from feedback_store.lance_reading import Reading
from feedback_store.lance_sight import Sight
from feedback_store.lance_spaces import Spaces
from feedback_store.lance_status import status_of
from feedback_store.lance_tables import Tables
from feedback_store.lance_vectors import Progress, Vectors
from feedback_store.lance_view import CorrectionView, Teachings
from feedback_store.overlay import PendingTeachings
from feedback_store.places import LOCK, SPOOL, places
from feedback_store.spool import Spool
from feedback_store.spool_ledger import Ledger
from feedback_store.store import Health, Status, StoreError

PATIENCE_S: Final = 600
"""How long the drainer may take for what it is asked; what takes longer is done all the same."""
BUSY_S: Final = 5
"""How long an opening store waits for corrections on their way, to make their vectors."""
log = logging.getLogger(__name__)
T = TypeVar("T")


class Parts:
    """What an open store is made of.

    Args:
        uri: a directory, or an address that LanceDB opens.
        connect: opens a LanceDB connection.
        indices: LanceDB's index configurations by kind.
        embedder: the embedding model, if there is one.
        spool: the folder of the spool; default is the store's own, or for an address one of this computer's user.
        freshness: see `Drainer`.
        small_files: see `Upkeep`.
        another_model: whether a store of another embedding model gets a view for this one.

    Raises:
        IncompatibleStore: the tables are of another version, or their vectors of another model.
        StoreError: something cannot be opened.

    """

    sight: Sight

    def __init__(
        self,
        uri: str | Path,
        connect: Callable[[str], Any],
        indices: Mapping[str, Any],
        embedder: Embedder | None,
        *,
        spool: str | Path | None,
        freshness: float,
        small_files: int,
        another_model: bool,
    ) -> None:
        self.process = os.getpid()
        self.uri, self.root, folder = places(uri, spool)
        self._freshness, self._embedder, remote = freshness, embedder, None if self.root else freshness
        with opening(folder) as right:
            self.spool = Spool(folder / SPOOL)
            try:
                self.ledger = Ledger(self.spool.file)
                self.tables = Tables(connect(self.uri), indices, self.ledger, listed_for=remote)
                self.keeper = Keeper(
                    self.spool, self.ledger, self.tables, self.root, connect, embedder=embedder, small_files=small_files
                )
                self.drainer = Drainer(
                    self.spool,
                    self.ledger,
                    DrainLock(folder / LOCK),
                    self.keeper.drain,
                    self.keeper.duties(),
                    opening=right,
                    freshness=freshness,
                )
                self.reading = Reading(self.spool, self.tables, knows_all=self.root is not None)
                self.drainer.lead()
            except BaseException:
                self.spool.close()
                raise
        try:
            self.drainer.start()
            name = self._space(embedder, another=another_model)
            self.use(name, embedder)
            self._catch_up()
            if another_model and embedder and not self.sight.vectors.owed:
                self.ask("activate", name=name)
        except BaseException:
            self.drainer.stop()
            self.spool.close()
            raise

    def use(self, name: str, embedder: Embedder | None) -> None:
        """Search a view from now on."""
        view = CorrectionView(self.tables.open(name))
        self.sight = Sight(
            view,
            Vectors(embedder, view, self.ledger, self.await_urgent),
            CorrectionSearch(self.spool, embedder, good_for=None if self.root else self._freshness),
            PendingTeachings(self.spool, lambda: Teachings(self.tables.open("teachings")), name),
            self.reading,
        )
        self._embedder = embedder

    def seen(self, read: Callable[[Sight], T]) -> T:
        """Return what is read of the view. Where its table was removed meanwhile, it is that of another from then on.

        Raises:
            IncompatibleStore: there is none any more that this store's model made the vectors of.

        """
        sight = self.sight
        try:
            self.tables.renew(sight.view.table)
            return read(sight)
        except StoreError:
            if sight.view.table.name in self.tables.every():
                raise
        self.use(self._space(self._embedder, another=False), self._embedder)
        return read(self.sight)

    def reembed(self, embedder: Embedder, progress: Progress | None) -> None:
        """See `LanceOperations.reembed`."""
        name = self._space(embedder, another=True)
        filling = Vectors(embedder, CorrectionView(self.tables.open(name)), self.ledger, self.await_urgent)
        filling.catch_up(progress)
        if filling.owed:
            msg = f"the embedding model {embedder.name!r} failed on {filling.owed} corrections: call this again"
            raise StoreError(msg)
        self.ask("activate", name=name)
        self.use(name, embedder)
        self.sight.vectors.catch_up()

    def drop_model(self, name: str) -> None:
        """See `LanceOperations.drop_model`."""
        self.ask("drop space", name=Spaces(self.tables).not_active(name))

    def health(self) -> Health:
        """See `LanceOperations.verify`."""
        return health(self.tables, self.spool)

    def status(self) -> Status:
        """See `LanceOperations.status`."""
        return status_of(
            self.uri, self.root, spool=self.spool, tables=self.tables, drainer=self.drainer, view=self.sight.view
        )

    def ask(self, task: str, timeout: float = PATIENCE_S, **what: Any) -> dict[str, Any]:
        """Have the drainer do something, whichever process it is in, and return its answer.

        Raises:
            StoreError: it could not be done, or not in `timeout` seconds; in the latter case it is still done later.

        """
        request = self.ledger.ask({"task": task, **what})
        self.await_drainer(lambda: self.ledger.outcome(request) is not None, f"done its task ({task})", timeout)
        answer, fault = self.ledger.outcome(request) or (None, None)
        if fault is not None:
            raise StoreError(fault)
        return answer or {}

    def flush(self, timeout: float | None) -> None:
        """Wait until LanceDB has all that is acknowledged now."""
        upto = self.spool.newest()
        if upto.record:
            self.ledger.want(upto.record)
        self.await_drainer(lambda: self.spool.is_drained(upto), "moved all that is acknowledged", timeout)

    def await_urgent(self, timeout: float = PATIENCE_S) -> None:
        """Wait until LanceDB has the corrections, reviews and vectors that are on their way now."""
        upto = self.spool.newest()
        self.await_drainer(lambda: self.spool.is_drained(upto, urgent=True), "moved the corrections", timeout)

    def await_drainer(self, done: Callable[[], bool], what: str, timeout: float | None) -> None:
        """Wake the drainer and wait; raise StoreError where it takes too long."""
        self.drainer.wake()
        deadline = None if timeout is None else time.monotonic() + timeout
        while not done():
            if deadline is not None and time.monotonic() > deadline:
                msg = f"the store has not {what} in {timeout} seconds; nothing is lost, it goes on with it"
                raise StoreError(msg) from self.drainer.fault
            time.sleep(AWAIT_S)

    def close(self) -> None:
        """Drain what waits, if nobody else does, and let go of the files. A forked child only lets go."""
        if os.getpid() == self.process:
            self.drainer.stop()
            self.spool.close()

    def _catch_up(self) -> None:
        """Make missing vectors, unless the process that drains does not; words find the corrections meanwhile."""
        try:
            self.await_urgent(BUSY_S)
            self.sight.vectors.catch_up()
        except StoreError as error:
            log.warning("vectors of some corrections may be missing until the store is opened again: %s", error)

    def _space(self, embedder: Embedder | None, *, another: bool) -> str:
        name = Spaces(self.tables).of(embedder, another=another)
        if name is not None or embedder is None:
            return name or Spaces(self.tables).active()
        known = Spaces(self.tables).models()
        made = str(self.ask("space", dimension=embedder.dimension, model=embedder.name)["name"])
        if not any(known.values()):
            self.ask("activate", name=made)
        return made
