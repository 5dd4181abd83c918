"""Vectors of corrections: made by a process that has the model, and later where the model failed."""

import threading
from collections.abc import Callable, Sequence

from feedback_store.embedding import Embedder
from feedback_store.events import Correction
from feedback_store.lance_view import CHUNK, CorrectionView
from feedback_store.spool_ledger import Ledger

Progress = Callable[[int, int], None]
"""Is told how many are done, of how many."""


class Vectors:
    """Makes the vectors of one view. Threads may share it.

    Args:
        embedder: the model; without one nothing is made.
        view: the corrections.
        ledger: takes the vectors.
        await_drainer: waits until the drainer has them in the view.

    """

    def __init__(
        self, embedder: Embedder | None, view: CorrectionView, ledger: Ledger, await_drainer: Callable[[], None]
    ) -> None:
        self._embedder = embedder if view.vectors else None
        self._view = view
        self._ledger = ledger
        self._await_drainer = await_drainer
        self._owed: dict[str, Correction] = {}
        self._lock = threading.Lock()

    @property
    def owed(self) -> int:
        """How many corrections this process could not make vectors for as yet."""
        return len(self._owed)

    def embed(self, corrections: Sequence[Correction]) -> bool:
        """Make vectors, and those that are owed as soon as the model works; tell whether all were made."""
        if self._embedder is None:
            return True
        pairs = {one.event_id: self._embedder.correction(one) for one in corrections}
        with self._lock:
            owed = [*self._owed.values()]
        if owed and any(pairs.values()):
            pairs |= {one.event_id: self._embedder.correction(one) for one in owed}
        made = {event_id: pair for event_id, pair in pairs.items() if pair}
        if made:
            self._ledger.put_vectors(self._view.table.name, made)
        with self._lock:
            self._owed |= {one.event_id: one for one in corrections}
            for event_id in made:
                self._owed.pop(event_id, None)
            return not self._owed

    def catch_up(self, progress: Progress | None = None) -> None:
        """Make the vectors that are missing in the view, newest first, as long as the model gives them."""
        if self._embedder is None:
            return
        self._await_drainer()
        total, done = self._view.table.count("NOT embedded"), 0
        tried: set[str] = set()
        while waiting := self._view.waiting(CHUNK):
            if tried.issuperset(known.id for known in waiting):
                return  # no event tells of them: they go when the view is rebuilt
            tried.update(known.id for known in waiting)
            complete = self.embed([known.correction for known in waiting])
            self._await_drainer()
            done += len(waiting)
            if progress:
                progress(min(done, total), total)
            if not complete:
                return
