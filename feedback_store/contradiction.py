"""Corrections that cannot both be right: the same question, and answers that say the opposite or name another figure.

Words alone, English and German. It errs on the side of silence: two answers that merely differ are no contradiction.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import ceil
from typing import Final

from feedback_store.events import Correction
from feedback_store.kinds import MANNERS
from feedback_store.pair_features import missing, topic_words
from feedback_store.quantities import quantities
from feedback_store.standing import KnownCorrection
from feedback_store.words import words

SAME_SHARE: Final = 0.6
"""Share of both texts' topic words that must have their like in the other for the two to be about one thing."""
NEIGHBOURS: Final = 200
"""A correction is compared with at most so many others, the newest: a crowd that answers one question needs no more."""
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
    first, second = _said(one), _said(other)
    figures, others = quantities(first), quantities(second)
    common = figures.keys() & others.keys()
    if any(figures[unit].isdisjoint(others[unit]) for unit in common):
        return True
    tokens, rivals = words(first), words(second)
    if _opposed(tokens[:1], rivals[:1], _ANSWERS):
        return True
    if not _alike(topic_words(first), topic_words(second)):
        return False
    if _NEGATIONS.isdisjoint(tokens) != _NEGATIONS.isdisjoint(rivals) or _opposed(tokens, rivals, _OPPOSITES):
        return True
    return not common and _names_another(first, second)


def are_rivals(one: KnownCorrection, other: KnownCorrection) -> bool:
    """Tell whether two corrections by different people answer one question so that both cannot be right."""
    first, second = one.correction, other.correction
    if (first.user_id, first.tenant) == (second.user_id, second.tenant) or not _overlap(first, second):
        return False
    return same_question(first.question, second.question) and contradict(first, second)


def contradictions(known: Iterable[KnownCorrection], *, of: Collection[str] | None = None) -> list[Contradiction]:
    """Return the pairs of live corrections (pending or active) by different people of a tenant that contradict.

    Two questions are compared only where they share one of their rarest words: sets of words of which each has
    `SAME_SHARE` of the other share one in such a prefix (Chaudhuri, Ganti and Kaushik 2006, "A primitive operator for
    similarity joins in data cleaning").

    Args:
        known: the corrections, in any order.
        of: ids; only pairs with one of these are looked for.

    """
    live = [one for one in known if one.state in ("pending", "active") and one.correction.type not in MANNERS]
    live.sort(key=lambda one: (one.correction.created_at, one.id))
    stems = [_stems(one.correction.question) for one in live]
    often = Counter(stem for each in stems for stem in each)
    having: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    found: list[Contradiction] = []
    for place, (one, each) in enumerate(zip(live, stems, strict=True)):
        rarest = sorted(each, key=lambda stem: (often[stem], stem))
        near: set[int] = set()
        for stem in rarest[: len(rarest) - ceil(SAME_SHARE * len(rarest)) + 1]:
            met = having[one.correction.tenant, stem]
            near.update(met[-NEIGHBOURS:])
            met.append(place)
        others = (live[earlier] for earlier in sorted(near)[-NEIGHBOURS:])
        wanted = [other for other in others if of is None or one.id in of or other.id in of]
        found += [Contradiction(other, one) for other in wanted if are_rivals(other, one)]
    return found


def _overlap(one: Correction, other: Correction) -> bool:
    """Tell whether there is a time at which both hold."""
    begins = max((moment for moment in (one.valid_from, other.valid_from) if moment), default=None)
    ends = min((moment for moment in (one.valid_until, other.valid_until) if moment), default=None)
    return begins is None or ends is None or begins < ends


def _said(correction: Correction) -> str:
    return f"{correction.corrected}\n{correction.guidance}".strip()


def _alike(one: set[str], other: set[str]) -> bool:
    """Tell whether of both sets of words the most have their like in the other."""
    left = 1 - SAME_SHARE
    return len(missing(one, other)) <= left * len(one) and len(missing(other, one)) <= left * len(other)


def _stems(question: str) -> set[str]:
    return {word[:_LETTERS] for word in topic_words(question)}


def _opposed(one: Sequence[str], other: Sequence[str], pairs: Iterable[tuple[str, ...]]) -> bool:
    return any((a in one and b in other) or (b in one and a in other) for a, b in pairs)


def _names_another(one: str, other: str) -> bool:
    """Tell whether two sentences are equal but for a name in one place of each."""
    first, second = _TOKEN.findall(one), _TOKEN.findall(other)
    small, others = ([each.casefold() for each in side] for side in (first, second))
    steps = SequenceMatcher(None, small, others, autojunk=False).get_opcodes()
    if any(kind in ("insert", "delete") for kind, *_ in steps):
        return False
    swapped = [(first[a:b], second[c:d]) for kind, a, b, c, d in steps if kind == "replace"]
    return bool(swapped) and all(_is_name(mine) and _is_name(theirs) for mine, theirs in swapped)


def _is_name(tokens: Sequence[str]) -> bool:
    return all(token[0].isupper() or any(map(str.isdigit, token)) for token in tokens)
