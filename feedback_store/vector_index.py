"""Pairs of unit vectors, searched for the nearest on one core and with little memory traffic.

Imported late, with what is built on it, since it needs numpy.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Places = NDArray[np.intp]
LEADING: Final = 3
"""A first look takes one in so many directions."""
FIRST_LOOK: Final = 1_500
"""Rows from which a first look saves more than it costs."""
SHORTLIST: Final = 256
"""Rows that are compared in full after a first look, or one in a hundred. With questions and answers of public data
sets in all-MiniLM-L6-v2, of which the leading third of directions holds 79 %, 99.9 % of the 10 nearest were among them
of 10,000 rows, and 99.8 % of 50,000."""
HOLDS: Final = 0.7
"""The share of the squares that the leading directions must hold; less, and there is no first look."""
SAMPLE: Final = 4_000
"""Vectors from which the leading directions are taken."""
ALONE: Final = 9_000
"""OpenBLAS multiplies a matrix of fewer numbers (2304 * 4, interface/gemv.c) on the calling thread. For more it wakes
others, which then wait for work at full speed: 20 times the CPU of the product was measured."""
NOWHERE: Final = -np.inf
"""The similarity of a row without vectors."""


class VectorIndex:
    """Two unit vectors for each row; a question's similarity to a row is the larger cosine.

    Memory traffic is what a search costs. So among many rows the first look is at the leading directions alone, those
    in which the vectors are longest (principal components, uncentred); the most promising rows are compared in full.

    Args:
        vectors: (rows, 2, dimension); all zeros for a row that has none.

    """

    def __init__(self, vectors: Floats) -> None:
        self.dimension = vectors.shape[2]
        self._vectors = vectors
        present = vectors.any(axis=(1, 2))
        self._absent = None if present.all() else np.where(present, 0, NOWHERE).astype(np.float32)
        self._directions = _leading(vectors) if len(vectors) >= FIRST_LOOK else None
        self._led = None if self._directions is None else _seen_along(self._directions, vectors)
        self.nbytes = vectors.nbytes + (0 if self._led is None else self._led.nbytes)

    def promising(self, asked: Doubles, runs: Sequence[slice]) -> Floats:
        """Return about how near the rows of the runs are, one run after the other; `NOWHERE` without vectors."""
        held, sought = self._vectors, asked.astype(np.float32)
        if self._directions is not None and self._led is not None and _count(runs) >= FIRST_LOOK:
            held, sought = self._led, _products(self._directions, sought)
        return np.concatenate([self._near(held[run], sought, run) for run in runs])

    def shortlist(self, runs: Sequence[slice], wanted: int) -> int:
        """Return how many of the promising rows are to be compared in full so that those wanted are among them."""
        rows = _count(runs)
        looks = self._directions is not None and rows >= FIRST_LOOK
        return max(SHORTLIST, rows // 100, wanted) if looks else wanted

    def near(self, asked: Doubles, rows: Places) -> Floats:
        """Return how near some rows are, to five digits."""
        return self._near(self._vectors[rows], asked.astype(np.float32), rows)

    def similarities(self, asked: Doubles, rows: Places) -> Doubles:
        """Return the exact similarities of some rows; `NOWHERE` for one without vectors."""
        near = larger_cosine(self._vectors[rows], asked)
        return near if self._absent is None else near + self._absent[rows]

    def _near(self, pairs: Floats, sought: Floats, rows: Places | slice) -> Floats:
        both = _products(pairs.reshape(-1, len(sought)), sought)
        near: Floats = np.maximum(both[::2], both[1::2]).round(5)  # equal vectors are equally near wherever they lie
        return near if self._absent is None else near + self._absent[rows]


def larger_cosine(pairs: Floats, asked: Doubles) -> Doubles:
    """Return for pairs of unit vectors (rows, 2, dimension) the larger cosine, the same wherever a row lies."""
    return np.einsum("rpd,d->rp", pairs.astype(np.float64), asked).max(axis=1, initial=NOWHERE)


def _leading(vectors: Floats) -> Floats | None:
    """Return the leading directions (third of the dimension, dimension); None where they hold too little to go by."""
    flat = vectors.reshape(-1, vectors.shape[2])
    sample = flat[:: max(1, len(flat) // SAMPLE)]
    squares, directions = np.linalg.eigh(sample.T @ sample)  # smallest first
    leading = len(squares) // LEADING
    holds = squares[-leading:].sum() >= HOLDS * squares.sum() > 0
    return np.ascontiguousarray(directions[:, -leading:].T, np.float32) if leading and holds else None


def _count(runs: Sequence[slice]) -> int:
    return sum(run.stop - run.start for run in runs)


def _seen_along(directions: Floats, vectors: Floats) -> Floats:
    """Return the vectors' (rows, 2) parts along each direction."""
    flat = vectors.reshape(-1, vectors.shape[2]) @ directions.T
    return flat.reshape(len(vectors), 2, len(directions))


def _products(matrix: Floats, vector: Floats) -> Floats:
    """Return `matrix @ vector`, in pieces that one thread multiplies."""
    width = len(vector)
    piece = max(1, ALONE // width)
    whole = len(matrix) // piece * piece
    pieces = matrix[:whole].reshape(-1, piece, width) @ vector
    return np.concatenate([pieces.ravel(), matrix[whole:] @ vector])
