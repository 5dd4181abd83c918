"""The gate: is a stored correction in scope for this question?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from feedback_store.standing import KnownCorrection
from feedback_store.store import Candidate


@dataclass(frozen=True)
class Judged:
    """A candidate with the gate's verdict."""

    candidate: Candidate
    probability: float
    in_scope: bool
    features: Mapping[str, float] = field(default_factory=dict[str, float])


class Gate(Protocol):
    """Decides which candidates are in scope for a question."""

    def judge(self, question: str, candidates: Sequence[Candidate]) -> list[Judged]:
        """Return a verdict on each candidate, in the order given."""
        ...


class _Floor:
    def judge(self, question: str, candidates: Sequence[Candidate]) -> list[Judged]:
        return [Judged(c, c.similarity or 0.0, (c.similarity or 0) > 0.6) for c in candidates]


DEFAULT_GATE: Final[Gate] = _Floor()


def same_target(one: KnownCorrection, other: KnownCorrection) -> bool:
    return one.correction.question.casefold() == other.correction.question.casefold()
