"""What every place to keep corrections does in the benchmark of recall: it is filled, opened, and asked."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from benchmarks.store_corpus import AUDIENCES, STATES, Corpus, Query

K: Final = 10
FUSED: Final = 20
"""How many come back where meaning and words are joined."""
_PART: Final = 20_000


class Engine:
    """One package. It is filled in one process and opened in another, so that filling takes nothing from searching."""

    largest: ClassVar[int] = 10**9
    """Above this many corrections it takes too long to fill or to ask."""

    def __init__(self, corpus: Corpus, place: Path) -> None:
        self.corpus = corpus
        self.place = place

    def fill(self) -> None:
        """Put all corrections into it."""

    def open(self) -> dict[str, Callable[[Query], list[int]]]:
        """Return its ways to search, by name; each takes a question and returns rows."""
        raise NotImplementedError

    def close(self) -> None:
        """Close it."""

    def rows(self, part: range) -> Iterator[dict[str, Any]]:
        """Give the columns of some corrections, without their vectors."""
        corpus = self.corpus
        for row in part:
            correction = corpus.correction(row)
            yield {
                "id": row,
                "tenant": int(corpus.tenant[row]),
                "author": int(corpus.user[row]),
                "state": STATES[corpus.state[row]],
                "audience": AUDIENCES[corpus.audience[row]],
                "over": bool(corpus.until[row] == 1),
                "text": f"{correction.question}\n{correction.corrected}",
                "record": correction.model_dump_json(),
            }

    def parts(self, size: int = _PART) -> Iterator[range]:
        """Give all rows in parts."""
        for start in range(0, self.corpus.size, size):
            yield range(start, min(start + size, self.corpus.size))


class Numpy(Engine):
    """No store: a mask and a product of matrices in memory, which is the least that it can cost without an index."""

    def open(self) -> dict[str, Callable[[Query], list[int]]]:
        """Load the vectors."""
        self._vectors = np.array(self.corpus.questions)
        return {"numpy, masked": self.vector}

    def vector(self, query: Query) -> list[int]:
        """By meaning."""
        rows = self.corpus.visible(query)
        near = self._vectors[rows] @ query.vector
        first = np.argpartition(-near, min(K, len(near)) - 1)[:K]
        return rows[first[np.argsort(-near[first])]].tolist()
