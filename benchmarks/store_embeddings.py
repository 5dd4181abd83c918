"""Embeddings that are there already, so that a benchmark of a store does not time a model."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.store_corpus import DIMENSION, Floats


class Prepared:
    """Knows the vectors of some texts; each other text has one and the same."""

    def __init__(self, vectors: Mapping[str, Floats] | None = None) -> None:
        self._vectors: Mapping[str, Floats] = {} if vectors is None else vectors
        self._unknown = np.eye(1, DIMENSION, dtype=np.float32)[0]

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of texts."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a text."""
        return self._vectors.get(text, self._unknown).tolist()
