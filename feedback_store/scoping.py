"""Which of the store's candidates are in scope for a question, each kind by its own rule.

Those about a question go through the gate, in competition with each other. Those with a condition are in scope where it
holds, or where the gate finds the question like the one that was corrected; but where one holds beyond doubt, those of
its type that the gate would have to guess at are left out, and those that rest on some of the same words, less surely.
A boundary is never left out for another. Those that act always need no judgement.
"""

import dataclasses
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from feedback_store.asked_alike import Likeness
from feedback_store.conditions import Closeness, Held, held, held_as_before
from feedback_store.events import Correction
from feedback_store.follow_up import FollowUp, follow_up, is_follow_up
from feedback_store.gate import Gate, Judged
from feedback_store.kinds import reach
from feedback_store.standing import KnownCorrection, in_force
from feedback_store.store import Candidate, FeedbackStore, Scope

CANDIDATES: Final = 20
MOST_LOOKED_UP: Final = 3
"""Corrections of follow-ups whose conversation is read, for one question."""
_log = logging.getLogger(__name__)


def in_scope(question: str, history: Sequence[str], *, store: FeedbackStore, gate: Gate, scope: Scope) -> list[Judged]:
    """Return the candidates in scope for a question, with the verdict on each, in any order."""

    def found(asked: str) -> list[Candidate]:
        candidates = store.similar_corrections(asked, scope=scope, limit=CANDIDATES)
        return [one for one in candidates if _allowed(one.known, scope)]

    follow = follow_up(question, history)
    if follow is None:
        return [each for each in verdicts(question, found(question), store, gate) if each.in_scope]
    return _of_a_follow_up(follow, question, found, store, gate)


def _of_a_follow_up(
    follow: FollowUp, question: str, found: Callable[[str], list[Candidate]], store: FeedbackStore, gate: Gate
) -> list[Judged]:
    """Judge what a follow-up asks in full. It asks for something else than the question before it: so a correction that
    fits that one better was not asked for. As it is, it is searched for corrections of the same follow-up alone.
    """
    fragments = [one for one in found(question) if is_follow_up(one.known.correction.question)]
    before = {each.candidate.known.id: each for each in verdicts(follow.frame, found(follow.frame), store, gate)}
    best: dict[str, Judged] = {}
    for way in follow.ways:
        candidates = {one.known.id: one for one in (*fragments, *found(way))}
        for each in verdicts(way, candidates.values(), store, gate):
            event_id = each.candidate.known.id
            rival = best.get(event_id) or before.get(event_id)
            competes = rival is not None and reach(each.candidate.known.correction) == "question"
            if each.in_scope and not (competes and rival and rival.probability >= each.probability):
                best[event_id] = each
    return [*best.values()]


def verdicts(question: str, candidates: Iterable[Candidate], store: FeedbackStore, gate: Gate) -> list[Judged]:
    """Return a verdict on each candidate but those that another of them replaces, in any order."""
    every = {one.known.id: one for one in candidates}
    replaced = {one.known.correction.supersedes for one in every.values()}
    judged = _judged(
        question,
        _in_their_context([one for one in every.values() if one.known.id not in replaced], store),
        gate,
        store.likeness,
    )
    return [dataclasses.replace(each, candidate=every[each.candidate.known.id]) for each in judged]


def _judged(question: str, candidates: Sequence[Candidate], gate: Gate, likeness: Likeness) -> list[Judged]:
    always = [one for one in candidates if reach(one.known.correction) == "always"]
    topical = [one for one in candidates if reach(one.known.correction) == "topic"]
    others = [one for one in candidates if reach(one.known.correction) == "question"]
    how = {one.known.id: found for one in topical if (found := _held(one.known.correction, question))}
    named = [one for one in topical if one.known.id in how and not _is_weaker(one, topical, how)]
    sure = {one.known.correction.type for one in named if how[one.known.id].closeness > Closeness.NAMED} - {"boundary"}
    unnamed = [one for one in topical if one.known.id not in how and one.known.correction.type not in sure]
    return [
        *(Judged(one, 1.0, in_scope=True) for one in (*always, *named)),
        *(gate.judge(question, unnamed, likeness) if unnamed else ()),
        *gate.judge(question, others, likeness),
    ]


def _is_weaker(one: Candidate, topical: Sequence[Candidate], how: Mapping[str, Held]) -> bool:
    """Tell whether another of its type rests on the same words more surely. Boundaries stand beside each other."""
    type_ = one.known.correction.type
    rivals = [how[each.known.id] for each in topical if each.known.correction.type == type_ and each.known.id in how]
    return type_ != "boundary" and any(how[one.known.id].within(rival) for rival in rivals)


def _held(correction: Correction, question: str) -> Held | None:
    said = f"{correction.condition} {correction.corrected} {correction.guidance}"
    return held_as_before(said, question, correction.question) or held(correction.condition, question)


def _in_their_context(candidates: Iterable[Candidate], store: FeedbackStore) -> list[Candidate]:
    """Complete the questions of those that correct an answer to a follow-up, by the conversation it stood in.

    Such a one is judged by its words: its vectors are those of a fragment.
    """
    every = list(candidates)
    fragments = [one for one in every if one.known.correction.turn_id and is_follow_up(one.known.correction.question)]
    whole = {one.known.id: _whole(one, store) for one in fragments[:MOST_LOOKED_UP]}
    return [whole.get(one.known.id, one) for one in every]


def _whole(one: Candidate, store: FeedbackStore) -> Candidate:
    correction = one.known.correction
    turns = store.turns(session_id=correction.session_id, tenant=correction.tenant)
    place = next((place for place, turn in enumerate(turns) if turn.turn_id == correction.turn_id), 0)
    follow = follow_up(correction.question, [turn.prompt for turn in turns[:place]])
    if follow is None:
        return one
    asked = correction.model_copy(update={"question": follow.ways[0]})
    return Candidate(known=one.known.model_copy(update={"correction": asked}))


def _allowed(known: KnownCorrection, scope: Scope) -> bool:
    """Check again what the store's own query promises: a bug there must not show one person's words to another."""
    allowed = in_force(known, user_id=scope.user_id, tenant=scope.tenant)
    if not allowed:
        _log.error("the store returned correction %s out of scope: left out", known.id)
    return allowed
