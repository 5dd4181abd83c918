"""The gate: is a stored correction in scope for this question? A logistic model on the pair decides, not a cosine.

`benchmarks/fit_gate.py` fits it; the weights, and how good they are, stand in `gate_weights.json`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from feedback_store.asked_alike import BY_NAME, Likeness, compared
from feedback_store.gate_model import NEARNESS, GateModel, shipped
from feedback_store.pair_features import Reading, features
from feedback_store.rarity import Rivals
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


class Gate(Protocol):
    """Decides which candidates are in scope for a question."""

    def judge(self, question: str, candidates: Sequence[Candidate], likeness: Likeness | None = None) -> list[Judged]:
        """Return a verdict on each candidate, in the order given.

        Args:
            question: the question asked.
            candidates: what the store found for it.
            likeness: how alike the store's embedding model finds two texts, for a gate that looks closer; each text
                that is new to it costs one run of the model.

        """
        ...


class LogisticGate:
    """Weighs the features of each pair. Candidates without a similarity are judged by their words alone.

    A fact that passes must also answer what is asked of the thing that both questions are about (`asked_alike`).

    Args:
        model: the weights; by default those that come with the package, for cosines of all-MiniLM-L6-v2. Read your own
            by `GateModel.read`.
        threshold: the probability from which a correction is in scope; by default the ones of the model. Higher means
            fewer wrong injections, and fewer right ones.

    """

    def __init__(self, model: GateModel | None = None, *, threshold: float | None = None) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            msg = f"threshold is a probability from 0 to 1, given {threshold}"
            raise ValueError(msg)
        self._model = model
        self._threshold = threshold

    def judge(self, question: str, candidates: Sequence[Candidate], likeness: Likeness | None = None) -> list[Judged]:
        """Return a verdict on each candidate, in the order given. See `Gate.judge`."""
        found = pairs(question, candidates)
        judged = [self._judged(*each) for each in zip(candidates, found, strict=True)]
        return judged if likeness is None else [self._looked_closer(question, each, likeness) for each in judged]

    def _judged(self, candidate: Candidate, found: Mapping[str, float]) -> Judged:
        weights = (self._model or shipped()).of(found)
        probability = weights.probability(found)
        threshold = weights.threshold if self._threshold is None else self._threshold
        return Judged(candidate, probability, probability >= threshold, found)

    def _looked_closer(self, question: str, judged: Judged, likeness: Likeness) -> Judged:
        """Hold back a fact about whose subject the question asks something else."""
        weighing, correction = (self._model or shipped()).asked_alike, judged.candidate.known.correction
        if weighing is None or not judged.in_scope or correction.type != "fact":
            return judged
        found = compared(question, correction.question, likeness)
        if found is None:
            return judged
        weights = weighing.named if found[BY_NAME] else weighing.unnamed
        known = replace(judged, features={**judged.features, **found})
        if (probability := weights.probability(found)) >= weights.threshold:
            return known
        return replace(known, probability=min(judged.probability, probability), in_scope=False)


def pairs(question: str, candidates: Sequence[Candidate]) -> list[dict[str, float]]:
    """Return the features of a question with each of its candidates, in competition with the others."""
    asked = Reading(question)
    stored = [Reading(each.known.correction.question) for each in candidates]
    rivals = Rivals([each.topic for each in stored])
    return [
        {
            **features(asked, about, f"{candidate.known.correction.corrected}\n{candidate.known.correction.guidance}"),
            **rivals.features(about.topic, asked.words),
            **_nearness(
                candidate, [each for each in candidates if each is not candidate and not _one_rule(each, candidate)]
            ),
        }
        for candidate, about in zip(candidates, stored, strict=True)
    ]


def _one_rule(one: Candidate, other: Candidate) -> bool:
    """Tell whether two corrections, of two questions, give the same rule: such do not compete."""
    rule = one.known.correction.guidance
    return bool(rule) and rule == other.known.correction.guidance


def _nearness(candidate: Candidate, rivals: Sequence[Candidate]) -> dict[str, float]:
    if candidate.similarity is None:
        return {}
    nearest = max((each.similarity for each in rivals if each.similarity is not None), default=NO_RIVAL)
    margin = candidate.similarity - nearest
    values = (candidate.similarity, max(0.0, candidate.similarity - 0.7), max(-0.3, min(0.5, margin)), margin >= 0)
    return {name: float(value) for name, value in zip(NEARNESS, values, strict=True)}


DEFAULT_GATE: Final[Gate] = LogisticGate()
