"""What a question and a stored correction have in common, in numbers. Words alone, no model; the gate weighs them.

A question differs from a sibling in one word ("express delivery" for "standard delivery"), from a paraphrase in most.
So what is left over on both sides counts too, most of all while the frame stays the same.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher
from itertools import islice
from math import ceil
from typing import Final

from feedback_store.words import words

MAX_WORDS: Final = 60
"""So much of a long text is compared."""
_LONG_WORD: Final = 20
"""Letters of a long word: what lies behind so many words of such is not even looked at."""
SHORTEST_STEM: Final = 4
FUNCTION_WORDS: Final = frozenset(
    """
    a about after all also am an and another any are as at be been before being both but by can could did do does
    doing don done down each either every few for from get got had has have having he hello help her here hi him
    his how i if in into is isn it its just like ll many may me might mine more most much must my need neither no
    not of off ok on only or other our out over own please re same shall she should so some such thank thanks that
    the their them then there these they this those to too under up us ve very want was we were what when where
    which who whom whose why will with won would yes you your yours
    """.split()  # noqa: SIM905  # a list of a hundred and more strings cannot be read
)
"""Words without a topic. In another language none is known, and every word counts."""
_ASKS: Final = {
    "price": "charge charged cheap cheaper cost costs euros expensive fee fees free pay price rate",
    "time": "date days deadline duration early fast hours late long quick quickest quickly schedule soon time until "
    "when",
    "place": "address location office place where",
    "amount": "limit many maximum minimum number",
}
_ASKS_OF: Final = {word: kind for kind, listed in _ASKS.items() for word in listed.split()}
_TOKEN: Final = re.compile(r"[^\W_]+")
_SPOKEN_OF: Final = re.compile(r"['\u2019]s\b|,|\s+(?:is|was|are|were|has|had)\b")


class Reading:
    """A text as it is compared: its first words, those that tell the topic, the names, and what it asks for."""

    def __init__(self, text: str) -> None:
        self.words = some_words(text)
        self.topic = _topic(self.words)
        self.names = _names(text)
        self.kinds = {_ASKS_OF[word] for word in self.words if word in _ASKS_OF}


def features(question: str | Reading, about: str | Reading, right: str) -> dict[str, float]:
    """Compare a question with a correction.

    Args:
        question: the question asked.
        about: the question that the correction corrects.
        right: what would have been right: the answer, the rule, or both.

    Returns:
        Shares from 0 to 1, and flags that are 0 or 1, by name.

    """
    asked = question if isinstance(question, Reading) else Reading(question)
    stored = about if isinstance(about, Reading) else Reading(about)
    told = {*stored.words, *some_words(right, 2 * MAX_WORDS)}
    topic, target = asked.topic, stored.topic
    only_asked, only_stored = missing(topic, target), missing(target, topic)
    foreign, absent = missing(asked.names, told), missing(stored.names, asked.words)
    named = bool(asked.names or stored.names) and not foreign and not absent
    replaced = float(bool(only_asked) and bool(only_stored))
    frame, swapped = _frame(asked.words, stored.words, only_asked | only_stored)
    kinds, wanted = asked.kinds, stored.kinds
    return {
        "asked_covered": 1 - len(missing(topic, target | told)) / len(topic) if topic else 0.0,
        "stored_covered": 1 - len(only_stored) / len(target) if target else 0.0,
        "frame": frame,
        "same_words": float(bool(topic) and not only_asked and not only_stored),
        "only_more_asked": float(bool(only_asked) and not only_stored),
        "names_agree": float(named),
        "names_clash": float(bool(foreign) and bool(absent)),
        "name_absent": float(bool(absent)),
        "replaced": replaced * (1 - named),
        "replaced_in_frame": max(0.0, frame - 0.4) * replaced * (1 - named),
        "swapped_in_frame": max(0.0, frame - 0.4) * swapped * (1 - named),
        "swapped": float(swapped) * (1 - named),
        "replaced_but_named": replaced * named,
        "asks_nothing_known": float(bool(wanted) and not kinds),
        "asks_another_thing": float(bool(kinds) and bool(wanted) and not kinds & wanted),
        "left_over": min(len(only_stored), 4) / 4,
        **_named(asked, stored.names, told),
    }


def _named(asked: Reading, names: set[str], told: Collection[str]) -> dict[str, float]:
    """Compare the names letter by letter, for Kuhmo is not Kuhmoinen; only a possessive s is let off."""
    there = {*asked.words, *(word.removesuffix("s") for word in asked.words), *(f"{word}s" for word in asked.words)}
    gone = names - there
    return {
        "has_names": float(bool(names)),
        "names_there": float(bool(names) and not gone),
        "names_share": 1 - len(gone) / len(names) if names else 0.5,
        "names_gone": float(bool(names) and gone == names),
        "names_foreign": len(asked.names.difference(told)) / len(asked.names) if asked.names else 0.0,
    }


def some_words(text: str, most: int = MAX_WORDS) -> list[str]:
    """Return the first words of a text, so many that a question is told by them."""
    return words(text[: most * _LONG_WORD])[:most]


def missing(wanted: Iterable[str], present: Collection[str]) -> set[str]:
    """Return the words of `wanted` that have no like in `present`: "delivered" is like "delivery"."""
    left = set(wanted).difference(present)
    starts: dict[str, list[str]] = {}
    for word in present if left else ():
        starts.setdefault(word[:SHORTEST_STEM], []).append(word)
    return {word for word in left if not any(_alike(word, other) for other in starts.get(word[:SHORTEST_STEM], ()))}


def topic_words(text: str) -> set[str]:
    """Return the words of a text that tell its topic."""
    return _topic(some_words(text))


def _topic(found: Sequence[str]) -> set[str]:
    """Leave out the function words, except from a text that has no others: "Who are you?"."""
    return set(found) - FUNCTION_WORDS or set(found)


def _alike(one: str, other: str) -> bool:
    """Tell whether two different words begin alike: 7 letters of 10, and 4 at least."""
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    stem = max(SHORTEST_STEM, ceil(0.7 * len(shorter)))
    return len(longer) - len(shorter) <= 4 and len(shorter) >= stem and shorter[:stem] == longer[:stem]


def _names(text: str) -> set[str]:
    """Return what looks like a name or a number: capitals that do not open the text, and anything with a digit.

    A capital that opens it counts where it is spoken of ("Kemira is based in", "Lyon's twin city") or a name goes on
    ("Alex Cline plays").
    """
    text = text[: MAX_WORDS * _LONG_WORD]
    tokens = list(islice(_TOKEN.finditer(text), MAX_WORDS))
    spoken_of = bool(tokens) and bool(
        _SPOKEN_OF.match(text, tokens[0].end()) or (len(tokens) > 1 and tokens[1][0][0].isupper())
    )
    return {
        word
        for place, token in enumerate(tokens)
        if ((place > 0 or spoken_of) and token[0][0].isupper()) or any(map(str.isdigit, token[0]))
        for word in words(token[0])
        if word not in FUNCTION_WORDS
    }


def _frame(one: Sequence[str], other: Sequence[str], left: set[str]) -> tuple[float, bool]:
    """Align two texts by their common words.

    Returns:
        How much of both is common and in one order, and whether words left over stand in the same gap of both.

    """
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    common = sum(end - start for kind, start, end, _, _ in steps if kind == "equal")
    swapped = any(
        kind == "replace" and not left.isdisjoint(one[a:b]) and not left.isdisjoint(other[c:d])
        for kind, a, b, c, d in steps
    )
    return (2 * common / (len(one) + len(other)) if one or other else 0.0), swapped
