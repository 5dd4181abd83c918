"""What became of the answers that a correction helped to write: its credit, from ratings, signals and corrections.

Everything here is derived: the same records give the same credit, in whatever order they come.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

from feedback_store.e_values import ENOUGH, Counts, rate_above
from feedback_store.events import Correction, Feedback, Rating, Review, Signal, Turn
from feedback_store.kinds import MANNERS
from feedback_store.standing import stand, standing_ratings

Outcome = Literal["helpful", "harmful"]
DISPUTE: Final = "correction:"
"""The key of a rating of one used correction begins so; its id follows."""
FEW: Final = 10
"""Judged uses before a mere majority of harmful ones counts."""
HARMFUL_RATE: Final = 0.5
IMPLIED: Final[Mapping[str, float]] = {"regenerate": -1.0, "rephrase": -1.5, "stop": -0.6, "copy": 0.8}
"""What a signal says of an answer, as a logarithm of a likelihood ratio; a copy counts by the root of the share copied.
Starting values, to be fitted anew to an app's own ratings (Hassan et al. 2013 for the rephrased question)."""
IMPLIED_ENOUGH: Final = 0.7
"""A sum of them from which on they count as an outcome: a stopped answer alone does not."""


@dataclass(frozen=True)
class Credit:
    """How the answers fared that used a correction."""

    uses: int = 0
    """Answers that used it, judged or not."""
    helpful: int = 0
    harmful: int = 0

    @property
    def evidence(self) -> float:
        """The e-value against "half of its judged uses do harm at most"."""
        return rate_above(HARMFUL_RATE, Counts(self.harmful, self.helpful))

    @property
    def does_harm(self) -> bool:
        """Whether it should be taken out: clear evidence early on, or more harm than help after `FEW` judged uses.

        The first is wrong in at most one of 20 corrections that help as often as they harm, and in fewer of better
        ones, however often it is asked. The second is a precaution and no test.
        """
        judged = self.helpful + self.harmful
        return self.evidence >= ENOUGH or (judged >= FEW and self.harmful > self.helpful)


def credit(turns: Iterable[Turn], events: Sequence[Feedback], *, most_of_one: int | None = None) -> dict[str, Credit]:
    """Return the credit of each correction that these turns used.

    An answer is harmful where somebody rates it below the middle or corrects what it says, helpful where it is rated
    above the middle and not corrected. Where nobody said so, the signals decide, if they are clear. All corrections
    that the answer used share its outcome, unless somebody disputes one of them by name: then that one alone.

    Args:
        turns: the answers.
        events: feedback on them; other events are passed over.
        most_of_one: so many outcomes of one kind, at most, count from one person on one correction; of somebody
            unknown, from one session.

    """
    about: defaultdict[str, list[Feedback]] = defaultdict(list)
    turn_of = {event.event_id: event.turn_id for event in events}
    for event in events:
        about[(turn_of.get(event.about) if isinstance(event, Review) else event.turn_id) or ""].append(event)
    uses: Counter[str] = Counter()
    outcomes: defaultdict[tuple[str, Outcome], Counter[str]] = defaultdict(Counter)
    for turn in turns:
        uses.update(dict.fromkeys(turn.correction_ids, 1))
        for correction_id, outcome in _outcomes(turn, about[turn.turn_id]).items():
            outcomes[correction_id, outcome][turn.user_id or turn.session_id] += 1

    def counted(correction_id: str, outcome: Outcome) -> int:
        by_person = outcomes[correction_id, outcome].values()
        return sum(times if most_of_one is None else min(times, most_of_one) for times in by_person)

    return {
        key: Credit(uses=times, helpful=counted(key, "helpful"), harmful=counted(key, "harmful"))
        for key, times in uses.items()
    }


def outcome_of(turn: Turn, events: Sequence[Feedback]) -> Outcome | None:
    """Return how an answer fared by the feedback on it; None where that is not clear."""
    scores = [rating.score for rating in _ratings(turn, events) if not rating.key.startswith(DISPUTE)]
    if any(score is not None and score < 0.5 for score in scores) or _is_corrected(turn, events):
        return "harmful"
    if any(score is not None and score > 0.5 for score in scores):
        return "helpful"
    implied = 0.0 if scores else _implied(turn, events)
    return None if abs(implied) < IMPLIED_ENOUGH else "helpful" if implied > 0 else "harmful"


def _outcomes(turn: Turn, events: Sequence[Feedback]) -> dict[str, Outcome]:
    disputes = {rating.key.removeprefix(DISPUTE) for rating in _ratings(turn, events) if rating.score == 0}
    if disputed := disputes & {*turn.correction_ids}:
        return dict.fromkeys(disputed, "harmful")
    outcome = outcome_of(turn, events)
    return dict.fromkeys(turn.correction_ids, outcome) if outcome else {}


def _ratings(turn: Turn, events: Sequence[Feedback]) -> list[Rating]:
    standing = standing_ratings(events).values()
    return [rating for rating in standing if rating.turn_id == turn.turn_id and rating.tenant == turn.tenant]


def _is_corrected(turn: Turn, events: Sequence[Feedback]) -> bool:
    reviews = [event for event in events if isinstance(event, Review)]
    return any(
        isinstance(event, Correction)
        and (event.turn_id, event.tenant) == (turn.turn_id, turn.tenant)
        and event.type not in MANNERS
        and stand(event, reviews).state not in ("rejected", "withdrawn")
        for event in events
    )


def _implied(turn: Turn, events: Sequence[Feedback]) -> float:
    last: dict[str, Signal] = {}
    for event in events:
        if isinstance(event, Signal) and (event.turn_id, event.tenant) == (turn.turn_id, turn.tenant):
            held = last.setdefault(event.name, event)
            last[event.name] = max(held, event, key=lambda one: (one.seq, one.created_at))
    return sum(
        IMPLIED.get(name, 0.0) * (sqrt(min(1.0, signal.value)) if name == "copy" else float(signal.value > 0))
        for name, signal in last.items()
    )
