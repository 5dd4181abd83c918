"""Do two questions that name the same thing ask the same of it? ("How deep is Lake Vennis?", "Where is Lake Vennis?")

A name fills most of such questions, so that their vectors are near whatever is asked. Here the name is put aside: what
is left is compared by meaning, and by the kind of answer that the words ask for. Only questions are compared that have
an English question word; a sentence to complete ("Lake Vennis is known for") does not say what it asks.
"""

import re
from collections.abc import Callable
from typing import Final

from feedback_store.pair_features import Reading, missing, some_words
from feedback_store.words import words

Likeness = Callable[[str, str], float | None]
"""How alike two texts are in meaning: a cosine, -1 to 1; None where that cannot be told."""
MOST: Final = 1_200
"""So many characters of each are compared: 200 words."""
LEFT_ALIKE: Final = "left_alike"
FEATURES: Final = (LEFT_ALIKE, "answers_differ", "one_answer_known")
_ASKING: Final = frozenset("how what when where which who whom whose why".split())  # noqa: SIM905  # as below
_ANSWERS: Final = {
    "time": "century date day deadline when year",
    "place": "birthplace born capital city continent country headquarters located location place state town where",
    "amount": "big deep far heavy high large many much number population tall wide",
    "person": "who whom whose",
}
_ANSWER_OF: Final = {word: kind for kind, listed in _ANSWERS.items() for word in listed.split()}
_TOKEN: Final = re.compile(r"[^\W_]+")
_WITHIN_A_NAME: Final = re.compile(r"[\W_]*(?:(?:and|de|der|for|in|of|the|von)[\W_]+)?")
_PUT_ASIDE: Final = "it"


def compared(question: str, about: str, likeness: Likeness) -> dict[str, float] | None:
    """Compare what two questions ask of the thing that both name.

    Args:
        question: the question asked.
        about: the question that a correction corrects.
        likeness: how alike two texts are.

    Returns:
        The cosine of what is left of both, and flags that are 0 or 1, by name. None where the two name nothing in
        common, where one does not say what it asks, and where `likeness` cannot tell.

    """
    if not _asks(question) or not _asks(about):
        return None
    question, about = question[:MOST], about[:MOST]
    asked, stored = Reading(question), Reading(about)
    named = asked.names - missing(asked.names, stored.words) | stored.names - missing(stored.names, asked.words)
    if not named:
        return None
    one, other = _without(named, question), _without(named, about)
    alike = 1.0 if words(one) == words(other) else likeness(one, other)
    if alike is None:
        return None
    wanted, told = _answers(one), _answers(other)
    values = (alike, bool(wanted and told) and wanted.isdisjoint(told), bool(wanted) != bool(told))
    return {name: float(value) for name, value in zip(FEATURES, values, strict=True)}


def _asks(text: str) -> bool:
    """Tell a question from a sentence that has such a word somewhere: "The town where Vennis was born is"."""
    found = some_words(text)
    return not _ASKING.isdisjoint(found if text.rstrip().endswith("?") else found[:1])


def _without(named: set[str], text: str) -> str:
    """Put a pronoun in the place of each name: "When was the Bank of Vennis founded?", "When was the it founded?"."""
    places: list[list[int]] = []
    for token in _TOKEN.finditer(text):
        if named.isdisjoint(words(token[0])):
            continue
        if places and _WITHIN_A_NAME.fullmatch(text, places[-1][1], token.start()):
            places[-1][1] = token.end()
        else:
            places.append([token.start(), token.end()])
    for start, end in reversed(places):
        text = f"{text[:start]}{_PUT_ASIDE}{text[end:]}"
    return text


def _answers(text: str) -> set[str]:
    """Return the kinds of answer that a text asks for; most often none is told."""
    return {_ANSWER_OF[word] for word in words(text) if word in _ANSWER_OF}
