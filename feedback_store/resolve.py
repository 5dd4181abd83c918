"""Of several corrections in scope for one question, which ones the prompt may carry: never two that contradict."""

import re
from collections.abc import Sequence
from typing import Final

from feedback_store.events import Correction
from feedback_store.gate import Judged
from feedback_store.pair_features import missing, topic_words
from feedback_store.store import Scope
from feedback_store.words import words

SAME_SHARE: Final = 0.6
_QUANTITY: Final = re.compile(r"(\d+(?:[.,]\d+)*)\s*([^\W\d_]+)?")
_NEGATIONS: Final = frozenset({"no", "not", "never", "none", "cannot", "don", "doesn", "isn", "aren", "won", "without"})


def resolved(judged: Sequence[Judged], scope: Scope) -> list[Judged]:
    """Keep one correction for each thing corrected, best match first.

    A person's own correction goes before those of others, until a reviewer rejects it; then the newest decision goes
    before the older.
    """

    def precedence(each: Judged) -> tuple[bool, float, str]:
        known = each.candidate.known
        own = scope.user_id is not None and known.correction.user_id == scope.user_id
        return own, known.updated_at.timestamp(), known.id

    kept: list[Judged] = []
    for each in sorted(judged, key=precedence, reverse=True):
        if not any(same_target(each.candidate.known.correction, other.candidate.known.correction) for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: -each.probability)


def same_target(one: Correction, other: Correction) -> bool:
    """Tell whether two corrections in scope for one question correct the same thing: one question, or other figures."""
    if one.turn_id is not None and one.turn_id == other.turn_id:
        return True
    return _same_words(one.question, other.question) or _contradict(_right(one), _right(other))


def _right(correction: Correction) -> str:
    return f"{correction.corrected}\n{correction.guidance}"


def _same_words(one: str, other: str) -> bool:
    first, second = topic_words(one), topic_words(other)
    if not first or not second:
        return words(one) == words(other)
    return len(missing(first, second)) <= (1 - SAME_SHARE) * len(first) and len(missing(second, first)) <= (
        1 - SAME_SHARE
    ) * len(second)


def _contradict(one: str, other: str) -> bool:
    """Tell whether two answers to one question give other figures for one unit, or one denies the other."""
    first, second = _quantities(one), _quantities(other)
    if any(first[unit].isdisjoint(second[unit]) for unit in first.keys() & second.keys()):
        return True
    denied = bool(_NEGATIONS & set(words(one))) != bool(_NEGATIONS & set(words(other)))
    return denied and _same_words(one, other)


def _quantities(text: str) -> dict[str, set[str]]:
    """Return the figures of a text by the word that follows them: {"days": {"30"}}."""
    found: dict[str, set[str]] = {}
    for number, unit in _QUANTITY.findall(text.casefold()):
        found.setdefault(unit.rstrip("s"), set()).add(number)
    return found
