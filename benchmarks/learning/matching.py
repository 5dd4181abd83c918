"""Whether a free answer holds what is right: its first sentence, normalised, against every name of the target."""

import re
from collections.abc import Iterable
from typing import Final

from feedback_store.words import words

_ARTICLES: Final = frozenset({"a", "an", "the"})
_MONTHS: Final = frozenset(
    {
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    }
)
_END: Final = re.compile(r"(?P<word>[^\W_]*)[.!?]+[\"')\]]*\s+(?=[\"'(\[]*[A-Z])|\n")
"""The end of a sentence, or not: after an initial or "St." it goes on."""


def first_sentence(text: str) -> str:
    """Return the first sentence of an answer, or its first line where that ends before."""
    stripped = text.strip()
    for end in _END.finditer(stripped):
        if end.group() == "\n" or len(end["word"]) > 3 or not end["word"][:1].isupper():
            return stripped[: end.start()] + end.group().strip()
    return stripped


def holds(answer: str, *targets: str) -> bool:
    """Tell whether the first sentence of `answer` holds one of `targets`, whatever the case, accents and articles.

    A date is found in any order of its parts.
    """
    said = _normal(first_sentence(answer))
    return any(_within(_normal(target), said) for target in targets)


def _normal(text: str) -> list[str]:
    return [word for word in words(text) if word not in _ARTICLES]


def _within(target: list[str], said: list[str]) -> bool:
    if not target:
        return False
    if len(target) > 1 and all(word.isdigit() or word in _MONTHS for word in target):
        return set(target) <= set(said)
    return f" {' '.join(target)} " in f" {' '.join(said)} "


def same(one: str, names: Iterable[str]) -> bool:
    """Tell whether `one` is one of `names`, normalised."""
    return _normal(one) in [_normal(name) for name in names]
