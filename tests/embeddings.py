"""Embedding models for tests: a small real one, and ones that fail in the ways that models do."""

import zlib
from itertools import pairwise
from math import cos, radians, sin


class TrigramEmbeddings:
    """Counts of hashed letter trigrams: texts with many common word parts are near."""

    def __init__(self, dimension: int = 64, *, model: str = "trigrams-1") -> None:
        self.dimension = dimension
        self.model = model

    def embed_query(self, text: str) -> list[float]:
        counts = [0.0] * self.dimension
        padded = f"  {text.lower()} "
        for first, second in pairwise(pairwise(padded)):
            counts[zlib.crc32(repr((first, second)).encode("utf-8", "replace")) % self.dimension] += 1.0
        return counts

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


class PlacedEmbeddings:
    """Puts each text where the test wants it, by its first word: degrees in the plane, else 180."""

    def embed_query(self, text: str) -> list[float]:
        word = text.split(maxsplit=1)[0]
        angle = radians(float(word) if word.isdigit() else 180)
        return [cos(angle), sin(angle)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text.rsplit("\n", maxsplit=1)[-1]) for text in texts]


class FaultyEmbeddings(TrigramEmbeddings):
    """Fails while `fault` is set: by raising, by a vector that is no vector, or by one of another dimension."""

    fault: str | None = None

    def embed_query(self, text: str) -> list[float]:
        if self.fault == "raises":
            msg = "the model is out of reach"
            raise ConnectionError(msg)
        vector = super().embed_query(text)
        faulty = {"nan": [float("nan"), *vector[1:]], "zero": [0.0] * len(vector), "short": vector[:-1], "empty": []}
        return faulty[self.fault] if self.fault else vector
