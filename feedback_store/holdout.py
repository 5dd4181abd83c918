"""Whether corrections help, asked of the traffic itself: a few answers go without them, drawn at random.

Off by default. Only corrections by others are ever held back, and never a boundary: a person sees what it said itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from feedback_store.e_values import ENOUGH, Counts, better_with
from feedback_store.events import Rating, Turn
from feedback_store.outcome import DISPUTE
from feedback_store.standing import KnownCorrection
from feedback_store.store import Scope

SHOWN: Final = "holdout:shown"
WITHHELD: Final = "holdout:withheld"
"""The tags of the turns that took part: corrections were in scope, and were shown or held back."""


def withholds(turn_id: str, share: float) -> bool:
    """Draw whether a turn goes without: the same for the same turn, in every process.

    Args:
        turn_id: the turn.
        share: probability, from 0 to 1.

    """
    return int.from_bytes(sha256(f"holdout\\0{turn_id}".encode()).digest()[:8]) < share * 2**64


def may_be_withheld(known: KnownCorrection, scope: Scope) -> bool:
    """Tell whether a correction may be held back from this person: not its own, and no boundary."""
    author = known.correction.user_id
    own = author is not None and (author, known.correction.tenant) == (scope.user_id, scope.tenant)
    return not own and known.correction.type != "boundary"


@dataclass(frozen=True)
class Lift:
    """What the corrections did to the ratings. Rates are of good ones among those judged, None where there are none."""

    shown: Counts
    withheld: Counts
    helps: float
    """The e-value against "corrections do no good"."""
    harms: float
    """The e-value against "corrections do no harm"."""

    @property
    def lift(self) -> float | None:
        """The rate of good ratings with corrections, less that without them."""
        if not self.shown.total or not self.withheld.total:
            return None
        return self.shown.good / self.shown.total - self.withheld.good / self.withheld.total

    @property
    def is_shown(self) -> bool:
        """Whether the corrections help beyond doubt: wrong in at most one of 20 cases, however often one looks."""
        return self.helps >= ENOUGH


def lift(turns: Iterable[Turn], ratings: Iterable[Rating], *, share: float) -> Lift:
    """Compare the ratings of answers with corrections with those of answers that went without by chance.

    Args:
        turns: any turns; those that took part are known by their tags.
        ratings: verdicts that stand (`standing_ratings`). Several on one turn count as one, by their mean; one in the
            middle does not count.
        share: the `holdout` of the `CorrectionMemory` while the turns were answered.

    """
    scores: dict[str, list[float]] = {}
    for rating in ratings:
        if rating.turn_id and rating.score is not None and not rating.key.startswith(DISPUTE):
            scores.setdefault(rating.turn_id, []).append(rating.score)
    found = {tag: [0, 0] for tag in (SHOWN, WITHHELD)}
    for turn in turns:
        verdict = scores.get(turn.turn_id)
        mean = sum(verdict) / len(verdict) if verdict else 0.5
        arm = next((counts for tag, counts in found.items() if tag in turn.tags), None)
        if arm is not None and mean != 0.5:
            arm[mean < 0.5] += 1
    shown, withheld = (Counts(*counts) for counts in found.values())
    return Lift(
        shown, withheld, better_with(shown, withheld, share), better_with(_turned(shown), _turned(withheld), share)
    )


def _turned(counts: Counts) -> Counts:
    return Counts(counts.bad, counts.good)
