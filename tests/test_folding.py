"""Events folded into the view of corrections: chains, rings, and what is derived from how much."""

from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from feedback_store.events import Correction, Review
from feedback_store.folding import fold
from feedback_store.standing import stand
from tests.records import a_correction, a_review

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Events:
    """Events as a fold reads them."""

    def __init__(self, *events: Correction | Review) -> None:
        self.events = events

    def corrections(self, event_ids: Collection[str]) -> list[Correction]:
        return [each for each in self.events if isinstance(each, Correction) and each.event_id in event_ids]

    def successors(self, event_ids: Collection[str]) -> list[Correction]:
        return [each for each in self.events if isinstance(each, Correction) and each.supersedes in event_ids]

    def reviews(self, event_ids: Collection[str]) -> list[Review]:
        return [each for each in self.events if isinstance(each, Review) and each.about in event_ids]

    def states(self, *event_ids: str) -> dict[str, str]:
        return {one.known.id: one.known.state for one in fold(event_ids, self)}


def chain(length: int) -> list[Correction]:
    return [a_correction(event_id=f"c-{n}", supersedes=f"c-{n - 1}" if n else None) for n in range(length)]


def test_of_a_chain_of_corrections_the_last_one_acts() -> None:
    assert Events(*chain(4)).states("c-3") == {
        "c-0": "superseded",
        "c-1": "superseded",
        "c-2": "superseded",
        "c-3": "pending",
    }


def test_a_chain_whose_last_is_withdrawn_acts_by_the_one_before() -> None:
    events = Events(*chain(3), a_review("c-2", verdict="withdraw"))
    assert events.states("c-2") == {"c-0": "superseded", "c-1": "pending", "c-2": "withdrawn"}


def test_a_successor_that_expires_does_not_bring_back_what_it_replaced() -> None:
    old, new = a_correction(event_id="old"), a_correction(event_id="new", supersedes="old", valid_until=NOON)
    assert Events(old, new).states("new") == {"old": "superseded", "new": "pending"}
    assert stand(old, (), [stand(new, now=NOON)], now=NOON).state == "superseded"


def test_a_very_long_chain_is_folded() -> None:
    states = Events(*chain(1_200)).states("c-1199")
    assert [key for key, state in states.items() if state == "pending"] == ["c-1199"]


@pytest.mark.parametrize("entry", ["a", "b", "c"])
def test_a_ring_of_corrections_comes_out_the_same_from_wherever_it_is_entered(entry: str) -> None:
    ring = [a_correction(event_id=one, supersedes=other) for one, other in ("ab", "bc", "ca")]
    states = Events(*ring).states(entry)
    assert states == Events(*ring).states("a")
    assert sorted(states.values()) == ["pending", "superseded", "superseded"]
    assert Events(a_correction(event_id="self", supersedes="self")).states("self") == {"self": "pending"}


def test_the_more_events_a_derivation_knows_the_higher_its_revision() -> None:
    few = fold(["c-0"], Events(*chain(2)))[0]
    more = fold(["c-0"], Events(*chain(2), a_review("c-1", verdict="withdraw")))[0]
    assert (few.revision, few.reviews) == (2, 0)
    assert (more.revision, more.reviews) == (3, 0)
