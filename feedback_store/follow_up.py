"""A question that only the one before it completes ("And for books?"), and what it asks in full.

Words alone, no model; English and German. What is complete in itself is left alone, since a wrong completion would
look up what nobody asked. A completion may be clumsy: it is compared with stored questions and shown to nobody.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from feedback_store.question_parts import (
    ARTICLES,
    ASKS,
    AUXILIARIES,
    GENERIC,
    MEASURES,
    PEOPLE,
    POINTING,
    PREPOSITIONS,
    PRONOUNS,
    SMALL_TALK,
    VERBS,
)

REMEMBERED: Final = 6
"""So many earlier questions are gone through: a chain of follow-ups begins with a complete one."""
MOST_WORDS: Final = 7
"""Words without a verb are a follow-up up to so many of them."""
MOST: Final = 3
"""Ways to complete a follow-up."""
_LEAD: Final = re.compile(
    r"^\W*(?:(?:aber|and|but|dann|oder|or|so|then|und)\b\W*)*"
    r"(?P<about>(?:how|what) about\b|(?:the )?same for\b|was ist mit\b"
    r"|wie (?:ist|sieht|steht) (?:das|es)(?: aus)? (?:bei|für|mit)\b)?\W*",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"(?:[\s,]+(?:also|as well|auch|aus|bitte|instead|please|then|too))*\W*$", re.IGNORECASE)
_EMPTY_IT: Final = re.compile(
    r"\b(?:es|it)\s+(?:\w+\s+)?(?:allowed|erlaubt|möglich|necessary|nötig|okay|ok|possible|true|worth)\b.*\w"
    r"|\bit\s+(?:cost|take)s?\s+(?:\w+\s+)?(?:for|to|until)\b|\bgibt\s+es\b",
    re.IGNORECASE,
)
"""The "it" of "is it possible to": it stands for nothing that was said before."""
_SENTENCES: Final = re.compile(r"(?<=[.!?…])\s+")
_TOKEN: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_SENTENCE: Final = ASKS | AUXILIARIES | VERBS
_NO_NOUN: Final = _SENTENCE | PREPOSITIONS | GENERIC | PRONOUNS | ARTICLES | PEOPLE


class _Token(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def small(self) -> str:
        return self.text.casefold()

    @property
    def noun(self) -> bool:
        """Whether it may name what is talked about: all words do that are not listed as something else."""
        return self.small not in _NO_NOUN


class _Slot(NamedTuple):
    """A run of the tokens of a text, `stop` exclusive."""

    start: int
    stop: int


class FollowUp(NamedTuple):
    """A question that another one completes."""

    ways: tuple[str, ...]
    """What it may ask in full, most likely first. Words that may also be a new question in shorthand ("Opening hours
    Berlin") are the last of them as they are."""
    frame: str
    """The question, itself complete, from which it was completed."""


def follow_up(question: str, history: Sequence[str]) -> FollowUp | None:
    """Return what a follow-up may ask in full, in at most `MOST` ways; None where the question is complete in itself.

    Args:
        question: the question asked.
        history: the questions asked before it in the same conversation, oldest first.

    """
    frame = ""
    for earlier in history[-REMEMBERED:]:
        if {each.small for each in _tokens(earlier)} <= SMALL_TALK:
            continue
        complete = next(iter(_completed(earlier, frame)), earlier)
        sentence = _SENTENCES.split(complete.strip())[-1]
        frame = sentence if any(each.noun for each in _tokens(sentence)) else frame
    ways = _completed(question, frame)
    return FollowUp(ways, frame) if ways else None


def is_follow_up(question: str) -> bool:
    """Tell whether a question is incomplete without one before it."""
    return bool(_completed(question, "Is the frame in stock?"))


def _completed(question: str, frame: str) -> tuple[str, ...]:
    lead = _LEAD.match(question)
    rest = _TAIL.sub("", question[lead.end() if lead else 0 :])
    said = _tokens(rest)
    small = {each.small for each in said}
    if not frame or small <= SMALL_TALK:
        return ()
    about, joined = bool(lead and lead["about"]), bool(lead and lead.end())
    if about or _is_part(said):
        ways = [*dict.fromkeys(_with_part(said, rest, frame, joined=joined))]
        shorthand = not joined and said[0].small not in PREPOSITIONS and sum(each.noun for each in said) > 1
        return (*ways[: MOST - 1], question) if shorthand else tuple(ways[:MOST])
    if small <= ASKS | GENERIC | PREPOSITIONS:
        return (f"{rest} {_matter(frame)}?",)
    return tuple(_with_antecedent(said, rest, frame))


def _is_part(said: Sequence[_Token]) -> bool:
    """Tell whether these words are a mere part of a sentence: what is asked about, and not what."""
    if not any(each.noun for each in said) or len(said) > MOST_WORDS:
        return False
    whole = ASKS | AUXILIARIES if said[0].small in PREPOSITIONS else _SENTENCE
    return whole.isdisjoint(each.small for each in said)


def _with_part(said: Sequence[_Token], rest: str, frame: str, *, joined: bool) -> Iterator[str]:
    """Yield the earlier question with this part after its preposition, or in the place of one of its nouns."""
    tokens = _tokens(frame)
    if said[0].small in PREPOSITIONS:
        places = [place for place, each in enumerate(tokens) if each.small == said[0].small]
        if places:
            yield _put(rest, frame, tokens, _phrase(tokens, places[-1]))
            return
        yield f"{_bare(frame)} {rest}?"
    said = [each for each in said if each.small not in PREPOSITIONS | ARTICLES] or said
    ones = len(said) > 1 and said[-1].small in ("one", "ones")
    thing = rest[said[0].start : said[-2 if ones else -1].end]
    slots = [*_slots(tokens)][::-1]
    if joined or said[0].start:  # a capital that opens a text says nothing
        slots = [slot for slot in slots if _is_name(tokens[slot.start]) == _is_name(said[0])] or slots
    for slot in slots:
        whole, first = (_put(thing, frame, tokens, each) for each in (slot, _Slot(slot.start, slot.stop - 1)))
        yield from (whole,) if slot.stop - slot.start == 1 else (first, whole) if ones else (whole, first)


def _with_antecedent(said: Sequence[_Token], rest: str, frame: str) -> Iterator[str]:
    """Yield the question with what it calls "it" named: the last thing of the earlier question, or its whole matter."""
    place = next((place for place in range(len(said)) if _refers(said, place)), None)
    if place is None or _EMPTY_IT.search(rest) or any(each.noun for each in said[:place]):
        return
    tokens = _tokens(frame)
    things = [frame[tokens[slot.start].start : tokens[slot.stop - 1].end] for slot in _slots(tokens)]
    for thing in dict.fromkeys([*things[-1:], _matter(frame)]):
        yield f"{_put(thing, rest, said, _Slot(place, place + 1))}?"


def _refers(said: Sequence[_Token], place: int) -> bool:
    """Tell whether a word stands for something said before; "these" before a noun and a polite "Sie" do not."""
    each, after = said[place], said[place + 1 : place + 2]
    if each.small not in PRONOUNS or each.text == "Sie":
        return False
    return not (each.small in POINTING and after and after[0].noun)


def _matter(frame: str) -> str:
    """Return what a question is about, from its first verb or noun on: "ship to Norway"."""
    tokens = _tokens(frame)
    places = [place for place, each in enumerate(tokens) if each.noun or each.small in VERBS - MEASURES]
    nouns = [place for place, each in enumerate(tokens) if each.noun]
    return frame[tokens[places[0]].start : tokens[nouns[-1]].end]


def _slots(tokens: Sequence[_Token]) -> Iterator[_Slot]:
    """Yield each run of nouns: the places where something else may be asked about."""
    start: int | None = None
    for place in range(len(tokens) + 1):
        noun = place < len(tokens) and tokens[place].noun
        if noun and start is None:
            start = place
        elif not noun and start is not None:
            yield _Slot(start, place)
            start = None


def _phrase(tokens: Sequence[_Token], place: int) -> _Slot:
    """Return a preposition with what belongs to it."""
    end = place + 1
    while end < len(tokens) and tokens[end].small not in PREPOSITIONS | _SENTENCE:
        end += 1
    return _Slot(place, end)


def _put(thing: str, text: str, tokens: Sequence[_Token], slot: _Slot) -> str:
    return text[: tokens[slot.start].start] + thing + text[tokens[slot.stop - 1].end :]


def _bare(text: str) -> str:
    return text.rstrip(" \t\n?!.…")


def _is_name(token: _Token) -> bool:
    return token.text[0].isupper() or any(map(str.isdigit, token.text))


def _tokens(text: str) -> list[_Token]:
    return [_Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]
