"""The gate: is a stored correction in scope for this question? A logistic model on the pair decides, not a cosine.

`benchmarks/fit_gate.py` fits it; the weights, and how good they are, stand in `gate_weights`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Final, Protocol

from feedback_store import gate_weights
from feedback_store.pair_features import features
from feedback_store.store import Candidate

NO_RIVAL: Final = 0.3
"""The similarity of the next best where there is none: that of two texts of one shop about different things."""


@dataclass(frozen=True)
class Judged:
    """A candidate with the gate's verdict; `probability` is that of being in scope."""

    candidate: Candidate
    probability: float
    in_scope: bool
    features: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Weights:
    """A logistic model: weights by feature, and the probability from which a pair is in scope."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float


WITH_EMBEDDINGS: Final = Weights(
    gate_weights.WITH_EMBEDDINGS, gate_weights.WITH_EMBEDDINGS_INTERCEPT, gate_weights.WITH_EMBEDDINGS_THRESHOLD
)
WORDS_ALONE: Final = Weights(
    gate_weights.WORDS_ALONE, gate_weights.WORDS_ALONE_INTERCEPT, gate_weights.WORDS_ALONE_THRESHOLD
)


class Gate(Protocol):
    """Decides which candidates are in scope for a question."""

    def judge(self, question: str, candidates: Sequence[Candidate]) -> list[Judged]:
        """Return a verdict on each candidate, in the order given."""
        ...


class LogisticGate:
    """Weighs the features of each pair. Candidates without a similarity are judged by their words alone.

    Args:
        threshold: the probability from which a correction is in scope; by default the one of the calibration. Higher
            means fewer wrong injections, and fewer right ones.
        with_embeddings: the weights where the store gives a similarity. Cosines of two embedding models cannot be
            compared: fit them anew for a model that is not all-MiniLM-L6-v2.
        words_alone: the weights where it gives none.

    """

    def __init__(
        self,
        *,
        threshold: float | None = None,
        with_embeddings: Weights = WITH_EMBEDDINGS,
        words_alone: Weights = WORDS_ALONE,
    ) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            msg = f"threshold is a probability from 0 to 1, given {threshold}"
            raise ValueError(msg)
        self._threshold = threshold
        self._with_embeddings = with_embeddings
        self._words_alone = words_alone

    def judge(self, question: str, candidates: Sequence[Candidate]) -> list[Judged]:
        """Return a verdict on each candidate, in the order given."""
        return [self._judged(question, candidate, candidates) for candidate in candidates]

    def _judged(self, question: str, candidate: Candidate, candidates: Sequence[Candidate]) -> Judged:
        found = pair(question, candidate, candidates)
        weights = self._words_alone if candidate.similarity is None else self._with_embeddings
        logit = weights.intercept + sum(weight * found[name] for name, weight in weights.weights.items())
        probability = 1 / (1 + exp(-max(-500.0, min(500.0, logit))))
        threshold = weights.threshold if self._threshold is None else self._threshold
        return Judged(candidate, probability, probability >= threshold, found)


def pair(question: str, candidate: Candidate, candidates: Sequence[Candidate]) -> dict[str, float]:
    """Return the features of a question with one of its candidates."""
    correction = candidate.known.correction
    found = features(question, correction.question, f"{correction.corrected}\n{correction.guidance}")
    if candidate.similarity is not None:
        rivals = [each.similarity for each in candidates if each is not candidate and each.similarity is not None]
        margin = candidate.similarity - max(rivals, default=NO_RIVAL)
        found["similarity"] = candidate.similarity
        found["similarity_high"] = max(0.0, candidate.similarity - 0.7)
        found["margin"] = max(-0.3, min(0.5, margin))
        found["nearest"] = float(margin >= 0)
    return found


DEFAULT_GATE: Final[Gate] = LogisticGate()
