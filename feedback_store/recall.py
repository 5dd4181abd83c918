"""Which corrections enter this prompt: the store's candidates, through the gate, resolved, within the budget.

Every question is asked of the store anew. Nothing is cached between a write and the next read, so what was approved or
withdrawn a moment ago holds for the next answer.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from feedback_store.gate import DEFAULT_GATE, Gate, Judged
from feedback_store.resolve import resolved
from feedback_store.standing import KnownCorrection, in_force
from feedback_store.store import FeedbackStore, Scope

CANDIDATES: Final = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recalled:
    """A correction that enters the prompt, the probability that it is in scope, and the features that decided."""

    known: KnownCorrection
    score: float
    features: Mapping[str, float]

    @property
    def id(self) -> str:
        """The event id of the correction."""
        return self.known.id


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a model makes of `text`: one per three bytes, which errs on the high side."""
    return len(text.encode(errors="replace")) // 3 + 1


class CorrectionMemory:
    """The part of a store that a chain asks before it answers. Threads may share it.

    Args:
        store: where the corrections are kept.
        gate: decides whether a correction is in scope for a question.
        limit: at most so many corrections enter one prompt.
        token_budget: at most so many tokens of corrections enter one prompt; one that does not fit is left out whole.
        count_tokens: how tokens are counted; by default roughly.

    """

    def __init__(
        self,
        store: FeedbackStore,
        *,
        gate: Gate = DEFAULT_GATE,
        limit: int = 3,
        token_budget: int = 1500,
        count_tokens: Callable[[str], int] = estimated_tokens,
    ) -> None:
        if limit < 1 or token_budget < 1:
            msg = f"limit and token_budget start at 1, given {limit} and {token_budget}"
            raise ValueError(msg)
        self.store = store
        self._gate = gate
        self._limit = limit
        self._token_budget = token_budget
        self._count_tokens = count_tokens

    def recall(self, question: str, *, scope: Scope) -> list[Recalled]:
        """Return the corrections in scope for `question` that this person may use now, best first; most often none.

        A failing store or gate is logged and returns none: an answer without corrections is better than no answer.
        """
        if not question.strip():
            return []
        try:
            return self._recall(question, scope)
        except Exception:
            _log.exception("corrections could not be recalled, the answer goes without them")
            return []

    def _recall(self, question: str, scope: Scope) -> list[Recalled]:
        candidates = [
            candidate
            for candidate in self.store.similar_corrections(question, scope=scope, limit=CANDIDATES)
            if _allowed(candidate.known, scope)
        ]
        replaced = {candidate.known.correction.supersedes for candidate in candidates}
        judged = self._gate.judge(question, [each for each in candidates if each.known.id not in replaced])
        chosen = self._fitting(resolved([each for each in judged if each.in_scope], scope))
        return [Recalled(each.candidate.known, each.probability, each.features) for each in chosen]

    def _fitting(self, judged: list[Judged]) -> list[Judged]:
        left = self._token_budget
        fitting: list[Judged] = []
        for each in judged:
            correction = each.candidate.known.correction
            cost = self._count_tokens(f"{correction.question}\n{correction.corrected}\n{correction.guidance}")
            if cost > left:
                _log.warning("correction %s needs %d tokens, %d are left: left out", correction.event_id, cost, left)
                continue
            left -= cost
            fitting.append(each)
            if len(fitting) == self._limit:
                break
        return fitting


def _allowed(known: KnownCorrection, scope: Scope) -> bool:
    """Check again what the store's own query promises: a bug there must not show one person's words to another."""
    allowed = in_force(known, user_id=scope.user_id, tenant=scope.tenant)
    if not allowed:
        _log.error("the store returned correction %s out of scope: left out", known.id)
    return allowed
