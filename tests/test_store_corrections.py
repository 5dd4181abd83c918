"""What every store does with corrections: each is found at the next question by those whom it concerns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from feedback_store.events import Correction, Feedback
from feedback_store.kinds import MOST_ALWAYS
from feedback_store.lancedb import LanceStore
from feedback_store.standing import State
from feedback_store.store import FeedbackStore, Scope
from tests.records import a_correction, a_review

QUESTION = "How long do refunds take?"
ANN = Scope(user_id="ann", tenant="default")
BEN = Scope(user_id="ben", tenant="default")
ELSEWHERE = Scope(user_id="ann", tenant="other")
NOBODY = Scope()
EVERYBODY = (ANN, BEN, ELSEWHERE, NOBODY)
SOON = datetime.now(UTC) + timedelta(days=1)
PAST = datetime.now(UTC) - timedelta(seconds=1)


def seen(store: FeedbackStore, scope: Scope) -> list[str]:
    return [candidate.known.id for candidate in store.similar_corrections(QUESTION, scope=scope)]


def test_a_correction_is_found_at_the_next_question_by_its_author_alone(store: FeedbackStore) -> None:
    correction = a_correction()
    store.append(correction)
    assert seen(store, ANN) == [correction.event_id]
    for other in (BEN, ELSEWHERE, NOBODY, Scope(user_id="ann"), Scope(tenant="default")):
        assert seen(store, other) == []


def test_a_correction_without_an_author_acts_on_nobody_until_it_is_approved(store: FeedbackStore) -> None:
    correction = a_correction(user_id=None)
    store.append(correction)
    assert [seen(store, scope) for scope in EVERYBODY] == [[], [], [], []]
    store.append(a_review(correction))
    assert [seen(store, scope) for scope in EVERYBODY] == [[correction.event_id], [correction.event_id], [], []]


@pytest.mark.parametrize(
    ("audience", "reach"),
    [("author", (1, 0, 0, 0)), ("tenant", (1, 1, 0, 0)), ("everyone", (1, 1, 1, 1))],
)
def test_an_approved_correction_reaches_its_audience(
    store: FeedbackStore, audience: str, reach: tuple[int, ...]
) -> None:
    correction = a_correction()
    store.append([correction, a_review(correction, audience=audience)])
    assert tuple(len(seen(store, scope)) for scope in EVERYBODY) == reach
    [known] = store.corrections()
    assert (known.state, known.audience, known.reviewed_by) == ("active", audience, "rita")


def ends() -> dict[str, tuple[str, Callable[[Correction], Feedback]]]:
    return {
        "rejected": ("rejected", lambda one: a_review(one, verdict="reject")),
        "withdrawn by its author": (
            "withdrawn",
            lambda one: a_review(one, verdict="withdraw", by="author", user_id="ann"),
        ),
        "withdrawn by the policy": (
            "withdrawn",
            lambda one: a_review(one, verdict="withdraw", by="system", user_id=None),
        ),
        "superseded": (
            "superseded",
            lambda one: a_correction(supersedes=one.event_id, question="Where is the moon?", corrected="Up."),
        ),
    }


@pytest.mark.parametrize(("state", "end"), ends().values(), ids=ends())
def test_a_correction_that_ends_is_gone_at_the_next_question(
    store: FeedbackStore, state: str, end: Callable[[Correction], Feedback]
) -> None:
    correction = a_correction()
    store.append(correction)
    assert seen(store, ANN) == [correction.event_id]
    store.append(end(correction))
    assert correction.event_id not in seen(store, ANN)
    assert [known.state for known in store.corrections(event_ids=[correction.event_id])] == [state]


def test_an_approved_correction_that_is_withdrawn_is_gone_for_everyone_and_comes_back_restored(
    store: FeedbackStore,
) -> None:
    correction = a_correction()
    store.append([correction, a_review(correction, audience="everyone")])
    store.append(a_review(correction, verdict="withdraw"))
    assert [seen(store, scope) for scope in EVERYBODY] == [[], [], [], []]
    store.append(a_review(correction, verdict="restore"))
    assert [len(seen(store, scope)) for scope in EVERYBODY] == [1, 1, 1, 1]


def test_a_correction_acts_until_the_end_of_its_validity(store: FeedbackStore) -> None:
    valid, over = a_correction(valid_until=SOON), a_correction(valid_until=PAST)
    store.append([valid, over, a_review(valid), a_review(over)])
    assert seen(store, BEN) == [valid.event_id]
    assert {known.id: known.state for known in store.corrections()} == {
        valid.event_id: "active",
        over.event_id: "expired",
    }


def test_events_about_a_correction_may_arrive_in_any_order_and_twice(store: FeedbackStore) -> None:
    orders = list(permutations(range(4)))
    for number, order in enumerate(orders):
        old = a_correction(event_id=f"old-{number}", created_at=PAST)
        new = a_correction(event_id=f"new-{number}", supersedes=f"old-{number}", corrected="Refunds take five days.")
        approval = a_review(old, audience="everyone")
        withdrawal = a_review(new, verdict="withdraw", by="author", user_id="ann")
        events = [old, new, approval, withdrawal]
        for place in (*order, order[0]):
            store.append(events[place])
    found = {known.id: (known.state, known.audience) for known in store.corrections()}
    assert {found[f"old-{number}"] for number in range(len(orders))} == {("active", "everyone")}
    assert {found[f"new-{number}"] for number in range(len(orders))} == {("withdrawn", "author")}


def test_corrections_are_listed_by_state_author_and_tenant(store: FeedbackStore) -> None:
    pending, active, over = a_correction(), a_correction(user_id="ben"), a_correction(valid_until=PAST)
    elsewhere = a_correction(tenant="other")
    store.append(
        [pending, active, over, elsewhere, a_review(active), a_review(elsewhere, tenant="other", verdict="reject")]
    )

    def listed(**asked: Any) -> set[str]:
        return {known.id for known in store.corrections(**asked)}

    assert listed(states=["pending"]) == {pending.event_id}
    assert listed(states=["active", "expired"]) == {active.event_id, over.event_id}
    assert listed(states=["rejected"], tenant="other") == {elsewhere.event_id}
    assert listed(states=["rejected"], tenant="default") == listed(states=[]) == set()
    assert listed(user_id="ben") == {active.event_id}
    assert listed(event_ids=[over.event_id, "unknown"]) == {over.event_id}


@pytest.mark.parametrize("type_", ["style", "term"])
def test_a_way_to_answer_comes_back_for_every_question_of_those_whom_it_reaches(
    store: FeedbackStore, type_: str
) -> None:
    style = a_correction(type=type_, question="Where is the moon?", corrected="", guidance="Answer in one sentence.")
    store.append([style, *(a_correction(question=f"{QUESTION} {n}") for n in range(5))])
    for question in ("Which colours are sold?", "zzz"):
        found = store.similar_corrections(question, scope=ANN, limit=3)
        assert [one.known.id for one in found if one.known.correction.type == type_] == [style.event_id]
        assert len(found) <= 4
    assert [seen(store, scope) for scope in EVERYBODY[1:]] == [[], [], []]
    store.append(a_review(style, audience="everyone"))
    assert [seen(store, scope) for scope in EVERYBODY[1:]] == [[style.event_id]] * 3
    store.append(a_review(style, verdict="withdraw", by="system", user_id=None))
    assert [seen(store, scope) for scope in EVERYBODY[1:]] == [[], [], []]
    assert style.event_id not in seen(store, ANN)


def test_a_way_to_answer_with_a_condition_is_found_by_it_and_takes_its_place_among_the_nearest(
    store: FeedbackStore,
) -> None:
    style = a_correction(type="style", question="q", corrected="", guidance="g", condition="gift cards", answer="")
    store.append([style, *(a_correction(question=f"gift vouchers {n}") for n in range(3))])
    assert len(store.similar_corrections("A gift card?", scope=ANN, limit=2)) == 2
    assert style.event_id in [one.known.id for one in store.similar_corrections("gift cards", scope=ANN, limit=2)]


def test_of_many_ways_to_answer_the_newest_come_back_newest_first_and_none_where_none_is_asked_for(
    store: FeedbackStore,
) -> None:
    styles = [
        a_correction(type="style", corrected="", guidance=f"Rule {n}.", created_at=PAST - timedelta(minutes=n))
        for n in range(MOST_ALWAYS + 3)
    ]
    store.append(styles)
    assert seen(store, ANN) == [one.event_id for one in styles[:MOST_ALWAYS]]
    assert store.similar_corrections(QUESTION, scope=ANN, limit=0) == []
    newer = a_correction(type="style", corrected="", guidance="Newer.")
    store.append(newer)
    assert seen(store, ANN) == [newer.event_id, *(one.event_id for one in styles[: MOST_ALWAYS - 1])]


def test_a_correction_acts_from_its_time_on(store: FeedbackStore) -> None:
    later, over, style = (
        a_correction(valid_from=SOON),
        a_correction(valid_from=PAST - timedelta(days=1), valid_until=PAST),
        a_correction(type="style", valid_from=SOON),
    )
    now = a_correction(valid_from=PAST)
    store.append([later, now, over, style])
    assert seen(store, ANN) == [now.event_id]
    assert {known.id: known.state for known in store.corrections()} == {
        later.event_id: "pending",
        now.event_id: "pending",
        over.event_id: "expired",
        style.event_id: "pending",
    }


def test_a_successor_that_holds_only_later_leaves_its_predecessor_in_force_until_then(store: FeedbackStore) -> None:
    old = a_correction()
    scheduled = a_correction(supersedes=old.event_id, valid_from=SOON, corrected="Refunds take five days.")
    store.append([old, scheduled])
    assert seen(store, ANN) == [old.event_id]
    at_once = a_correction(supersedes=old.event_id, corrected="Refunds take nine days.")
    store.append(at_once)
    assert seen(store, ANN) == [at_once.event_id]


def test_a_successor_whose_time_has_come_since_it_was_made_has_taken_over(store: FeedbackStore) -> None:
    old = a_correction(created_at=PAST - timedelta(days=3))
    new = a_correction(supersedes=old.event_id, created_at=PAST - timedelta(days=2), valid_from=PAST)
    store.append([old, new])
    assert seen(store, ANN) == [new.event_id]
    assert {known.id: known.state for known in store.corrections()} == {
        old.event_id: "superseded",
        new.event_id: "pending",
    }
    store.append(a_review(new, verdict="withdraw"))
    assert seen(store, ANN) == [old.event_id]


def test_a_correction_whose_successor_has_taken_over_since_is_listed_as_superseded(store: FeedbackStore) -> None:
    over = a_correction(created_at=PAST - timedelta(days=5), valid_until=PAST)
    replaced, later = (a_correction(created_at=PAST - timedelta(days=days)) for days in (4, 3))
    new = a_correction(supersedes=replaced.event_id, created_at=PAST - timedelta(days=2), valid_from=PAST)
    scheduled = a_correction(supersedes=later.event_id, created_at=PAST - timedelta(days=1), valid_from=SOON)
    store.append([over, replaced, later, new, scheduled])

    def listed(*states: State, limit: int | None = None) -> list[str]:
        return [known.id for known in store.corrections(states=states, limit=limit)]

    for _ in range(2):  # as it waits, and as it lies in the tables
        assert listed("superseded") == listed("superseded", limit=1) == [replaced.event_id]
        assert listed("expired") == listed("expired", limit=1) == [over.event_id]
        assert listed("expired", "superseded", limit=1) == [replaced.event_id]
        assert listed("pending") == [later.event_id, new.event_id, scheduled.event_id]
        assert listed("pending", limit=2) == [new.event_id, scheduled.event_id]
        if isinstance(store, LanceStore):
            store.flush()
