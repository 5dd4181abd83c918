"""The gate's model: logistic weights over the features of a pair, kept in a file with where they come from.

There are two of each kind. Where the corrected question has a name in it ("What is the twin city of Lyon?"), the name
decides; where it has none, the words and the vectors do. A pair is judged with its similarity, or by words alone.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import exp
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

HAS_NAMES: Final = "has_names"
NEARNESS: Final = ("similarity", "similarity_high", "margin", "nearest")
"""The features that pairs without vectors lack."""
SHIPPED: Final = "gate_weights.json"


class InvalidGate(ValueError):  # the name says what is wrong
    """Raised when a file holds no weights of a gate: says what is wrong and what to do."""


class Weights(BaseModel):
    """A logistic model: weights by feature, and the probability from which a pair is in scope."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    weights: Mapping[str, float]
    intercept: float
    threshold: float = Field(ge=0, le=1)

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how probable it is that a pair with these features is in scope."""
        logit = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + exp(-max(-500.0, min(500.0, logit))))


class Weighing(BaseModel):
    """The weights of pairs whose corrected question has a name in it, and of those without."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    named: Weights
    unnamed: Weights

    def of(self, features: Mapping[str, float]) -> Weights:
        """Return the weights for such a pair."""
        return self.named if features[HAS_NAMES] else self.unnamed


class GateModel(BaseModel):
    """What a gate weighs with. Cosines of two embedding models cannot be compared: fit anew for another one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    fitted: str
    """When, on what, with which embedding model."""
    figures: tuple[str, ...] = ()
    """What was measured of it."""
    with_embeddings: Weighing
    words_alone: Weighing
    asked_alike: Weighing | None = None
    """For questions about one thing, by its name or by other words: whether they ask the same of it. None where that is
    not looked at.
    """

    def of(self, features: Mapping[str, float]) -> Weights:
        """Return the weights for such a pair."""
        return (self.with_embeddings if NEARNESS[0] in features else self.words_alone).of(features)

    @classmethod
    def read(cls, path: Path) -> "GateModel":
        """Read a file that `feedback-store gate fit` wrote.

        Raises:
            InvalidGate: the file is no such one, or names features that this version does not know.

        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            msg = f"{path} holds no weights of a gate: write it with `feedback-store gate fit`; {error}"
            raise InvalidGate(msg) from error


@cache
def shipped() -> GateModel:
    """Return the weights that come with this package."""
    return GateModel.model_validate_json((files("feedback_store") / SHIPPED).read_bytes())
