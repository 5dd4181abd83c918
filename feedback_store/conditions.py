"""Does the condition of a correction hold for a question? ("the customer asks about gift cards or vouchers")

Words alone, English and German: it holds where one of the things that it names is in the question, or where the
question quotes it. What it names in other words is found by the gate, from the question that was corrected.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from feedback_store.pair_features import FUNCTION_WORDS, missing, some_words

_FRAME: Final = frozenset(
    """
    answer answers ask asked asking asks case cases concern concerning concerns customer customers discuss mention
    mentioned mentions people person question questions regarding reply request requests requesting somebody someone
    speak speaks talk talking talks topic user users want wanting wants word words write writes
    antwort antworten bei betrifft das dem den der die ein eine einem einen es fall fragen frage fragt geht im in
    jemand kunde kunden kundin man mit nach oder sich spricht thema um und von wenn wer wird zu zum zur über uber
    """.split()  # noqa: SIM905  # a list of a hundred and more strings cannot be read
)
"""Words by which a condition says that it is about a question, and not about what."""
_OR: Final = re.compile(r"[,;/\n]|\b(?:or|oder)\b", re.IGNORECASE)
_QUOTED: Final = 2
_QUOTED_OF_FUNCTION_WORDS: Final = 3
"""Words that a quotation has at least: fewer are no more than words in common ("what is")."""
_MENTION: Final = re.compile(r'<[^<>]+>|"[^"]+"|“[^“”]+”|„[^„“”]+[“”]|«[^«»]+»|`[^`]+`')
_MENTIONED: Final = "0mentioned0"
_GAP: Final = 4
"""Words that may stand inside a quotation: what a phrasing is about often does ("use <a long name> in a sentence")."""


class Closeness(IntEnum):
    """How surely a condition holds."""

    NAMED = 0
    """All that it names is in the question."""
    QUOTED = 1
    """The question quotes it."""
    ASKED_BEFORE = 2
    """The question is the one on which it was said, but for words that both only mention."""


@dataclass(frozen=True)
class Held:
    """How a condition holds: how surely, and the places of the question's words on which that rests."""

    closeness: Closeness
    places: frozenset[int]

    def within(self, other: "Held") -> bool:
        """Tell whether these are but some of the words on which another rests more surely."""
        return self.closeness < other.closeness and self.places < other.places


def held(condition: str, question: str) -> Held | None:
    """Return how a condition holds for a question, by the alternative for which most of its words speak; or None."""
    asked = some_words(question)
    every = [found for part in _OR.split(condition) if (found := _held(some_words(part), asked))]
    return max(every, key=lambda each: (each.closeness, len(each.places)), default=None)


def held_as_before(said: str, question: str, before: str) -> Held | None:
    """Return how what was said on one question holds for another that differs from it in words which it only mentions.

    *Use "lamp" in a line* and *Use "oak tree" in a line* are such, unless the lamp is spoken of in what was said.
    """
    asked, taught = (some_words(_MENTION.sub(f" {_MENTIONED} ", text)) for text in (question, before))
    if _MENTIONED not in asked or asked != taught or len(asked) <= _QUOTED:
        return None
    if (spoken_of := _mentioned(before)) != missing(spoken_of, some_words(said)):
        return None
    mentioned = _mentioned(question)
    places = frozenset(place for place, word in enumerate(some_words(question)) if word not in mentioned)
    return Held(Closeness.ASKED_BEFORE, places)


def _mentioned(text: str) -> set[str]:
    return {word for each in _MENTION.findall(text) for word in some_words(each)}


def _held(wanted: Sequence[str], asked: Sequence[str]) -> Held | None:
    telling = [word for word in wanted if word not in _FRAME]
    topic = {*telling} - FUNCTION_WORDS
    if len(telling) >= (_QUOTED if topic else _QUOTED_OF_FUNCTION_WORDS) and (places := _quotation(wanted, asked)):
        return Held(Closeness.QUOTED, places)
    if not topic or missing(topic, asked):
        return None
    return Held(Closeness.NAMED, frozenset(place for place, word in enumerate(asked) if not missing([word], topic)))


def _quotation(wanted: Sequence[str], asked: Sequence[str]) -> frozenset[int]:
    """Return the places at which all the words stand in their order, with one gap at most; none where they do not."""
    for start in range(len(asked) - len(wanted) + 1):
        first = next((n for n, word in enumerate(wanted) if asked[start + n] != word), len(wanted))
        if first == len(wanted):
            return frozenset(range(start, start + first))
        rest = list(wanted[first:])
        for gap in range(1, _GAP + 1) if first else ():
            there = start + first + gap
            if list(asked[there : there + len(rest)]) == rest:
                return frozenset((*range(start, start + first), *range(there, there + len(rest))))
    return frozenset()
