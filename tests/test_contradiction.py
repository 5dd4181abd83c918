"""Contradictions: which answers to one question cannot both be right, and that a crowd is searched in no time."""

import time
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from feedback_store.contradiction import contradict, contradictions
from feedback_store.quantities import quantities
from feedback_store.standing import KnownCorrection, stand
from tests.records import a_correction, a_review

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Refunds take 14 days.", {"day": {14}}),
        ("Two weeks.", {"day": {14}}),
        ("Zehn Tage", {"day": {10}}),
        ("within a month", {"day": {30}}),
        ("10 to 14 working days", {"day": {10, 14}}),
        ("zwischen 3 und 5 Werktagen", {"werktagen": {3, 5}}),
        ("It costs 4.90 EUR", {"€": {4.9}}),
        ("€ 1,200", {"€": {1200}}),
        ("$5 or 5 dollars", {"$": {5}}),
        ("a parcel", {}),
        ("At most 3 items and 2 items", {"item": {3, 2}}),
        ("Call 4711.", {"": {4711}}),
        ("Nothing.", {}),
    ],
)
def test_figures_are_read_by_their_units(text: str, figures: dict[str, set[float]]) -> None:
    assert quantities(text) == figures


CONTRADICTORY = [
    ("Refunds take 14 days.", "Refunds take 30 days."),
    ("Ten days.", "It takes a month."),
    ("It costs 5 EUR.", "The price is 7 euros."),
    ("Yes, to Norway.", "No, only within the EU."),
    ("Ja, gern.", "Nein, leider."),
    ("We ship to Norway.", "We do not ship to Norway."),
    ("Wir liefern nach Norwegen.", "Wir liefern nicht nach Norwegen."),
    ("The showroom is open on Sundays.", "The showroom is closed on Sundays."),
    ("The desk is in Berlin.", "The desk is in Hamburg."),
    ("Ask Ann Miller.", "Ask Bob Jones."),
]
COMPATIBLE = [
    ("Refunds take 14 days.", "Refunds take two weeks."),
    ("Refunds take 14 days.", "Within 14 days after the goods are back."),
    ("Yes.", "Yes, to Norway too."),
    ("Ask the desk.", "It depends on your bank."),
    ("Shoes can be returned.", "Keep the receipt, without it nothing can be exchanged."),
    ("It costs 5 EUR and takes 3 days.", "It takes 3 days."),
    ("Refunds take ten days.", "Repayments take ten days."),
    ("The desk is in Berlin.", "The desk is in Berlin, on the first floor."),
]


@pytest.mark.parametrize(("one", "other"), CONTRADICTORY)
def test_answers_that_cannot_both_be_right_contradict(one: str, other: str) -> None:
    first, second = a_correction(corrected=one), a_correction(corrected="", guidance=other)
    assert contradict(first, second)
    assert contradict(second, first)


@pytest.mark.parametrize(("one", "other"), COMPATIBLE)
def test_answers_that_merely_differ_do_not(one: str, other: str) -> None:
    first, second = a_correction(corrected=one), a_correction(corrected=other)
    assert not contradict(first, second)
    assert not contradict(second, first)


def known(days: int, *, verdict: str | None = None, **fields: Any) -> KnownCorrection:
    correction = a_correction(**{"user_id": f"user-{days}", "corrected": f"Refunds take {days} days."} | fields)
    reviews = [a_review(correction, tenant=correction.tenant, verdict=verdict)] if verdict else []
    return stand(correction, reviews, now=NOON)


def pairs(*found: KnownCorrection, **asked: Any) -> set[frozenset[str]]:
    return {frozenset((each.one.id, each.other.id)) for each in contradictions(found, **asked)}


def test_two_people_who_answer_one_question_otherwise_contradict_pending_or_approved() -> None:
    first, second = known(10), known(30, verdict="approve", question="How long will my refunds take?")
    assert pairs(first, second) == {frozenset((first.id, second.id))}


def test_the_older_one_is_named_first_and_each_tells_of_the_other() -> None:
    older, newer = known(10, created_at=NOON), known(30, created_at=NOON + timedelta(days=1))
    (found,) = contradictions([newer, older])
    assert (found.one, found.other) == (older, newer)
    assert (found.against(older.id), found.against(newer.id)) == (newer, older)


@pytest.mark.parametrize(
    "fields",
    [
        {"user_id": "user-10"},
        {"tenant": "other"},
        {"verdict": "reject"},
        {"verdict": "withdraw"},
        {"question": "Do you ship to Norway?"},
        {"question": "How long does an exchange take?"},
        {"corrected": "Refunds take ten days."},
        {"type": "style"},
        {"valid_from": NOON, "created_at": NOON - timedelta(days=9)},
    ],
)
def test_no_pair_are_those_of_one_person_of_other_tenants_over_or_about_something_else(fields: dict[str, Any]) -> None:
    first = known(10, valid_until=NOON + timedelta(days=1) if "valid_from" not in fields else NOON)
    first = first.model_copy(update={"state": "pending"})
    assert pairs(first, known(30, **fields)) == set()


def test_a_scheduled_successor_is_no_contradiction_to_what_it_ends() -> None:
    until, later = NOON + timedelta(days=1), NOON + timedelta(days=2)
    old = known(10).model_copy(update={"replaced_at": until})
    assert pairs(old, known(30, valid_from=until, user_id="ben")) == set()
    assert pairs(old, known(30, valid_from=later, user_id="ben")) == set()
    assert pairs(old, known(30, valid_from=NOON, user_id="ben")) != set()


def test_anonymous_people_may_be_different_ones_but_are_not_told_apart() -> None:
    assert pairs(known(10, user_id=None), known(30, user_id=None)) == set()


def test_only_pairs_with_the_ids_asked_for_are_returned() -> None:
    first, second, third = known(10), known(20), known(30)
    assert len(pairs(first, second, third)) == 3
    assert pairs(first, second, third, of=[third.id]) == {
        frozenset((first.id, third.id)),
        frozenset((second.id, third.id)),
    }
    assert pairs(first, second, third, of=[]) == set()


def test_ten_thousand_are_searched_in_seconds_and_none_is_missed() -> None:
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    goods = [f"{one}{other}x" for one in syllables for other in syllables if one + other != "repa"]  # as in "repair"
    others = [
        known(5, user_id=f"a{place}", question=f"How long is the {good} in {room}?")
        for place, (good, room) in enumerate(product(goods, ("repair", "storage")))
    ]
    crowd = [known(place % 7 + 1, user_id=f"b{place}", question="How long do refunds take?") for place in range(100)]
    planted = [
        known(6, user_id="zoe", question=f"How long will the {good} be in repair?") for good in goods[: 49 * 100 : 49]
    ]
    every = [*others, *crowd, *planted]
    assert len(every) == 9_998
    started = time.process_time()
    found = contradictions(every)
    assert time.process_time() - started < 10
    assert {each.other.id for each in found if each.other.correction.user_id == "zoe"} == {one.id for one in planted}
    assert sum(each.one.correction.question == "How long do refunds take?" for each in found) > 3_000
