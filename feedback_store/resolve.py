"""Of several corrections in scope for one question, which ones the prompt may carry: never two that contradict."""

from collections.abc import Sequence

from feedback_store.contradiction import are_rivals, contradict, same_question
from feedback_store.events import Correction
from feedback_store.gate import Judged
from feedback_store.kinds import MANNERS
from feedback_store.standing import KnownCorrection
from feedback_store.store import Scope


def resolved(judged: Sequence[Judged], scope: Scope) -> list[Judged]:
    """Keep one correction for each thing corrected, best match first.

    A boundary goes before anything else. Then a person's own correction goes before those of others, until a reviewer
    rejects it; then one of the very question, by its words, before one of a neighbour; then the newest decision before
    the older. But of two that others made and that contradict each
    other, the safer one holds (a reviewer's own words), and where none is safer, neither.
    """
    disputed = {id(each) for each in judged if any(_is_no_safer(each, other, scope) for other in judged)}

    def precedence(each: Judged) -> tuple[bool, bool, bool, float, str]:
        known = each.candidate.known
        very = each.features.get("same_words") == 1
        return _is_boundary(known), _is_own(known, scope), very, known.updated_at.timestamp(), known.id

    kept: list[Judged] = []
    for each in sorted((each for each in judged if id(each) not in disputed), key=precedence, reverse=True):
        if not any(same_target(each.candidate.known.correction, other.candidate.known.correction) for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: -each.probability)


def same_target(one: Correction, other: Correction) -> bool:
    """Tell whether of two corrections in scope for one question the prompt can carry one only.

    So it is with two facts about one question, and with any two of which one contradicts the other. But how to answer
    competes only with how to answer.
    """
    if one.type in MANNERS or other.type in MANNERS:
        return one.type == other.type and contradict(one, other)
    if one.type == other.type == "fact":
        same_turn = one.turn_id is not None and one.turn_id == other.turn_id
        return same_turn or same_question(one.question, other.question) or contradict(one, other)
    return contradict(one, other)


def _is_no_safer(one: Judged, other: Judged, scope: Scope) -> bool:
    """Tell whether another correction contradicts this one, both are of others, and this one is not the safer."""
    first, second = one.candidate.known, other.candidate.known
    if one is other or _is_own(first, scope) or _is_own(second, scope) or first.correction.type in MANNERS:
        return False
    return _safety(first) <= _safety(second) and are_rivals(first, second)


def _safety(known: KnownCorrection) -> tuple[bool, bool, bool]:
    return _is_boundary(known), known.state == "active", known.correction.source == "reviewer"


def _is_boundary(known: KnownCorrection) -> bool:
    return known.correction.type == "boundary"


def _is_own(known: KnownCorrection, scope: Scope) -> bool:
    author = known.correction.user_id
    return author is not None and (author, known.correction.tenant) == (scope.user_id, scope.tenant)
