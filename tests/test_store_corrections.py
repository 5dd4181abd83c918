"""What every store does with corrections: each is found at the next question by those whom it concerns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from feedback_store.events import Correction, Feedback
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
