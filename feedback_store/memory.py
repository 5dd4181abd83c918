"""A store that lasts as long as its process: for tests and notebooks, and where another system keeps the records."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from feedback_store.candidates import searched, unite
from feedback_store.embedding import Embedder, Pair, pair_text, similarity
from feedback_store.events import AnyRecord, Correction, Feedback, Record, Review, Turn
from feedback_store.folding import fold, touched
from feedback_store.intake import ends, take_in
from feedback_store.limits import check_limit
from feedback_store.standing import KnownCorrection, State, as_of, in_force
from feedback_store.store import Candidate, Embeddings, Erasure, Kind, Receipt, Scope, StoreError
from feedback_store.words import bm25, words

Kept = TypeVar("Kept", Turn, Feedback, KnownCorrection)


class MemoryStore:
    """Keeps every record in memory, by the same rules as `LanceStore`; what it returns is a copy.

    Args:
        embeddings: the model by which corrections are found by meaning; without one they are found by words alone.

    """

    def __init__(self, *, embeddings: Embeddings | None = None) -> None:
        self._embedder = Embedder(embeddings) if embeddings else None
        self._lock = threading.RLock()
        self._closed = False
        self._turns: dict[str, Turn] = {}
        self._events: dict[str, Feedback] = {}
        self._known: dict[str, KnownCorrection] = {}
        self._vectors: dict[str, Pair] = {}
        self._words: dict[str, Counter[str]] = {}

    def append(self, records: AnyRecord | Iterable[AnyRecord], /) -> Receipt:
        """Keep the records. See `FeedbackStore.append`."""
        batch = take_in(records)
        vectors = self._embed(event for event in batch.events.values() if isinstance(event, Correction))
        with self._open():
            turns = {
                key: turn for key, turn in batch.turns.items() if key not in self._turns or ends(turn, self._turns[key])
            }
            events = {key: event for key, event in batch.events.items() if key not in self._events}
            self._turns |= turns
            self._events |= events
            self._vectors |= {key: vectors[key] for key in vectors.keys() & events.keys()}
            self._derive(touched(events.values()))
        stored = (*turns, *events)
        return Receipt(stored=stored, known=tuple(key for key in batch.ids if key not in {*stored}))

    def turns(
        self,
        *,
        turn_ids: Sequence[str] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[Turn]:
        """Return turns. See `FeedbackStore.turns`."""
        with self._open():
            found = [
                turn
                for turn in self._turns.values()
                if _fits(turn.turn_id, turn_ids) and _is_of(turn, session_id, user_id, tenant)
            ]
        return _newest(found, limit, lambda turn: (turn.created_at, turn.turn_id))

    def events(
        self,
        *,
        kinds: Sequence[Kind] | None = None,
        event_ids: Sequence[str] | None = None,
        turn_ids: Sequence[str] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[Feedback]:
        """Return events. See `FeedbackStore.events`."""
        with self._open():
            found = [
                event
                for event in self._events.values()
                if _fits(event.kind, kinds)
                and _fits(event.event_id, event_ids)
                and _fits(event.turn_id, turn_ids)
                and _is_of(event, session_id, user_id, tenant)
            ]
        return _newest(found, limit, lambda event: (event.created_at, event.event_id))

    def corrections(
        self,
        *,
        event_ids: Sequence[str] | None = None,
        states: Sequence[State] | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[KnownCorrection]:
        """Return corrections with what became of them. See `FeedbackStore.corrections`."""
        with self._open():
            found = [
                known
                for known in map(as_of, self._known.values())
                if _fits(known.id, event_ids)
                and _fits(known.state, states)
                and _is_of(known.correction, None, user_id, tenant)
            ]
        return _newest(found, limit, lambda known: (known.correction.created_at, known.id))

    def similar_corrections(self, question: str, *, scope: Scope, limit: int = 20) -> list[Candidate]:
        """Return the corrections that may apply. See `FeedbackStore.similar_corrections`."""
        check_limit(limit)
        asked = self._embedder.question(question) if self._embedder else None
        with self._open():
            seen = [one for one in self._known.values() if in_force(one, user_id=scope.user_id, tenant=scope.tenant)]
            scores = bm25(searched(question), {known.id: self._words[known.id] for known in seen})
            found = [
                Candidate(
                    known=known.model_copy(deep=True),
                    similarity=similarity(asked, self._vectors.get(known.id, ())),
                    text_score=scores.get(known.id),
                )
                for known in seen
            ]
        return unite(found, limit)

    def likeness(self, one: str, other: str, /) -> float | None:
        """Return how alike two texts are. See `FeedbackStore.likeness`."""
        with self._open():
            embedder = self._embedder
        return embedder.likeness(one, other) if embedder else None

    def erase(self, *, user_id: str | None = None, session_id: str | None = None, tenant: str = "default") -> Erasure:
        """Remove the records of a user or a session. See `FeedbackStore.erase`."""
        if user_id is None and session_id is None:
            msg = "erase needs a user_id, a session_id or both, given neither"
            raise ValueError(msg)
        with self._open():
            turns = {turn.turn_id for turn in self._turns.values() if _is_of(turn, session_id, user_id, tenant)}
            tenants = [event for event in self._events.values() if event.tenant == tenant]
            own = [one for one in tenants if one.turn_id in turns or _is_of(one, session_id, user_id, tenant)]
            gone = {event.event_id: event for event in own}
            gone |= {one.event_id: one for one in tenants if isinstance(one, Review) and one.about in gone}
            corrections = gone.keys() & self._known.keys()
            for held, ids in ((self._turns, turns), (self._events, gone), (self._known, corrections)):
                for key in ids:
                    del held[key]
            for key in corrections:
                self._vectors.pop(key, None)
                del self._words[key]
            self._derive({*touched(gone.values()), *(one.supersedes for one in gone.values() if one.supersedes)})
            if self._embedder:
                self._embedder.forget()
        return Erasure(turns=len(turns), events=len(gone), corrections=len(corrections))

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._closed = True
            for held in (self._turns, self._events, self._known, self._vectors, self._words):
                held.clear()

    @contextmanager
    def _open(self) -> Generator[None]:
        with self._lock:
            if self._closed:
                msg = "the store is closed: make a new MemoryStore"
                raise StoreError(msg)
            yield

    def _embed(self, corrections: Iterable[Correction]) -> dict[str, Pair]:
        pairs = {one.event_id: self._embedder.correction(one) for one in corrections} if self._embedder else {}
        return {event_id: pair for event_id, pair in pairs.items() if pair}

    def _derive(self, event_ids: Iterable[str]) -> None:
        for folded in fold(event_ids, _Relations(self._events.values())):
            key = folded.known.id
            self._known[key] = folded.known
            self._words.setdefault(key, Counter(words(pair_text(folded.known.correction))))


class _Relations:
    """The events as a fold reads them."""

    def __init__(self, events: Iterable[Feedback]) -> None:
        self._corrections = [event for event in events if isinstance(event, Correction)]
        self._reviews = [event for event in events if isinstance(event, Review)]

    def corrections(self, event_ids: Collection[str]) -> list[Correction]:
        return [one for one in self._corrections if one.event_id in event_ids]

    def successors(self, event_ids: Collection[str]) -> list[Correction]:
        return [one for one in self._corrections if one.supersedes in event_ids]

    def reviews(self, event_ids: Collection[str]) -> list[Review]:
        return [review for review in self._reviews if review.about in event_ids]


def _fits(value: str | None, wanted: Collection[str] | None) -> bool:
    return wanted is None or value in wanted


def _is_of(record: Record, session_id: str | None, user_id: str | None, tenant: str | None) -> bool:
    pairs = ((record.session_id, session_id), (record.user_id, user_id), (record.tenant, tenant))
    return all(wanted is None or value == wanted for value, wanted in pairs)


def _newest(found: list[Kept], limit: int | None, order: Callable[[Kept], tuple[datetime, str]]) -> list[Kept]:
    ordered = sorted(found, key=order)
    if check_limit(limit) is not None:
        ordered = ordered[len(ordered) - min(limit or 0, len(ordered)) :]
    return [one.model_copy(deep=True) for one in ordered]
