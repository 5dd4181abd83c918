"""Events folded into the view of corrections: one derivation for every store, whatever the order of arrival."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from feedback_store.events import Correction, Feedback, Review
from feedback_store.standing import KnownCorrection, stand

BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
"""At this time nothing has expired: a kept view must not depend on the clock, so expiry is judged when it is read."""


class Relations(Protocol):
    """What a fold reads of the events."""

    def corrections(self, event_ids: Collection[str]) -> Iterable[Correction]:
        """Return the corrections with these ids."""
        ...

    def successors(self, event_ids: Collection[str]) -> Iterable[Correction]:
        """Return the corrections that supersede one of these."""
        ...

    def reviews(self, event_ids: Collection[str]) -> Iterable[Review]:
        """Return the reviews about one of these."""
        ...


@dataclass(frozen=True)
class Folded:
    """A correction as it stands, expiry not judged."""

    known: KnownCorrection
    reviews: int
    """How many reviews are about it."""
    revision: int
    """How many events it was derived from: of two derivations the one with more knows more."""


def touched(events: Collection[Feedback]) -> set[str]:
    """Return the ids of the corrections that these events may change, save for those superseded, which `fold` finds."""
    corrections = {event.event_id for event in events if isinstance(event, Correction)}
    return corrections | {event.about for event in events if isinstance(event, Review)}


def fold(event_ids: Iterable[str], relations: Relations) -> list[Folded]:
    """Derive the corrections named and all that they supersede, directly or not; unknown ids are passed over."""
    affected: dict[str, Correction] = {}
    wanted = set(event_ids)
    while wanted:
        found = {correction.event_id: correction for correction in relations.corrections(wanted)}
        affected |= found
        wanted = {parent for one in found.values() if (parent := one.supersedes)} - affected.keys()

    children: dict[str, list[str]] = defaultdict(list)
    nodes = dict(affected)
    level = set(affected)
    while level:
        later = {correction.event_id: correction for correction in relations.successors(level)}
        for correction in later.values():
            children[correction.supersedes or ""].append(correction.event_id)
        level = later.keys() - nodes.keys()
        nodes |= later

    about: dict[str, list[Review]] = defaultdict(list)
    for review in relations.reviews(nodes.keys()) if nodes else ():
        about[review.about].append(review)

    folded: dict[str, Folded] = {}
    for event_id in _last_first(sorted(affected), children):
        successors = [folded[child] for child in children[event_id] if child in folded]
        reviews = about[event_id]
        known = stand(nodes[event_id], reviews, [one.known for one in successors], now=BEFORE_ALL)
        revision = 1 + len(reviews) + sum(one.revision for one in successors)
        folded[event_id] = Folded(known, len(reviews), revision)
    return [folded[event_id] for event_id in affected]


def _last_first(roots: Iterable[str], children: dict[str, list[str]]) -> list[str]:
    """Order the corrections each after its successors; a ring (hostile, or a fault) is cut at its first by id."""
    order: list[str] = []
    seen: set[str] = set()
    for root in roots:
        stack = [(root, False)]
        while stack:
            event_id, done = stack.pop()
            if done:
                order.append(event_id)
            elif event_id not in seen:
                seen.add(event_id)
                stack.append((event_id, True))
                stack.extend((child, False) for child in children[event_id])
    return order
