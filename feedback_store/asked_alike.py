"""Do two questions about one thing ask the same of it? ("How deep is Lake Vennis?", "Where is Lake Vennis?")

What they have in common fills most of such questions, so that their vectors are near whatever is asked. Here it is put
aside: the name that both have, or else the words. What is left is compared by meaning, and by the kind of answer that
is asked for. Only questions are compared; a sentence to complete ("Lake Vennis is known for") does not say what it
asks.
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
BY_NAME: Final = "common_name"
FEATURES: Final = (LEFT_ALIKE, "answers_differ", "one_answer_known")
_ASKING: Final = frozenset("how what when where which who whom whose why".split())  # noqa: SIM905  # as below
_YES_OR_NO: Final = frozenset(
    "are can could did do does has have is may must shall should were will would".split()  # noqa: SIM905
)
"""How an English question begins that is answered by yes or no. "Was" is left out: in German it opens others."""
_ANSWERS: Final = {
    kind: re.compile(rf"\b(?:{pattern})\b")
    for kind, pattern in {
        "way": "how (?:can|could|do|may|must|should|to)|what (?:do i do|do i (?:have|need) to do|are the steps)",
        "time": "when|century|date|day|deadline|year|how (?:frequently|long|often|old|quickly|soon)"
        "|(?:what|which) times?|(?:opening|visiting) hours"
        "|how many (?:seconds|minutes|hours|days|weeks|months|years)",
        "place": "where|birthplace|born|capital|headquarters|located|location|place"
        "|(?:what|which) (?:city|continent|country|state|town)",
        "amount": "how (?:big|deep|far|fast|heavy|high|hot|large|loud|many|much|tall|warm|wide)|costs?|limit|maximum"
        "|minimum|number|population|price|size",
        "person": "who|whom|whose|author",
        "reason": "why",
    }.items()
}
_TOKEN: Final = re.compile(r"[^\W_]+")
_WITHIN_A_NAME: Final = re.compile(r"[\W_]*(?:(?:and|de|der|for|in|of|the|von)[\W_]+)?")
_PUT_ASIDE: Final = "it"


def compared(question: str, about: str, likeness: Likeness) -> dict[str, float] | None:
    """Compare what two questions ask of the thing that both are about.

    Args:
        question: the question asked.
        about: the question that a correction corrects.
        likeness: how alike two texts are.

    Returns:
        The cosine of what is left of both, and flags that are 0 or 1, by name. None where the two have nothing in
        common, where one does not say what it asks, and where `likeness` cannot tell.

    """
    if not _asks(question) or not _asks(about):
        return None
    question, about = question[:MOST], about[:MOST]
    asked, stored = Reading(question), Reading(about)
    named = _common(asked.names, stored.words) | _common(stored.names, asked.words)
    aside = named or _common(asked.topic, stored.words) | _common(stored.topic, asked.words)
    if not aside:
        return None
    one, other = _without(aside, question), _without(aside, about)
    alike = 1.0 if words(one) == words(other) else likeness(one, other)
    if alike is None:
        return None
    wanted, told = _answers(one), _answers(other)
    values = (alike, bool(wanted and told) and wanted.isdisjoint(told), bool(wanted) != bool(told))
    found = {name: float(value) for name, value in zip(FEATURES, values, strict=True)}
    return found | {BY_NAME: float(bool(named))}


def _common(some: set[str], present: list[str]) -> set[str]:
    return some - missing(some, present)


def _asks(text: str) -> bool:
    """Tell a question from a sentence that has such a word somewhere: "The town where Vennis was born is"."""
    found = some_words(text)
    asks = not _ASKING.isdisjoint(found if text.rstrip().endswith("?") else found[:1])
    return asks or not _YES_OR_NO.isdisjoint(found[:1])


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
    """Return the kinds of answer that a text asks for; often none is told."""
    text = text.casefold()
    return {kind for kind, pattern in _ANSWERS.items() if pattern.search(text)}
