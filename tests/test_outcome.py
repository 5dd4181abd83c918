"""Credit: what the feedback on answers says of the corrections that they used, and when one is taken out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, Literal

import numpy as np
import pytest

from feedback_store.credit_keeper import MOST_OF_ONE, CreditKeeper
from feedback_store.events import Correction, Feedback, Rating, Review, Signal, Turn
from feedback_store.memory import MemoryStore
from feedback_store.outcome import Credit, credit, outcome_of
from feedback_store.store import FeedbackStore, Scope
from tests.records import a_correction, a_rating, a_review, a_turn

USED = a_turn(turn_id="t", correction_ids=("c1", "c2"))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def rated(score: float | None, **fields: Any) -> Rating:
    return a_rating(**{"turn_id": "t", "score": score} | fields)


def signal(
    name: Literal["copy", "regenerate", "rephrase", "stop", "dwell"], value: float = 1, seq: int = 0, turn_id: str = "t"
) -> Signal:
    return Signal(session_id="session-1", user_id="ann", turn_id=turn_id, name=name, value=value, unit="count", seq=seq)


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([], None),
        ([rated(1)], "helpful"),
        ([rated(0)], "harmful"),
        ([rated(0.5)], None),
        ([rated(1), rated(0, key="tone")], "harmful"),
        ([rated(1, turn_id="u")], None),
        ([rated(1), a_correction(turn_id="t")], "harmful"),
        ([a_correction(turn_id="t", type="style")], None),
        ([a_correction(turn_id="t", event_id="x"), a_review("x", turn_id="t", verdict="reject")], None),
        ([signal("regenerate")], "harmful"),
        ([signal("rephrase")], "harmful"),
        ([signal("stop")], None),
        ([signal("stop"), signal("regenerate")], "harmful"),
        ([signal("copy", 0.9)], "helpful"),
        ([signal("copy", 0.1)], None),
        ([signal("copy", 1, seq=0), signal("copy", 0.1, seq=1)], None),
        ([signal("copy", 1), signal("rephrase")], "harmful"),
        ([signal("dwell", 9000)], None),
        ([signal("regenerate"), rated(1)], "helpful"),
        ([signal("regenerate", turn_id="u")], None),
    ],
)
def test_what_people_say_decides_and_where_they_say_nothing_what_they_do(
    events: Sequence[Feedback], outcome: str | None
) -> None:
    assert {outcome_of(USED, order) for order in permutations(events)} == {outcome}


def test_all_that_an_answer_used_share_its_outcome() -> None:
    found = credit([USED, a_turn(turn_id="u", correction_ids=("c1",)), a_turn()], [rated(1), rated(0, turn_id="u")])
    assert found == {"c1": Credit(uses=2, helpful=1, harmful=1), "c2": Credit(uses=1, helpful=1, harmful=0)}


def test_a_dispute_of_one_by_name_is_held_against_that_one_alone() -> None:
    dispute = rated(0, key="correction:c2")
    assert credit([USED], [dispute, rated(0)])["c1"] == Credit(uses=1)
    assert credit([USED], [dispute, rated(0)])["c2"] == Credit(uses=1, harmful=1)
    taken_back = rated(None, key="correction:c2", created_at=dispute.created_at + timedelta(seconds=1))
    assert credit([USED], [dispute, taken_back]) == {"c1": Credit(uses=1), "c2": Credit(uses=1)}


def test_one_person_alone_counts_only_so_often() -> None:
    turns = [a_turn(turn_id=f"t{n}", user_id="ann" if n < 5 else "ben", correction_ids=("c",)) for n in range(6)]
    ratings = [rated(0, turn_id=turn.turn_id, user_id=turn.user_id) for turn in turns]
    assert credit(turns, ratings)["c"] == Credit(uses=6, harmful=6)
    assert credit(turns, ratings, most_of_one=3)["c"] == Credit(uses=6, harmful=4)


@pytest.mark.parametrize(
    ("helpful", "harmful", "harms"),
    [
        (0, 0, False),
        (0, 6, False),
        (0, 7, True),
        (1, 7, False),
        (5, 5, False),
        (4, 6, True),
        (40, 39, False),
        (3, 6, False),
    ],
)
def test_one_does_harm_by_clear_evidence_early_on_or_by_more_harm_than_help_later(
    helpful: int, harmful: int, harms: bool
) -> None:
    assert Credit(uses=100, helpful=helpful, harmful=harmful).does_harm == harms


def test_the_evidence_alone_condemns_at_most_one_in_twenty_that_help_as_often_as_they_harm() -> None:
    chance = np.random.default_rng(7)
    wrong = 0
    for _ in range(1_000):
        harmful = 0
        for uses in range(1, 120):
            harmful += int(chance.random() < 0.5)
            if Credit(uses, uses - harmful, harmful).evidence >= 20:
                wrong += 1
                break
    assert wrong <= 50


def used(store: FeedbackStore, correction: Correction, outcomes: Sequence[float], *people: str) -> list[Review]:
    """Answer with the correction and rate the answers; return what the keeper then took out."""
    keeper, taken = CreditKeeper(store), list[Review]()
    for place, score in enumerate(outcomes):
        person = people[place % len(people)]
        turn: Turn = a_turn(user_id=person, correction_ids=(correction.event_id,))
        rating = rated(score, turn_id=turn.turn_id, user_id=person)
        store.append([turn, rating])
        taken += keeper.heard(rating)
    return taken


PEOPLE = ("ben", "cid", "dan", "eva")


def test_one_that_does_harm_is_taken_out_at_the_next_turn_and_says_why(store: FeedbackStore) -> None:
    correction = a_correction()
    store.append([correction, a_review(correction)])
    [review] = used(store, correction, [0] * 7, *PEOPLE)
    assert (review.by, review.verdict) == ("system", "withdraw")
    assert "of 7 judged answers that used it, 7 were found wrong and 0 good" in review.note
    assert store.similar_corrections(correction.question, scope=Scope(user_id="ben", tenant="default")) == []
    [known] = store.corrections(states=["withdrawn"])
    assert (known.reviewed_as, known.note) == ("system", review.note)


def test_one_that_helps_stays() -> None:
    store = MemoryStore()
    correction = a_correction()
    store.append([correction, a_review(correction)])
    assert used(store, correction, [1, 1, 0, 1] * 5, *PEOPLE) == []


def test_nobody_alone_takes_out_what_others_see_but_ones_own_may_be_judged_by_oneself() -> None:
    store = MemoryStore()
    shared, own = a_correction(), a_correction()
    store.append([shared, a_review(shared), own])
    assert used(store, shared, [0] * 30, "mallory") == []
    assert MOST_OF_ONE < 7
    assert len(used(store, own, [0] * 7, "ann")) == 1


def test_several_keepers_and_acts_told_twice_make_one_withdrawal() -> None:
    store = MemoryStore()
    correction = a_correction()
    store.append([correction, a_review(correction)])
    used(store, correction, [0] * 6, *PEOPLE)
    turn = a_turn(user_id="fay", correction_ids=(correction.event_id,))
    last = rated(0, turn_id=turn.turn_id, user_id="fay")
    store.append([turn, last])
    keepers = [CreditKeeper(store) for _ in range(3)]
    known = store.corrections(event_ids=[correction.event_id])[0]
    assert {keeper.credit_of(known).harmful for keeper in keepers} == {7}
    assert [len(keeper.heard(last)) for keeper in (*keepers, *keepers)] == [1, 0, 0, 0, 0, 0]
    assert len(store.events(kinds=["review"])) == 2


def test_a_reviewer_who_restores_it_begins_the_count_anew() -> None:
    store = MemoryStore()
    correction = a_correction()
    store.append([correction, a_review(correction)])
    used(store, correction, [0] * 7, *PEOPLE)
    store.append(a_review(correction, verdict="restore"))
    assert used(store, correction, [0] * 6, *PEOPLE) == []
    assert [known.state for known in store.corrections()] == ["active"]
    assert len(used(store, correction, [0], "fay")) == 1
    assert [known.state for known in store.corrections()] == ["withdrawn"]


def test_a_turn_that_is_told_late_and_those_that_came_before_the_keeper_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback_store.credit_keeper.FIRST_LOOK", 2)
    store = MemoryStore()
    correction = a_correction(created_at=NOON)
    store.append([correction, *(a_turn(created_at=NOON + timedelta(minutes=n)) for n in range(20))])
    uses = [a_turn(created_at=NOON + timedelta(minutes=n), correction_ids=(correction.event_id,)) for n in range(1, 9)]
    store.append(uses[:4])
    keeper = CreditKeeper(store)
    [known] = store.corrections()
    assert keeper.credit_of(known).uses == 4
    store.append(uses[4:])
    assert keeper.credit_of(known).uses == 8


def test_feedback_on_a_session_on_another_tenants_turn_or_on_an_unknown_turn_judges_nothing() -> None:
    keeper = CreditKeeper(MemoryStore())
    for event in (rated(0, turn_id=None), rated(0, tenant="other"), rated(0, turn_id="unknown"), a_review("x")):
        assert keeper.heard(event) == []
