"""The corrections that one tenant's questions can meet, in memory: a search costs a tenth of one in LanceDB.

Imported late, by `LanceStore` alone, since it needs numpy, and what an Arrow table is made with.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice, zip_longest
from typing import NamedTuple

import numpy as np

from feedback_store.candidates import newest, searched, unite
from feedback_store.correction_rows import CorrectionRows, Table, Visible, by_audience, vectors_of
from feedback_store.embedding import Pair, Vector, pair_text
from feedback_store.kinds import MOST_ALWAYS, acts_always
from feedback_store.limits import check_limit
from feedback_store.standing import KnownCorrection, in_force
from feedback_store.store import Candidate, Scope
from feedback_store.vector_index import NOWHERE, Doubles, Floats, VectorIndex, larger_cosine
from feedback_store.word_index import WordIndex
from feedback_store.words import words


@dataclass(frozen=True)
class Held:
    """A correction that is newer than an index, with its vectors where it has them. Keep it: it counts its words once.

    Args:
        known: the correction as it stands.
        vectors: its unit vectors.

    """

    known: KnownCorrection
    vectors: Pair | None = None

    @cached_property
    def counted(self) -> Counter[str]:
        """Its words, as they are searched."""
        return Counter(words(pair_text(self.known.correction)))

    @cached_property
    def always(self) -> bool:
        """Whether it acts on every question."""
        return acts_always(self.known.correction)

    def similarity(self, asked: Doubles) -> float | None:
        """Return how near it is to a question, as an index with the same vectors would."""
        if self._pair is None or self._pair.shape[2] != len(asked):
            return None
        return float(larger_cosine(self._pair, asked)[0])

    @cached_property
    def _pair(self) -> Floats | None:
        return None if self.vectors is None else np.array([self.vectors], np.float32)


class _Found(NamedTuple):
    """A correction that may become a candidate: a row of the index, or a newer one."""

    id: str
    similarity: float | None
    text_score: float | None
    source: int | Held


class RecallIndex:
    """Finds candidates among corrections that do not change; threads may share it.

    It gives what `MemoryStore.similar_corrections` gives, except that how rare a word is, and how long a text is on
    average, is taken from all the corrections here and not from those alone that the scope may see. Of equally near
    ones the greater id comes first.

    Args:
        rows: an Arrow table with rows of a view of corrections (`lance_schema.corrections`), in any order, with vectors
            or without. Of one tenant's and of those for everyone, or of all: each scope sees its own.

    """

    def __init__(self, rows: Table) -> None:
        kept, runs = by_audience(rows)
        self._rows = CorrectionRows(kept, runs)
        self._words = WordIndex(text or "" for text in kept.column("text").to_pylist())
        vectors = vectors_of(kept)
        self._vectors = None if vectors is None else VectorIndex(vectors)
        self.nbytes: int = self._rows.nbytes + self._words.nbytes + (self._vectors.nbytes if self._vectors else 0)
        """About how many bytes it holds."""

    def __len__(self) -> int:
        """Return how many corrections it holds: those that somebody can meet."""
        return len(self._rows)

    def search(
        self,
        question: str,
        asked: Vector | None,
        *,
        scope: Scope,
        limit: int,
        now: datetime | None = None,
        extra: Sequence[Held] = (),
        hidden: Collection[str] = (),
    ) -> list[Candidate]:
        """Return the corrections that may apply, nearest first.

        Args:
            question: what was asked.
            asked: the unit vector of the question; without one, or with one of another dimension, words alone decide.
            scope: whose question it is.
            limit: at most so many candidates.
            now: the time at which expiry is judged; default is the current time.
            extra: newer corrections; one stands for the row of its id. Words are as rare as in all of them together.
            hidden: ids of rows to be passed over.

        """
        if not check_limit(limit):
            return []
        now = now or datetime.now(UTC)
        newer = {held.known.id: held for held in extra}
        others = [held for held in newer.values() if _may_act(held.known, scope, now) and not held.always]
        direction = np.array(asked or (), np.float64)
        sought = dict.fromkeys(words(searched(question)))

        visible = self._rows.visible(scope, {*hidden, *newer}, now)
        scored, scores = self._words.scores(sought, [held.counted for held in others])
        found = self._among(visible, direction, scored, limit) if len(visible.rows) else []
        found += [
            _Found(held.known.id, held.similarity(direction), score or None, held)
            for held, score in zip(others, scores, strict=True)
        ]
        candidates = (
            Candidate(known=self._known(one.source), similarity=one.similarity, text_score=one.text_score)
            for one in _in_turns(found, limit)
        )
        always = self.always(scope=scope, now=now, extra=extra, hidden=hidden)
        return unite([*(one for one in candidates if _may_act(one.known, scope, now)), *always], limit)

    def always(
        self, *, scope: Scope, now: datetime | None = None, extra: Collection[Held] = (), hidden: Collection[str] = ()
    ) -> list[Candidate]:
        """Return the newest corrections that act on every question, as many as count. The arguments are `search`'s."""
        newer = {held.known.id: held for held in extra}
        kept = (known for known in self._rows.always(scope, {*hidden, *newer}) if _may_act(known, scope, now))
        added = [held.known for held in newer.values() if held.always and _may_act(held.known, scope, now)]
        found = newest([*islice(kept, MOST_ALWAYS), *(known.model_copy(deep=True) for known in added)])
        return [Candidate(known=known) for known in found[:MOST_ALWAYS]]

    def _among(self, visible: Visible, asked: Doubles, scores: Floats, limit: int) -> list[_Found]:
        """Return the visible rows that are nearest by meaning and best by words, at least `limit` of each."""
        best = self._rows.first(visible.rows, scores[visible.rows], limit, above=0)
        near = np.full(len(best), NOWHERE)
        if self._vectors and len(asked) == self._vectors.dimension:
            promising = self._vectors.promising(asked, visible.runs)[visible.is_open]
            shortlist = self._vectors.shortlist(visible.runs, 2 * limit)
            rows = self._rows.first(visible.rows, promising, shortlist, above=NOWHERE)
            rows = self._rows.first(rows, self._vectors.near(asked, rows), 2 * limit, above=NOWHERE)
            best = np.union1d(best, rows)
            near = self._vectors.similarities(asked, best)
        return [
            _Found(event_id.decode(), None if similarity == NOWHERE else similarity, score or None, row)
            for event_id, similarity, score, row in zip(
                self._rows.ids[best].tolist(), near.tolist(), scores[best].tolist(), best.tolist(), strict=True
            )
        ]

    def _known(self, source: int | Held) -> KnownCorrection:
        """Return a correction that the caller may change."""
        return source.known.model_copy(deep=True) if isinstance(source, Held) else self._rows.known(source)


def _may_act(known: KnownCorrection, scope: Scope, now: datetime | None) -> bool:
    return in_force(known, user_id=scope.user_id, tenant=scope.tenant, now=now)


def _in_turns(found: Sequence[_Found], limit: int) -> list[_Found]:
    """Choose as `candidates.unite` does, so that only the records of those chosen are read."""
    by_meaning = [(one.similarity, one.id, one) for one in found if one.similarity is not None]
    by_words = [(one.text_score, one.id, one) for one in found if one.text_score is not None]
    rankings = [sorted(ranking, key=lambda one: one[:2], reverse=True) for ranking in (by_meaning, by_words)]
    chosen: dict[str, _Found] = {}
    for both in zip_longest(*rankings):
        for ranked in both:
            if ranked and len(chosen) < limit:
                chosen.setdefault(ranked[1], ranked[2])
    return list(chosen.values())
