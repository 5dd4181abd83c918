"""What is acknowledged and not yet in the view, laid over it, so that a reader sees each act at once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from feedback_store.embedding import Pair, floats
from feedback_store.events import Correction, Review, parse_feedback
from feedback_store.folding import Relations, fold, touched
from feedback_store.spool import Spool, Teachings
from feedback_store.standing import KnownCorrection

T = TypeVar("T", Correction, Review)


@dataclass(frozen=True)
class Overlay:
    """Corrections that stand otherwise than their rows in a view say, by id, and vectors that their rows lack yet."""

    known: Mapping[str, KnownCorrection] = field(default_factory=dict[str, KnownCorrection])
    vectors: Mapping[str, Pair] = field(default_factory=dict[str, Pair])
    change: int = 0
    """The last change of the view that may not be in what was read of it before."""


class PendingTeachings:
    """Makes the overlay, anew only when the queue has changed.

    Args:
        spool: the queue.
        relations: the corrections and reviews in LanceDB.
        space: the name of the view.

    """

    def __init__(self, spool: Spool, relations: Callable[[], Relations], space: str) -> None:
        self._spool = spool
        self._relations = relations
        self._space = space
        self._made: tuple[Teachings, Overlay] | None = None

    def overlay(self) -> Overlay:
        """Return what lies over the view now. Ask for it before the view is read, so that nothing falls between."""
        pending = self._spool.teachings(self._space)
        if not pending.records and not pending.vectors:
            return Overlay(change=pending.change)
        made = self._made
        if made is None or made[0] != pending:
            made = pending, self._over(pending)
            self._made = made
        return made[1]

    def _over(self, pending: Teachings) -> Overlay:
        events = [parse_feedback(record) for record in pending.records]
        joined = _Joined(
            {one.event_id: one for one in events if isinstance(one, Correction)},
            {one.event_id: one for one in events if isinstance(one, Review)},
            self._relations(),
        )
        known = {one.known.id: one.known for one in fold(touched(events), joined)} if events else {}
        vectors = {event_id: (floats(question), floats(pair)) for event_id, question, pair in pending.vectors}
        return Overlay(known, vectors, pending.change)


@dataclass(frozen=True)
class _Joined:
    """The events of the queue and of the tables as one; one that is just on its way stands in both."""

    queued_corrections: Mapping[str, Correction]
    queued_reviews: Mapping[str, Review]
    stored: Relations

    def corrections(self, event_ids: Collection[str]) -> Iterable[Correction]:
        queued = [one for event_id in event_ids if (one := self.queued_corrections.get(event_id))]
        missing = {*event_ids} - {one.event_id for one in queued}
        return _once(queued, self.stored.corrections(missing) if missing else ())

    def successors(self, event_ids: Collection[str]) -> Iterable[Correction]:
        queued = [one for one in self.queued_corrections.values() if one.supersedes in event_ids]
        return _once(queued, self.stored.successors(event_ids))

    def reviews(self, event_ids: Collection[str]) -> Iterable[Review]:
        queued = [one for one in self.queued_reviews.values() if one.about in event_ids]
        return _once(queued, self.stored.reviews(event_ids))


def _once(queued: Iterable[T], stored: Iterable[T]) -> list[T]:
    return [*{one.event_id: one for one in (*queued, *stored)}.values()]
