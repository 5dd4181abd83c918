"""Which of the store's candidates are in scope for a question, each kind by its own rule.

Those about a question go through the gate, in competition with each other. Those with a condition are in scope where it
holds, or where the gate finds the question like the one that was corrected. Those that act always need no judgement.
"""

import dataclasses
import logging
from collections.abc import Iterable, Sequence
from typing import Final

from feedback_store.conditions import holds
from feedback_store.follow_up import in_full, is_follow_up
from feedback_store.gate import Gate, Judged
from feedback_store.kinds import reach
from feedback_store.standing import KnownCorrection, in_force
from feedback_store.store import Candidate, FeedbackStore, Scope

CANDIDATES: Final = 20
MOST_LOOKED_UP: Final = 3
"""Corrections of follow-ups whose conversation is read, for one question."""
_log = logging.getLogger(__name__)


def in_scope(question: str, history: Sequence[str], *, store: FeedbackStore, gate: Gate, scope: Scope) -> list[Judged]:
    """Return the candidates in scope for a question, with the verdict on each.

    A follow-up is judged by what it asks in full, and is also searched as it is, for corrections of the same follow-up.
    """
    asked = in_full(question, history)
    found = {
        each: [
            one for one in store.similar_corrections(each, scope=scope, limit=CANDIDATES) if _allowed(one.known, scope)
        ]
        for each in dict.fromkeys([*asked, question])
    }
    replaced = {one.known.correction.supersedes for candidates in found.values() for one in candidates}
    judged: dict[str, Judged] = {}
    for way in asked or (question,):
        near = {one.known.id: one for one in found[way]}
        others = [Candidate(known=one.known) for one in found[question] if one.known.id not in near]
        candidates = {one.known.id: one for one in (*near.values(), *others) if one.known.id not in replaced}
        for each in _judged(way, _in_their_context(candidates.values(), store), gate):
            event_id = each.candidate.known.id
            if each.in_scope and (event_id not in judged or each.probability > judged[event_id].probability):
                judged[event_id] = dataclasses.replace(each, candidate=candidates[event_id])
    return [*judged.values()]


def _judged(question: str, candidates: Sequence[Candidate], gate: Gate) -> list[Judged]:
    always = [one for one in candidates if reach(one.known.correction) == "always"]
    topical = [one for one in candidates if reach(one.known.correction) == "topic"]
    others = [one for one in candidates if reach(one.known.correction) == "question"]
    named = [one for one in topical if holds(one.known.correction.condition, question)]
    unnamed = [one for one in topical if one not in named]
    return [
        *(Judged(one, 1.0, in_scope=True) for one in (*always, *named)),
        *(gate.judge(question, unnamed) if unnamed else ()),
        *gate.judge(question, others),
    ]


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
    for question in in_full(correction.question, [turn.prompt for turn in turns[:place]]):
        asked = correction.model_copy(update={"question": question})
        return Candidate(known=one.known.model_copy(update={"correction": asked}))
    return one


def _allowed(known: KnownCorrection, scope: Scope) -> bool:
    """Check again what the store's own query promises: a bug there must not show one person's words to another."""
    allowed = in_force(known, user_id=scope.user_id, tenant=scope.tenant)
    if not allowed:
        _log.error("the store returned correction %s out of scope: left out", known.id)
    return allowed
