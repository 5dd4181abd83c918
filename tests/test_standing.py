"""What stands: the state of a correction and the verdict that counts, from events alone."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_store.events import Rating, Review
from feedback_store.standing import KnownCorrection, as_of, in_force, stand, standing_ratings
from tests.records import a_correction, a_rating, a_review

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANN: dict[str, Any] = {"by": "author", "user_id": "ann"}
PEOPLE: dict[str, dict[str, Any]] = {
    "rita": {},
    "ann": ANN,
    "ben": {"by": "author", "user_id": "ben"},
    "nobody": {"by": "author", "user_id": None},
    "policy": {"by": "system", "user_id": None},
    "stranger": {"tenant": "other"},
}


def at(minute: int) -> dict[str, Any]:
    return {"created_at": NOON + timedelta(minutes=minute)}


def after(story: str) -> KnownCorrection:
    """A correction of ann's after reviews, one each minute."""
    correction = a_correction(**at(0))
    said = [each.split(" by ") for each in story.split(", ") if each]
    reviews = [
        a_review(correction, verdict=verdict, **at(minute), **PEOPLE[who])
        for minute, (verdict, who) in enumerate(said, 1)
    ]
    return stand(correction, reviews)


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ("", "pending"),
        ("approve by rita", "active"),
        ("reject by rita", "rejected"),
        ("edit by rita", "pending"),
        ("approve by rita, reject by rita", "rejected"),
        ("reject by rita, approve by rita", "active"),
        ("withdraw by ann", "withdrawn"),
        ("withdraw by ann, restore by ann", "pending"),
        ("approve by rita, withdraw by policy, restore by rita", "active"),
        ("approve by rita, withdraw by policy, restore by ann", "withdrawn"),
        ("withdraw by ann, withdraw by rita, restore by ann", "withdrawn"),
        ("withdraw by ann, restore by rita", "pending"),
        ("withdraw by rita, approve by rita", "withdrawn"),
        ("reject by rita, withdraw by ann", "rejected"),
        ("approve by ann", "pending"),
        ("approve by stranger", "pending"),
        ("withdraw by ben", "pending"),
        ("withdraw by nobody", "pending"),
    ],
)
def test_reviews_decide_the_state_by_who_said_what_last(story: str, state: str) -> None:
    assert after(story).state == state


def test_an_anonymous_correction_cannot_be_withdrawn_by_another_anonymous_person() -> None:
    correction = a_correction(user_id=None)
    assert stand(correction, [a_review(correction, verdict="withdraw", by="author", user_id=None)]).state == "pending"


def test_reviews_count_by_their_time_and_not_by_their_order() -> None:
    correction = a_correction(**at(0))
    reviews = [
        a_review(correction, **at(1), audience="everyone"),
        a_review(correction, **at(2), verdict="withdraw"),
        a_review(correction, **at(3), verdict="restore"),
        a_review(correction, **at(4), audience="tenant", note="narrower"),
    ]
    known = [stand(correction, order) for order in permutations(reviews)]
    assert {(one.state, one.audience, one.note, one.updated_at) for one in known} == {
        ("active", "tenant", "narrower", NOON + timedelta(minutes=4))
    }


@pytest.mark.parametrize(
    ("mine", "later", "state"),
    [
        ("author", {"user_id": "ann"}, "superseded"),
        ("author", {"user_id": "ben"}, "pending"),
        ("author", {"user_id": None}, "pending"),
        ("author", {"user_id": "rita", "approved": "tenant"}, "superseded"),
        ("author", {"user_id": "rita", "approved": "author"}, "pending"),
        ("tenant", {"user_id": "ann"}, "active"),
        ("tenant", {"user_id": "ann", "approved": "tenant"}, "superseded"),
        ("everyone", {"user_id": "ann", "approved": "tenant"}, "active"),
        ("everyone", {"user_id": "ben", "approved": "everyone"}, "superseded"),
        ("author", {"user_id": "ann", "tenant": "other"}, "pending"),
    ],
)
def test_a_correction_is_superseded_once_all_who_saw_it_see_the_other(
    mine: str, later: dict[str, Any], state: str
) -> None:
    correction = a_correction()
    reviews = [] if mine == "author" else [a_review(correction, audience=mine)]
    approved = later.pop("approved", None)
    successor = a_correction(supersedes=correction.event_id, **later)
    known = stand(successor, [a_review(successor, audience=approved)] if approved else [])
    assert stand(correction, reviews, [known]).state == state


def test_a_correction_expires_at_the_end_of_its_validity() -> None:
    known = stand(a_correction(valid_until=NOON), now=NOON - timedelta(seconds=1))
    assert known.state == "pending"
    assert as_of(known, NOON - timedelta(microseconds=1)).state == "pending"
    assert as_of(known, NOON).state == "expired"
    rejected = known.model_copy(update={"state": "rejected"})
    assert as_of(rejected, NOON) == rejected


@given(
    state=st.sampled_from(["pending", "active", "rejected", "withdrawn", "superseded", "expired"]),
    audience=st.sampled_from(["author", "tenant", "everyone"]),
    who=st.tuples(st.sampled_from(["ann", "ben", None]), st.sampled_from(["default", "other", None])),
    author=st.sampled_from(["ann", None]),
)
def test_nothing_private_is_in_force_without_an_identity(
    state: Any, audience: Any, who: tuple[str | None, str | None], author: str | None
) -> None:
    known = KnownCorrection(correction=a_correction(user_id=author), state=state, audience=audience, updated_at=NOON)
    user, tenant = who
    own = state in ("pending", "active") and user is not None and (user, tenant) == (author, "default")
    shared = state == "active" and (audience == "everyone" or (audience == "tenant" and tenant == "default"))
    assert in_force(known, user_id=user, tenant=tenant) == (own or shared)


def standing(*events: Rating | Review) -> dict[tuple[str, str | None, str], float | None]:
    found = [standing_ratings(order) for order in permutations(events)]
    assert [each for each in found if each != found[0]] == [], "the order of the events matters"
    return {about: rating.score for about, rating in found[0].items()}


def test_the_newest_verdict_of_a_person_on_a_turn_stands() -> None:
    down, up = a_rating(turn_id="t", score=0.0, **at(1)), a_rating(turn_id="t", score=1.0, **at(2))
    assert standing(down, up) == {("t", "ann", "thumbs"): 1.0}


def test_verdicts_on_other_turns_by_other_people_and_by_other_criteria_stand_beside_each_other() -> None:
    ratings = [
        a_rating(turn_id="t", score=0.0),
        a_rating(turn_id="u", score=1.0),
        a_rating(turn_id="t", score=0.5, user_id="ben"),
        a_rating(turn_id="t", score=0.25, key="tone"),
        a_rating(session_id="whole", score=0.75),
    ]
    assert standing(*ratings) == {
        ("t", "ann", "thumbs"): 0.0,
        ("u", "ann", "thumbs"): 1.0,
        ("t", "ben", "thumbs"): 0.5,
        ("t", "ann", "tone"): 0.25,
        ("whole", "ann", "thumbs"): 0.75,
    }


def test_a_verdict_that_was_retracted_or_taken_back_does_not_stand() -> None:
    first = a_rating(turn_id="t", **at(1))
    assert standing(first, a_rating(turn_id="t", score=None, **at(2))) == {}
    withdrawn = a_review(first, verdict="withdraw", **ANN, **at(3))
    assert standing(first, withdrawn) == {}
    restored = a_review(first, verdict="restore", **ANN, **at(4))
    assert standing(first, withdrawn, restored) == {("t", "ann", "thumbs"): 1.0}
    second = a_rating(turn_id="u", supersedes=first.event_id, score=0.0, **at(2))
    assert standing(first, second) == {("u", "ann", "thumbs"): 0.0}


def test_nobody_takes_back_the_verdict_of_another() -> None:
    first = a_rating(turn_id="t")
    theirs = a_rating(turn_id="u", user_id="ben", supersedes=first.event_id, score=0.0)
    withdrawn = a_review(first, verdict="withdraw", by="author", user_id="ben")
    elsewhere = a_review(first, verdict="withdraw", tenant="other")
    assert standing(first, theirs, withdrawn, elsewhere)["t", "ann", "thumbs"] == 1.0


def test_a_correction_is_in_force_from_its_time_on_and_until_its_end() -> None:
    known = stand(a_correction(valid_from=NOON, valid_until=NOON + timedelta(hours=1)), now=NOON - timedelta(days=1))
    assert known.state == "pending"
    minutes = {-1: False, 0: True, 59: True, 60: False}
    for minute, holds in minutes.items():
        assert in_force(known, user_id="ann", tenant="default", now=NOON + timedelta(minutes=minute)) == holds


def test_a_successor_that_holds_only_later_takes_over_only_then() -> None:
    old = a_correction(**at(0))
    new = a_correction(supersedes=old.event_id, valid_from=NOON + timedelta(hours=1), **at(1))
    known = stand(old, successors=[stand(new, now=NOON)], now=NOON)
    before, after = NOON + timedelta(minutes=59), NOON + timedelta(minutes=60)
    assert (as_of(known, before).state, as_of(known, after).state) == ("pending", "superseded")
    held = [
        [in_force(one, user_id="ann", tenant="default", now=moment) for one in (known, stand(new, now=NOON))]
        for moment in (before, after)
    ]
    assert held == [[True, False], [False, True]]


def test_a_successor_whose_time_had_come_when_it_was_made_takes_over_at_once() -> None:
    old = a_correction(**at(0))
    new = a_correction(supersedes=old.event_id, valid_from=NOON - timedelta(days=1), **at(1))
    known = stand(old, successors=[stand(new, now=NOON)], now=NOON)
    assert (known.state, known.replaced_at) == ("superseded", None)


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        (None, ["new", "new", "new", "new"]),
        (20, ["old", "new", "new", "new"]),
        (60, ["old", "old", "old", "new"]),
    ],
    ids=["at once", "earlier", "later"],
)
def test_what_replaces_a_scheduled_successor_before_its_time_says_alone_when_it_takes_over(
    holds: int | None, expected: list[str]
) -> None:
    """Else what was edited away would act for a while, or the old and the new at once."""

    def minute(number: int) -> datetime:
        return NOON + timedelta(minutes=number)

    old = a_correction(event_id="old", **at(0))
    scheduled = a_correction(event_id="scheduled", supersedes="old", valid_from=minute(40), **at(1))
    new = a_correction(event_id="new", supersedes="scheduled", valid_from=minute(holds) if holds else None, **at(2))
    last = stand(new, now=NOON)
    middle = stand(scheduled, successors=[last], now=NOON)
    known = [stand(old, successors=[middle], now=NOON), middle, last]
    held = [
        [one.id for one in known if in_force(one, user_id="ann", tenant="default", now=minute(moment))]
        for moment in (10, 30, 50, 70)
    ]
    assert held == [[each] for each in expected]


def test_what_replaces_a_scheduled_successor_after_its_time_changes_nothing_for_the_first() -> None:
    old = a_correction(**at(0))
    scheduled = a_correction(supersedes=old.event_id, valid_from=NOON + timedelta(minutes=40), **at(1))
    new = a_correction(supersedes=scheduled.event_id, **at(50))
    middle = stand(scheduled, successors=[stand(new, now=NOON)], now=NOON)
    assert middle.state == "superseded"
    assert stand(old, successors=[middle], now=NOON).replaced_at == NOON + timedelta(minutes=40)


def test_a_scheduled_successor_that_is_withdrawn_takes_over_from_nobody() -> None:
    old = a_correction(**at(0))
    new = a_correction(supersedes=old.event_id, valid_from=NOON + timedelta(hours=1), **at(1))
    withdrawn = stand(new, [a_review(new, verdict="withdraw", **ANN, **at(2))], now=NOON)
    assert stand(old, successors=[withdrawn], now=NOON + timedelta(days=1)).state == "pending"


def test_it_says_in_which_right_the_last_decision_was_made_and_when_it_was_restored() -> None:
    assert (after("").reviewed_as, after("approve by rita").reviewed_as) == (None, "reviewer")
    assert after("approve by rita, withdraw by policy").reviewed_as == "system"
    restored = after("approve by rita, withdraw by policy, restore by rita")
    assert (restored.reviewed_as, restored.updated_at) == ("reviewer", NOON + timedelta(minutes=3))
