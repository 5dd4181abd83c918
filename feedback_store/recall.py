"""Which corrections enter this prompt: the store's candidates, through the gate, resolved, within the budget.

Every question is asked of the store anew. Nothing is cached between a write and the next read, so what was approved or
withdrawn a moment ago holds for the next answer.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from feedback_store.events import CorrectionType
from feedback_store.gate import DEFAULT_GATE, Gate, Judged
from feedback_store.holdout import SHOWN, WITHHELD, may_be_withheld, withholds
from feedback_store.kinds import KINDS
from feedback_store.resolve import resolved
from feedback_store.scoping import in_scope
from feedback_store.standing import KnownCorrection
from feedback_store.store import FeedbackStore, Scope

_log = logging.getLogger(__name__)
_ORDER: Final = {type_: place for place, type_ in enumerate(KINDS)}


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

    @property
    def type(self) -> CorrectionType:
        """What the correction is about: a prompt words each type in its own way."""
        return self.known.correction.type


@dataclass(frozen=True)
class Recollection:
    """What is recalled for one turn, and what was held back from it to see whether corrections help (`holdout`)."""

    recalled: tuple[Recalled, ...] = ()
    withheld: tuple[Recalled, ...] = ()
    took_part: bool = False
    """Whether corrections were in scope that the draw could hold back."""

    @property
    def tags(self) -> tuple[str, ...]:
        """What to put into `Turn.tags`, so that `holdout.lift` can compare; nothing where the turn took no part."""
        return ((WITHHELD if self.withheld else SHOWN),) if self.took_part else ()


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a model makes of `text`: one per three bytes, which errs on the high side."""
    return len(text.encode(errors="replace")) // 3 + 1


class CorrectionMemory:
    """The part of a store that a chain asks before it answers. Threads may share it.

    Args:
        store: where the corrections are kept.
        gate: decides whether a correction is in scope for a question.
        limit: at most so many corrections of each type enter one prompt; by default those of `kinds.KINDS`.
        token_budget: at most so many tokens of corrections enter one prompt; one that does not fit is left out whole.
            Boundaries get room first, then facts, rules, terms and styles.
        count_tokens: how tokens are counted; by default roughly.
        holdout: the share of turns, from 0 to 1, that go without the corrections of others by chance, so that
            `holdout.lift` can tell whether these help.

    """

    def __init__(
        self,
        store: FeedbackStore,
        *,
        gate: Gate = DEFAULT_GATE,
        limit: int | None = None,
        token_budget: int = 1500,
        count_tokens: Callable[[str], int] = estimated_tokens,
        holdout: float = 0.0,
    ) -> None:
        if (limit is not None and limit < 1) or token_budget < 1:
            msg = f"limit and token_budget start at 1, given {limit} and {token_budget}"
            raise ValueError(msg)
        if not 0 <= holdout <= 1:
            msg = f"holdout is a share from 0 to 1, given {holdout}"
            raise ValueError(msg)
        self.store = store
        self._gate = gate
        self._limit = limit
        self._token_budget = token_budget
        self._count_tokens = count_tokens
        self._holdout = holdout

    def recall(
        self, question: str, *, scope: Scope, history: Sequence[str] = (), turn_id: str | None = None
    ) -> list[Recalled]:
        """Return the corrections in scope for `question` that this person may use now, best first; most often none.

        A failing store or gate is logged and returns none: an answer without corrections is better than no answer.

        Args:
            question: what was asked.
            scope: whose question it is.
            history: the questions asked before it in the same conversation, oldest first: they complete a follow-up.
            turn_id: the turn, by which the `holdout` draws; without one nothing is held back.

        """
        return [*self.recollect(question, scope=scope, history=history, turn_id=turn_id).recalled]

    def recollect(
        self, question: str, *, scope: Scope, history: Sequence[str] = (), turn_id: str | None = None
    ) -> Recollection:
        """Return what `recall` returns, with what was held back from it. The arguments are the same."""
        if not question.strip():
            return Recollection()
        try:
            judged = in_scope(question, history, store=self.store, gate=self._gate, scope=scope)
            chosen = self._fitting(resolved(judged, scope))
        except Exception:
            _log.exception("corrections could not be recalled, the answer goes without them")
            return Recollection()
        recalled = [Recalled(each.candidate.known, each.probability, each.features) for each in chosen]
        return self._drawn(recalled, scope, turn_id)

    def _drawn(self, recalled: Sequence[Recalled], scope: Scope, turn_id: str | None) -> Recollection:
        removable = [each for each in recalled if may_be_withheld(each.known, scope)]
        if not self._holdout or turn_id is None or not removable:
            return Recollection(tuple(recalled))
        if not withholds(turn_id, self._holdout):
            return Recollection(tuple(recalled), took_part=True)
        kept = tuple(each for each in recalled if each not in removable)
        return Recollection(kept, tuple(removable), took_part=True)

    def _fitting(self, judged: Sequence[Judged]) -> list[Judged]:
        left = self._token_budget
        fitting: list[Judged] = []
        room = {type_: self._limit or kind.most for type_, kind in KINDS.items()}
        for each in sorted(judged, key=lambda one: _ORDER[one.candidate.known.correction.type]):
            correction = each.candidate.known.correction
            if not room[correction.type]:
                continue
            parts = (correction.question, correction.condition, correction.corrected, correction.guidance)
            cost = self._count_tokens("\n".join(filter(None, parts)))
            if cost > left:
                _log.warning("correction %s needs %d tokens, %d are left: left out", correction.event_id, cost, left)
                continue
            left -= cost
            room[correction.type] -= 1
            fitting.append(each)
        return fitting
