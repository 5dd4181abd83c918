"""Whether an approved answer may be served as it is, with no model in between: only to the very question it answers.

Which words of a question may differ is a judgement, and a wrong one would serve a wrong answer as a verified one. So a
paraphrase never gets it, and a question that does not say by itself what it is about never does either.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from feedback_store.events import Turn
from feedback_store.follow_up import is_follow_up
from feedback_store.kinds import MANNERS
from feedback_store.pair_features import FUNCTION_WORDS
from feedback_store.recall import Recalled
from feedback_store.standing import KnownCorrection
from feedback_store.words import words

VERIFIED_TAG: Final = "verified-answer"
"""The tag of a turn whose answer was an approved one, served as it is."""
SHORT: Final = 4
"""In a conversation, up to so many words are taken to go on from what was said: "How long for children?"."""

_OPENS: Final = frozenset("aber also and auch but or oder then und".split())  # noqa: SIM905  # a list of words
_REFERS: Final = frozenset(
    """
    it its they them their theirs this that these those he him his she her hers one ones same former latter previous
    dies diese dieser dieses davon dafur damit daran dazu
    """.split()  # noqa: SIM905
)
"""Words that stand for something said before. English "it" need not, but nobody can tell without the conversation."""
_TOKEN: Final = re.compile(r"\w+")
_RELATIVE: Final = re.compile(r"\b(?:[Tt]he|[Aa]n?|of) (?:\w+ that (?=\w)|(?:\w+ ){2,3}that (?=[A-Z]))")
"""*The war that she fought in*, *the noble family that Princess Elisabeth was from*: it points to nothing before."""
_NEGATIVE: Final = re.compile(r"(?<!\w)[-\u2212](?=\d)")
_SIGNS: Final = frozenset("#%&@*")


def verified_answer(question: str, recalled: Sequence[Recalled]) -> Recalled | None:
    """Return the correction whose text is the answer to `question`; None where a model has to answer.

    It is approved, is a fact without a condition, holds a full answer, and its question is the same but for case,
    accents, punctuation and white space. Nothing else in `recalled` has to be heard by a model: no rule, no style of
    the reader's own, and no correction that waits for its approval, which can only be the reader's own. The styles that
    were approved for all do not stand in the way: so was the answer.
    """
    if not self_contained(question) or any(_has_to_be_heard(each.known) for each in recalled):
        return None
    return next((each for each in recalled if _answers(each, question)), None)


def served_verified(turn: Turn) -> bool:
    """Tell whether the answer of a turn was an approved one, served as it is."""
    return VERIFIED_TAG in turn.tags


def self_contained(question: str, *, in_conversation: bool = False) -> bool:
    """Tell whether a question says by itself what it is about; "How long does it take?" does not.

    In a conversation "Express delivery?" does not either, which as its first words is a question in shorthand.
    """
    asked = words(question)
    if not set(asked) - FUNCTION_WORDS or asked[0] in _OPENS or _refers(question):
        return False
    return not (in_conversation and (len(asked) <= SHORT or is_follow_up(question)))


def _refers(question: str) -> bool:
    tokens = _TOKEN.findall(_RELATIVE.sub(" ", question))
    return any(
        not _REFERS.isdisjoint(words(token)) and not _is_of_a_name(tokens, place) for place, token in enumerate(tokens)
    )


def _is_of_a_name(tokens: Sequence[str], place: int) -> bool:
    """Tell whether a word stands in a name, beside another of its words: "One" in *Who owns One Washington Park?*"""
    beside = (tokens[near] for near in (place - 1, place + 1) if 0 < near < len(tokens))
    return place > 0 and _has_capital(tokens[place]) and any(map(_has_capital, beside))


def _has_capital(token: str) -> bool:
    return token[0].isupper() and not token.isupper()


def _has_to_be_heard(known: KnownCorrection) -> bool:
    if known.state != "active":
        return True
    if known.correction.type in MANNERS:
        return known.audience == "author"
    return known.correction.type != "fact"


def _answers(recalled: Recalled, question: str) -> bool:
    correction = recalled.known.correction
    fact = correction.type == "fact" and not correction.condition
    whole = fact and correction.corrected.strip() and correction.span is None
    return bool(whole) and _same(question, correction.question)


def _same(one: str, other: str) -> bool:
    return words(one) == words(other) and _signs(one) == _signs(other)


def _signs(text: str) -> list[str]:
    """Return the signs that tell one question from another: C# from C++, -5 from 5, 10 % from 10 €."""
    found = ["-"] * len(_NEGATIVE.findall(text))
    return found + [sign for sign in text if sign in _SIGNS or unicodedata.category(sign) in ("Sc", "Sm")]
