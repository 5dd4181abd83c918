"""The nearest by meaning united with the best by words, alike in every store. No score fusion: the gate decides.

Beside them come those that act on every question, however far: they take nobody's place.
"""

from collections.abc import Iterable
from typing import Final

from feedback_store.kinds import MOST_ALWAYS, acts_always
from feedback_store.standing import KnownCorrection
from feedback_store.store import Candidate

MAX_SEARCHED: Final = 4_000
"""Characters of a question in which words are looked up: 100,000 would take a second."""


def searched(question: str) -> str:
    """Return what of a question is searched by words; half of a character, which no store can hold, is replaced."""
    return question[:MAX_SEARCHED].encode(errors="replace").decode()


def unite(found: Iterable[Candidate], limit: int) -> list[Candidate]:
    """Take turns between the nearest by meaning and the best by words until `limit`, and return them nearest first.

    After them come the newest of those that act always, without a nearness, where `limit` is not 0.
    """
    every: list[Candidate] = []
    always: dict[str, KnownCorrection] = {}
    for one in found:
        if acts_always(one.known.correction):
            always[one.known.id] = one.known
        else:
            every.append(one)
    by_meaning = sorted((one for one in every if one.similarity is not None), key=_similarity, reverse=True)
    by_words = sorted((one for one in every if one.text_score is not None), key=_text_score, reverse=True)
    chosen: dict[str, Candidate] = {}
    for place in range(max(len(by_meaning), len(by_words))):
        for ranking in (by_meaning, by_words):
            if place < len(ranking) and len(chosen) < limit:
                chosen.setdefault(ranking[place].known.id, ranking[place])
    near = sorted(chosen.values(), key=lambda one: (_similarity(one), _text_score(one), one.known.id), reverse=True)
    return [*near, *(Candidate(known=known) for known in newest(always.values())[: MOST_ALWAYS if limit else 0])]


def newest(known: Iterable[KnownCorrection]) -> list[KnownCorrection]:
    """Return corrections in the order in which they were made, the last first."""
    return sorted(known, key=lambda one: (one.correction.created_at, one.id), reverse=True)


def _similarity(candidate: Candidate) -> float:
    return -2.0 if candidate.similarity is None else candidate.similarity


def _text_score(candidate: Candidate) -> float:
    return 0.0 if candidate.text_score is None else candidate.text_score
