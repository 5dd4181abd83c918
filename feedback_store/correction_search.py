"""Which corrections may apply to a question: an index in memory for each tenant, kept true by what changed since.

Imported late, by `LanceStore` alone, since it needs numpy and pyarrow.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from feedback_store.candidates import searched, unite
from feedback_store.embedding import Embedder, Vector, pair_text, similarity
from feedback_store.kinds import acts_always
from feedback_store.lance_view import CorrectionView, read_known
from feedback_store.overlay import Overlay
from feedback_store.quoting import all_of
from feedback_store.recall_index import Held, RecallIndex
from feedback_store.spare_memory import is_plenty
from feedback_store.spool import Spool
from feedback_store.standing import in_force
from feedback_store.store import Candidate, Scope
from feedback_store.words import words

MOST_ROWS: Final = 50_000
"""A tenant with more corrections is searched in LanceDB: the index would take 200 MB and more."""
MOST_BYTES: Final = 512 * 2**20
"""What all indices may take together where memory is not plenty; those that were asked longest ago go first."""
LOOK_S: Final = 1.0
"""How often it is looked whether memory is plenty."""
MOST_CHANGES: Final = 128
"""An index that is further behind is made anew."""
ACTS_ALWAYS: Final = """record LIKE '%"type":"style"%' OR record LIKE '%"type":"term"%'"""
"""The filter for the rows that may act on every question: it reads each record, once for a tenant that is too large."""


@dataclass
class _Kept:
    """An index of a tenant's corrections, as of a change of the view, and those that changed since.

    Of a tenant that is too large it holds only those that act always, and of what changed since only these too.
    """

    index: RecallIndex
    upto: int
    whole: bool = True
    at: float = field(default_factory=time.monotonic)
    newer: dict[str, Held | None] = field(default_factory=dict[str, "Held | None"])


class CorrectionSearch:
    """Finds candidates. Threads may share it.

    Args:
        spool: tells what changed in the view.
        embedder: the embedding model, if there is one.
        good_for: seconds after which an index is made anew although no change was told, where other computers write
            to the store too; None where this computer knows of all changes.

    """

    def __init__(self, spool: Spool, embedder: Embedder | None, *, good_for: float | None) -> None:
        self._spool = spool
        self._embedder = embedder
        self._good_for = good_for
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._look_again = 0.0
        self._lock = threading.RLock()

    def similar(
        self, view: CorrectionView, over: Callable[[], Overlay], question: str, scope: Scope, limit: int
    ) -> list[Candidate]:
        """Return the candidates for a question, nearest first.

        Args:
            view: the corrections.
            over: what lies over them; read before them.
            question: what was asked.
            scope: whose question it is.
            limit: at most so many.

        """
        asked = self._embedder.question(question) if self._embedder and view.vectors else None
        overlay = over()
        kept = self._index(view, scope, overlay.change)
        extra = self._on_their_way(view, overlay)
        newer = {event_id: held for event_id, held in kept.newer.items() if event_id not in extra}
        changed = [*extra.values(), *(held for held in newer.values() if held)]
        hidden = {*extra, *newer}
        if kept.whole:
            return kept.index.search(question, asked, scope=scope, limit=limit, extra=changed, hidden=hidden)
        found = self._in_tables(view, [*extra.values()], question, asked, scope=scope, limit=limit)
        return unite([*found, *kept.index.always(scope=scope, extra=changed, hidden=hidden)], limit)

    def likeness(self, one: str, other: str) -> float | None:
        """Return the cosine of two texts; None without an embedding model, and where it fails."""
        return self._embedder.likeness(one, other) if self._embedder else None

    def _on_their_way(self, view: CorrectionView, overlay: Overlay) -> dict[str, Held]:
        """Return the corrections that the queue, or vectors that wait, make other than their rows in the view."""
        ids = {*overlay.known, *overlay.vectors}
        rows = view.rows(ids) if view.vectors and ids else {}
        extra: dict[str, Held] = {}
        for event_id in ids:
            row = rows.get(event_id, {})
            if known := overlay.known.get(event_id) or (read_known(row["record"]) if row else None):
                extra[event_id] = Held(known, overlay.vectors.get(event_id) or view.pair(row))
        return extra

    def forget(self) -> None:
        """Let go of every index, as after an erasure, and of the texts that were compared."""
        with self._lock:
            self._kept.clear()
        if self._embedder:
            self._embedder.forget()

    def _index(self, view: CorrectionView, scope: Scope, change: int) -> _Kept:
        """Return the index for a tenant as of now or later."""
        tenant = scope.tenant or ""
        with self._lock:
            kept = self._kept.get(tenant)
            stale = kept is None or (self._good_for is not None and time.monotonic() - kept.at > self._good_for)
            if kept and not stale and kept.upto < change:
                stale = not self._follow(view, kept, change)
            if kept is None or stale:
                kept = self._made(view, tenant, change)
                self._kept[tenant] = kept
            self._kept.move_to_end(tenant)
            if time.monotonic() >= self._look_again:
                self._make_room()
                self._look_again = time.monotonic() + LOOK_S
            return kept

    def _make_room(self) -> None:
        """Let go of the indices that were asked longest ago, where they take much and memory is not plenty."""
        while len(self._kept) > 1 and sum(one.index.nbytes for one in self._kept.values()) > MOST_BYTES:
            if is_plenty():
                break
            self._kept.popitem(last=False)

    def _made(self, view: CorrectionView, tenant: str, change: int) -> _Kept:
        where = view.met_by(tenant)
        columns = ["event_id", "user_id", "tenant", "state", "audience", "valid_until", "text", "record"]
        if view.table.count(where) > MOST_ROWS:
            rows = view.table.arrow(all_of(where, ACTS_ALWAYS), columns)
            return _Kept(RecallIndex(rows), change, whole=False)
        return _Kept(RecallIndex(view.table.arrow(where, [*columns, *view.vectors])), change)

    def _follow(self, view: CorrectionView, kept: _Kept, change: int) -> bool:
        """Read what changed since; tell whether that was possible."""
        changed = self._spool.changed_since(kept.upto)
        if changed is None or len({*changed, *(kept.newer if kept.whole else ())}) > MOST_CHANGES:
            return False
        rows = view.rows(changed)
        newer = {
            event_id: Held(read_known(row["record"]), view.pair(row)) if (row := rows.get(event_id)) else None
            for event_id in changed
        }
        wanted = {each: held for each, held in newer.items() if kept.whole or held is None or held.always}
        kept.newer = kept.newer | wanted  # a new dict: another thread may be reading the last one
        kept.upto = change
        return True

    def _in_tables(
        self,
        view: CorrectionView,
        extra: Collection[Held],
        question: str,
        asked: Vector | None,
        *,
        scope: Scope,
        limit: int,
    ) -> list[Candidate]:
        """Search in LanceDB. Of what is newer than the view, any word in common counts: it is a handful.

        No column tells when a correction begins and that it acts always. So that those do not keep others out, LanceDB
        is asked for more until each of its lists has enough without them.
        """
        hidden = {held.known.id for held in extra}
        passed, asked_for = len(hidden), 0
        found: list[Candidate] = []
        while asked_for - passed < limit:
            asked_for = limit + 2 * passed
            rows = view.found(question, asked, scope, asked_for)
            given = [
                Candidate(known=known, similarity=similarity(asked, view.pair(row) or ()), text_score=row.get("_score"))
                for row in rows
                if (known := read_known(row["record"])).id not in hidden
            ]
            found = [one for one in given if _may(one, scope) and not acts_always(one.known.correction)]
            passed = len(hidden) + len(given) - len(found)
            if len(rows) < asked_for:
                break
        lowest = min((one.text_score for one in found if one.text_score is not None), default=1.0)
        asked_words = {*words(searched(question))}
        for held in extra:
            common = asked_words & {*words(pair_text(held.known.correction))}
            near = similarity(asked, held.vectors or ())
            known = held.known.model_copy(deep=True)  # the overlay is kept
            found.append(Candidate(known=known, similarity=near, text_score=lowest if common else None))
        return unite((one for one in found if _may(one, scope)), limit)


def _may(candidate: Candidate, scope: Scope) -> bool:
    return in_force(candidate.known, user_id=scope.user_id, tenant=scope.tenant)
