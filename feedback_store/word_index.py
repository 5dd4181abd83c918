"""Texts by their words: a question's BM25 scores of all of them in a few additions of arrays.

Imported late, with what is built on it, since it needs numpy.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from math import log1p
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from feedback_store.words import K1, B, words

Floats = NDArray[np.float32]
COMMON: Final = 8
"""A word that at least one text in so many has is kept as a score for every text. Such words are few, and each is in
most questions: adding whole arrays is 20 times as fast as adding at given places."""
WORD_BYTES: Final = 150
"""About what a word takes as text and in the dict."""


class WordIndex:
    """The words of texts that do not change. Scores them as `words.bm25` does, over these same texts.

    Args:
        texts: the texts; one is named by its place among them.

    """

    def __init__(self, texts: Iterable[str]) -> None:
        slots: defaultdict[str, int] = defaultdict(int)
        slots.default_factory = slots.__len__
        found, lengths_found = array("i"), array("i")
        for text in texts:
            each = words(text)
            lengths_found.append(len(each))
            found.extend(map(slots.__getitem__, each))
        self._slots = dict(slots)
        lengths = np.array(lengths_found, np.int64)
        self._size = len(lengths)
        self._average = float(lengths.mean()) if self._size else 0.0

        of_text = np.repeat(np.arange(self._size), lengths)
        pairs, times = np.unique(np.array(found, np.int64) * self._size + of_text, return_counts=True)
        of_word, rows = np.divmod(pairs, max(1, self._size))
        having = np.bincount(of_word, minlength=len(slots))
        self._having = having
        self._rarity = np.log1p((self._size - having + 0.5) / (having + 0.5))
        scores: Floats = (self._rarity[of_word] * _weight(times, lengths[rows] / (self._average or 1))).astype(
            np.float32
        )

        ends = np.cumsum(having)
        self._common: dict[int, Floats] = {}
        for slot in np.flatnonzero(having * COMMON >= self._size).tolist():
            part = slice(ends[slot] - having[slot], ends[slot])
            self._common[slot] = np.zeros(self._size, np.float32)
            self._common[slot][rows[part]] = scores[part]
        rare = having[of_word] * COMMON < self._size
        self._rows = rows[rare].astype(np.int32)
        self._scores = scores[rare]
        self._ends = np.cumsum(np.where(having * COMMON < self._size, having, 0))
        arrays = (self._having, self._rarity, self._rows, self._scores, self._ends, *self._common.values())
        self.nbytes = sum(each.nbytes for each in arrays) + WORD_BYTES * len(slots)

    def scores(self, asked: Collection[str], others: Sequence[Counter[str]] = ()) -> tuple[Floats, list[float]]:
        """Return for each text how well it matches different words: above 0, and 0 where it has none of them.

        Args:
            asked: the words.
            others: texts that are not here, as counted words. How rare a word is, is taken from all of them together,
                how long a text is on average, from those here if there are any.

        Returns:
            The scores of the texts here, and those of the others, comparable with each other.

        """
        size = self._size + len(others)
        average = self._average or sum(counts.total() for counts in others) / max(1, len(others)) or 1.0
        total = np.zeros(self._size, np.float32)
        of_others = np.zeros(len(others), np.float32)  # as exact as those here: of equal texts the ids decide
        for word in asked:
            slot = self._slots.get(word)
            having = sum(word in counts for counts in others) + (0 if slot is None else int(self._having[slot]))
            rarity = log1p((size - having + 0.5) / (having + 0.5))
            own = rarity if slot is None or not others else float(self._rarity[slot])
            share = np.float32(rarity / own)
            for place, counts in enumerate(others):
                if word in counts:
                    of_others[place] += share * np.float32(own * _weight(counts[word], counts.total() / average))
            if slot in self._common:
                total += share * self._common[slot]
            elif slot is not None:
                part = slice(self._ends[slot - 1] if slot else 0, self._ends[slot])
                total[self._rows[part]] += share * self._scores[part]  # a text is there once
        return total, of_others.tolist()


def _weight(times: Any, length: Any) -> Any:
    """Return how much a word that a text has so many times counts; `length` is the text's over the average one's."""
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length))
