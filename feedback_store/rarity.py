"""Which words of a correction tell it from its rivals, and does the question have them?

The store finds twenty that are near. What they have in common ("the twin city of") is how such a thing is asked for;
what only one of them has ("Lyon") is what it is about. So a word weighs by how few of the rivals have it, as in a
search by words (inverse document frequency, Sparck Jones 1972).
"""

from collections import Counter
from collections.abc import Collection, Sequence
from math import log

from feedback_store.pair_features import missing


class Rivals:
    """The questions of the candidates for one question, as words; `topics` are those that tell what each is about."""

    def __init__(self, topics: Sequence[set[str]]) -> None:
        self._size = len(topics)
        self._having = Counter(word for topic in topics for word in topic)

    def weight(self, word: str) -> float:
        """Return how much a word tells, from 0 (nearly all have it) to 1 (none has it)."""
        return log((self._size + 1) / (self._having[word] + 0.5)) / log((self._size + 1) / 0.5)

    def features(self, topic: Collection[str], asked: Collection[str]) -> dict[str, float]:
        """Compare a candidate, by the words of its topic, with the words of the question: shares from 0 to 1."""
        absent = missing(topic, asked)
        weights = {word: max(0.0, self.weight(word)) for word in topic}
        whole = sum(weights.values())
        own = {word for word in topic if self._having[word] == 1}
        return {
            "rare_covered": 1 - sum(weights[word] for word in absent) / whole if whole else 1.0 - bool(absent),
            "rarest_absent": max((weights[word] for word in absent), default=0.0),
            "rarest_common": max((weight for word, weight in weights.items() if word not in absent), default=0.0),
            "own_word_common": float(bool(own - absent)),
            "own_words_absent": float(bool(own) and own <= absent),
        }
