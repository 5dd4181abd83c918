"""Words of a text in any script, and how well they match a question: BM25 (Robertson and Zaragoza 2009)."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from math import log
from typing import Final

K1: Final = 1.2
B: Final = 0.75
_WORD: Final = re.compile(r"[぀-ヿ㐀-鿿豈-﫿]|[^\W぀-ヿ㐀-鿿豈-﫿]+")
"""A run of letters and digits; each kana or Han character is a word of its own, since such text has no spaces."""


def words(text: str) -> list[str]:
    """Return the words of a text without case and accents, in order."""
    plain = text.casefold()
    if not plain.isascii():  # which has no accents, and is most of what is indexed
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _WORD.findall(plain)


def bm25(question: str, documents: Mapping[str, Counter[str]]) -> dict[str, float]:
    """Score documents, given as counted words by id, against a question; those without a common word are left out."""
    average = sum(counts.total() for counts in documents.values()) / len(documents) if documents else 0
    scores: dict[str, float] = defaultdict(float)
    for word in set(words(question)):
        having = {key: counts[word] for key, counts in documents.items() if word in counts}
        weight = log(1 + (len(documents) - len(having) + 0.5) / (len(having) + 0.5))
        for key, count in having.items():
            length = documents[key].total() / average
            scores[key] += weight * count * (K1 + 1) / (count + K1 * (1 - B + B * length))
    return dict(scores)
