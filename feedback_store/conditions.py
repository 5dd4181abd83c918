"""Does the condition of a correction hold for a question? ("the customer asks about gift cards or vouchers")

Words alone, English and German: it holds where one of the things that it names is in the question. What it names in
other words than the question is found by the gate, from the question that was corrected.
"""

import re
from typing import Final

from feedback_store.pair_features import missing, topic_words

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


def holds(condition: str, question: str) -> bool:
    """Tell whether all the words that one of the condition's alternatives is about have their like in the question."""
    asked = topic_words(question)
    return any(not missing(thing, asked) for thing in _things(condition))


def _things(condition: str) -> tuple[frozenset[str], ...]:
    """Return the words of each alternative; one that names nothing is left out."""
    named = (frozenset(topic_words(part) - _FRAME) for part in _OR.split(condition))
    return tuple(words for words in named if words)
