"""Texts to unit vectors, by the embedding model that the app brings; a model that fails never costs a record."""

import logging
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import isfinite, sqrt
from operator import mul

from feedback_store.events import Correction
from feedback_store.store import Embeddings

log = logging.getLogger(__name__)
RECENT = 4_096
"""Texts whose vectors are kept: 6 MB with 384 numbers each."""
Vector = list[float]
Pair = tuple[Vector, Vector]
"""Of a correction's question, and of its question and answer."""


class Embedder:
    """Wraps an embedding model: unit vectors of one dimension, or None where the model gave none that can be used."""

    def __init__(self, embeddings: Embeddings, *, name: str | None = None) -> None:
        self._embeddings = embeddings
        self.name = name or _name_of(embeddings)
        self.dimension: int | None = None
        """How many numbers a vector has: that of the first one, or what the store already has."""
        self._recent = lru_cache(maxsize=RECENT)(self._known)

    def probe(self) -> int | None:
        """Ask the model for its dimension; None while it does not answer."""
        self.question("dimension")
        return self.dimension

    def question(self, text: str) -> Vector | None:
        """Return the vector of a question."""
        try:
            return self._unit(self._embeddings.embed_query(text))
        except Exception as error:
            _log_failure("a question, going on by words alone", error)
            return None

    def correction(self, correction: Correction) -> Pair | None:
        """Return the vectors of its question and of question and answer, or None where one of them cannot be had.

        The question is embedded as one is when it is asked, so that the same question is at cosine 1.
        """
        question = self.question(correction.question)
        try:
            both = self._unit(self._embeddings.embed_documents([pair_text(correction)])[0])
        except Exception:
            log.warning(
                "the embedding model failed on a correction, it is found by words until it works", exc_info=True
            )
            return None
        return (question, both) if question and both else None

    def likeness(self, one: str, other: str) -> float | None:
        """Return the cosine of two texts, -1 to 1; None where one of them has no vector. The latest texts are kept."""
        try:
            return sum(map(mul, self._recent(one), self._recent(other)))
        except LookupError:
            return None

    def forget(self) -> None:
        """Let go of the texts that are kept, as after an erasure."""
        self._recent.cache_clear()

    def _known(self, text: str) -> "array[float]":
        """Return the vector of a text in a form that takes little room; what the model failed on is not kept."""
        if (vector := self.question(text)) is None:
            raise LookupError(text)
        return array("f", vector)

    def _unit(self, vector: Sequence[float]) -> Vector | None:
        numbers = [float(number) for number in vector]
        length = sqrt(sum(map(mul, numbers, numbers)))
        if self.dimension not in (None, len(numbers)):
            log.warning("the embedding model gave %d numbers, the store has %d: not used", len(numbers), self.dimension)
            return None
        if not isfinite(length) or not length:
            log.warning("the embedding model gave a vector without direction (zero or not finite): not used")
            return None
        self.dimension = len(numbers)
        return [number / length for number in numbers]


def packed(vector: Vector) -> bytes:
    """Return a vector as 32-bit floats, as precise as the tables keep it."""
    return array("f", vector).tobytes()


def floats(packed: bytes) -> Vector:
    """Return the vector that was packed."""
    return array("f", packed).tolist()


def pair_text(correction: Correction) -> str:
    """Return the question with what would have been right, and when that holds, as it is embedded and searched."""
    parts = (correction.question, correction.corrected, correction.guidance, correction.condition)
    return "\n".join(part for part in parts if part)


def similarity(asked: Vector | None, vectors: Iterable[Vector]) -> float | None:
    """Return the largest cosine between unit vectors; None where one side has none."""
    return max((sum(map(mul, asked, vector)) for vector in vectors), default=None) if asked else None


def _log_failure(on: str, error: Exception) -> None:
    """Log without the error's text, which can hold keys and people's words, unless debugging is asked for."""
    name = type(error).__name__
    log.warning("the embedding model failed with %s on %s", name, on, exc_info=log.isEnabledFor(logging.DEBUG))


def _name_of(embeddings: Embeddings) -> str:
    model = next(
        (name for field in ("model", "model_name") if isinstance(name := getattr(embeddings, field, None), str)), None
    )
    return f"{type(embeddings).__name__}:{model}" if model else type(embeddings).__name__
