"""Corrections that cannot both be right: the same question, and answers that say the opposite or name another figure.

Words alone, English and German. It errs on the side of silence: two answers that merely differ are no contradiction.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import log1p
from typing import Final, NamedTuple

from feedback_store.events import Correction
from feedback_store.kinds import MANNERS
from feedback_store.pair_features import features, missing, topic_words
from feedback_store.quantities import quantities
from feedback_store.standing import KnownCorrection
from feedback_store.words import words

SAME_SHARE: Final = 0.6
"""Share of both texts' topic words that must have their like in the other for the two to be about one thing."""
CROWD: Final = 50
"""Of those that share a word, so many are compared with the next one, the newest: a crowd that answers one question
needs no more."""
_NEGATIONS: Final = frozenset(
    """
    no not never none cannot don doesn isn aren won without
    nicht kein keine keinen keinem keiner nie niemals ohne
    """.split()  # noqa: SIM905  # a list of so many strings cannot be read
)
_OPPOSITES: Final = tuple(
    tuple(pair.split("-"))
    for pair in """
    open-closed allowed-forbidden included-excluded before-after always-never more-less minimum-maximum
    inside-outside required-optional possible-impossible free-chargeable
    offen-geschlossen erlaubt-verboten immer-nie mindestens-hochstens moglich-unmoglich
    """.split()  # noqa: SIM905
)
_ANSWERS: Final = (("yes", "no"), ("ja", "nein"), ("doch", "nein"))
_LETTERS: Final = 4
"""Two words of which one is like the other (`pair_features.missing`) are equal, or begin with so many equal letters."""
_TOKEN: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Contradiction:
    """Two corrections by different people that answer one question otherwise, the older one first."""

    one: KnownCorrection
    other: KnownCorrection

    def against(self, event_id: str) -> KnownCorrection:
        """Return the one of the two that has not this id."""
        return self.other if self.one.id == event_id else self.one


def same_question(one: str, other: str) -> bool:
    """Tell whether two questions ask the same by their words."""
    first, second = topic_words(one), topic_words(other)
    return _alike(first, second) if first and second else words(one) == words(other)


def contradict(one: Correction, other: Correction) -> bool:
    """Tell whether what two corrections of one question say cannot both be right.

    It cannot where they give other figures in one unit, where one says yes and the other no, where in about the same
    words one denies what the other says or says the opposite, and where one of two equal sentences names another thing.
    """
    first, second = _read(_said(one)), _read(_said(other))
    common = first.figures.keys() & second.figures.keys()
    if any(first.figures[unit].isdisjoint(second.figures[unit]) for unit in common):
        return True
    if _opposed(first.words[:1], second.words[:1], _ANSWERS):
        return True
    if not common and _names_another(first.tokens, second.tokens):
        return True
    opposed = first.denies != second.denies or _opposed(first.words, second.words, _OPPOSITES)
    return opposed and _alike(first.topic, second.topic)


def are_rivals(one: KnownCorrection, other: KnownCorrection) -> bool:
    """Tell whether two corrections by different people answer one question so that both cannot be right."""
    first, second = one.correction, other.correction
    if (first.user_id, first.tenant) == (second.user_id, second.tenant) or not _overlap(one, other):
        return False
    if not same_question(first.question, second.question) or not contradict(first, second):
        return False
    return not features(first.question, second.question, "")["swapped_in_frame"]  # "express" for "standard delivery"


def contradictions(known: Iterable[KnownCorrection], *, of: Collection[str] | None = None) -> list[Contradiction]:
    """Return the pairs of live corrections (pending or active) by different people of a tenant that contradict.

    Two questions are compared only where they share `SAME_SHARE` of the weight of their words, a word weighing the more
    the rarer it is among all questions. Such two share one of their rarest words, so that only those need to be looked
    up (the prefix filter of Chaudhuri, Ganti and Kaushik 2006, "A primitive operator for similarity joins in data
    cleaning").

    Args:
        known: the corrections, in any order.
        of: ids; only pairs with one of these are looked for.

    """
    live = [one for one in known if one.state in ("pending", "active") and one.correction.type not in MANNERS]
    live.sort(key=lambda one: (one.correction.created_at, one.id))
    stems = [{word[:_LETTERS] for word in topic_words(one.correction.question)} for one in live]
    often = Counter(stem for each in stems for stem in each)
    weights = {stem: log1p(len(live) / times) for stem, times in often.items()}
    weight = [sum(map(weights.__getitem__, each)) for each in stems]
    having: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    found: list[Contradiction] = []
    for place, one in enumerate(live):
        near: set[int] = set()
        for stem in _rarest(stems[place], weights, SAME_SHARE * weight[place]):
            met = having[one.correction.tenant, stem]
            near.update(met[-CROWD:])
            met.append(place)
        alike = [
            live[other]
            for other in sorted(near)
            if sum(map(weights.__getitem__, stems[place] & stems[other]))
            >= SAME_SHARE * max(weight[place], weight[other])
        ]
        wanted = [other for other in alike if of is None or one.id in of or other.id in of]
        found += [Contradiction(other, one) for other in wanted if are_rivals(other, one)]
    return found


def _rarest(stems: Set[str], weights: Mapping[str, float], enough: float) -> Iterator[str]:
    """Yield the heaviest of some words until the others together weigh less than enough."""
    left = sum(map(weights.__getitem__, stems))
    for stem in sorted(stems, key=lambda stem: (-weights[stem], stem)):
        if left < enough:
            return
        yield stem
        left -= weights[stem]


def _overlap(one: KnownCorrection, other: KnownCorrection) -> bool:
    """Tell whether there is a time at which both hold."""
    both = (one, other)
    begins = max((moment for known in both if (moment := known.correction.valid_from)), default=None)
    limits = [moment for known in both for moment in (known.correction.valid_until, known.replaced_at) if moment]
    return begins is None or all(begins < limit for limit in limits)


class _Read(NamedTuple):
    """An answer, taken apart."""

    tokens: tuple[str, ...]
    words: tuple[str, ...]
    topic: frozenset[str]
    figures: Mapping[str, set[float]]
    denies: bool


def _read(text: str) -> _Read:
    found = tuple(words(text))
    denies = not _NEGATIONS.isdisjoint(found)
    return _Read(tuple(_TOKEN.findall(text)), found, frozenset(topic_words(text)), quantities(text), denies)


def _said(correction: Correction) -> str:
    return f"{correction.corrected}\n{correction.guidance}".strip()


def _alike(one: Set[str], other: Set[str]) -> bool:
    """Tell whether of both sets of words the most have their like in the other."""
    left = 1 - SAME_SHARE
    return len(missing(one, other)) <= left * len(one) and len(missing(other, one)) <= left * len(other)


def _opposed(one: Sequence[str], other: Sequence[str], pairs: Iterable[tuple[str, ...]]) -> bool:
    return any((a in one and b in other) or (b in one and a in other) for a, b in pairs)


def _names_another(first: Sequence[str], second: Sequence[str]) -> bool:
    """Tell whether two sentences are equal but for names in the same places."""
    small, others = ([each.casefold() for each in side] for side in (first, second))
    steps = SequenceMatcher(None, small, others, autojunk=False).get_opcodes()
    kinds = {kind for kind, *_ in steps}
    if kinds != {"equal", "replace"}:
        return False
    swapped = [(first[a:b], second[c:d]) for kind, a, b, c, d in steps if kind == "replace"]
    return all(_is_name(mine) and _is_name(theirs) for mine, theirs in swapped)


def _is_name(tokens: Sequence[str]) -> bool:
    return all(token[0].isupper() or any(map(str.isdigit, token)) for token in tokens)
