"""What is acknowledged acts at once, in every process, though the process that drains does nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from feedback_store.events import AnyRecord, Correction
from feedback_store.lancedb import LanceStore
from feedback_store.memory import MemoryStore
from feedback_store.store import FeedbackStore, Scope
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.other_process import Other
from tests.records import a_correction, a_review
from tests.waiting import until

QUESTION = "How long do refunds take?"
ANN = Scope(user_id="ann", tenant="default")
USERS = ("ann", "ben", "nobody")


@pytest.fixture(scope="module")
def draining() -> Iterator[Other]:
    """The process that has the drainer."""
    with Other() as draining:
        yield draining


@pytest.fixture(scope="module")
def reading() -> Iterator[Other]:
    """The process that reads."""
    with Other() as reading:
        yield reading


@pytest.fixture
def store(opener: Opener, draining: Other, reading: Other) -> Iterator[LanceStore]:
    """A store that another process drains, which is stopped, and that a third one reads."""
    assert draining.do("open", str(opener.folder)) == "this process"
    assert reading.do("open", str(opener.folder)) == "another process"
    store = opener(TrigramEmbeddings())
    draining.stop()
    yield store
    draining.go_on()
    store.close()
    reading.do("close")
    draining.do("close")


def seen_in(store: FeedbackStore) -> tuple[dict[str, str], list[object]]:
    """Return the states of all corrections, and what everybody finds, with how near it is."""
    found: list[object] = []
    for user in USERS:
        scope = Scope(user_id=user, tenant="default")
        candidates = store.similar_corrections(QUESTION, scope=scope, limit=1_000)
        found.append({one.known.id: one.similarity for one in candidates})
    return {known.id: known.state for known in store.corrections()}, found


def seen_by(process: Other) -> tuple[dict[str, str], list[object]]:
    return process.do("states"), [process.do("found", QUESTION, user) for user in USERS]


def same(seen: tuple[dict[str, str], list[object]]) -> object:
    states, found = seen
    return states, [pytest.approx(each, abs=1e-4) for each in found]


def check(store: LanceStore, reading: Other, *acts: list[AnyRecord]) -> MemoryStore:
    """Do the acts one after the other, and compare what is seen with what a store in memory sees."""
    oracle = MemoryStore(embeddings=TrigramEmbeddings())
    for records in acts:
        store.append(records)
        oracle.append(records)
        expected = same(seen_in(oracle))
        assert seen_by(reading) == expected
        assert seen_in(store) == expected
    return oracle


def test_acts_count_at_once_while_the_process_that_drains_is_stopped(
    store: LanceStore, reading: Other, draining: Other
) -> None:
    old, new = a_correction(event_id="old"), a_correction(event_id="new", supersedes="old", guidance="Say so.")
    acts: list[list[AnyRecord]] = [
        [old],
        [a_review("old", audience="tenant")],
        [a_review("old", verdict="withdraw", by="author", user_id="ann")],
        [a_review("old", verdict="restore", by="author", user_id="ann")],
        [new],
        [a_review("new", audience="tenant")],
        [a_review("new", verdict="withdraw")],
        [a_review("old", verdict="reject")],
        [a_review("old", audience="everyone"), a_review("new", verdict="restore")],
    ]
    oracle = check(store, reading, *acts)
    assert store.status().waiting == len([record for act in acts for record in act])
    draining.go_on()
    store.flush()
    assert seen_by(reading) == same(seen_in(oracle))
    assert seen_in(store) == same(seen_in(oracle))


def test_acts_on_what_is_drained_count_at_once_while_the_process_that_drains_is_stopped(
    store: LanceStore, reading: Other, draining: Other
) -> None:
    draining.go_on()
    first: list[AnyRecord] = [a_correction(event_id="old"), a_review("old"), a_correction(event_id="other")]
    oracle = MemoryStore(embeddings=TrigramEmbeddings())
    store.append(first)
    oracle.append(first)
    store.flush()
    assert seen_by(reading) == same(seen_in(oracle))
    draining.stop()
    for act in (
        a_review("old", verdict="withdraw"),
        a_review("other", audience="everyone"),
        a_correction(event_id="new", user_id="ben", supersedes="other"),
        a_review("new", audience="everyone"),
        a_review("old", verdict="restore"),
    ):
        oracle.append(act)
        store.append(act)
        assert seen_by(reading) == same(seen_in(oracle))
    assert store.status().waiting == 5


def test_an_expired_correction_waits_and_acts_no_more(store: LanceStore, reading: Other) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    store.append([a_correction(event_id="brief", valid_until=soon), a_review("brief", audience="everyone")])
    until(lambda: datetime.now(UTC) > soon)
    assert seen_by(reading) == ({"brief": "expired"}, [{}, {}, {}])
    assert store.corrections(states=["active"]) == []


def test_filters_and_limits_count_what_waits(store: LanceStore) -> None:
    store.append([a_correction(event_id=f"c-{number}", user_id="ann" if number % 2 else "ben") for number in range(6)])
    store.append([a_review("c-0"), a_review("c-5", verdict="reject")])
    ids = ["c-5", "c-4", "none"]
    assert [known.id for known in store.corrections(limit=2)] == ["c-4", "c-5"]
    assert [known.id for known in store.corrections(states=["pending"], user_id="ben", limit=1)] == ["c-4"]
    assert [known.id for known in store.corrections(event_ids=ids, tenant="default")] == ["c-4", "c-5"]
    assert store.corrections(tenant="other") == store.corrections(event_ids=[]) == store.corrections(limit=0) == []


def test_what_a_caller_does_to_what_it_was_given_changes_nothing(store: LanceStore) -> None:
    store.append(a_correction(details={"field": "kept"}))
    for known in (*store.corrections(), *(one.known for one in store.similar_corrections(QUESTION, scope=ANN))):
        known.correction.details["field"] = "changed"
    assert [known.correction.details for known in store.corrections()] == [{"field": "kept"}]


def random_acts(dice: Random, count: int) -> Iterator[list[AnyRecord]]:
    """Yield acts of all kinds on ever the same few corrections."""
    made: list[Correction] = []
    for number in range(count):
        if not made or dice.random() < 0.3:
            parent = dice.choice(made).event_id if made and dice.random() < 0.5 else None
            user = dice.choice(USERS[:2])
            words = " ".join(dice.sample(["refunds", "take", "days", "always", "never", "ask"], 3))
            made.append(a_correction(event_id=f"c-{number}", user_id=user, supersedes=parent, guidance=words))
            yield [made[-1]]
        else:
            about = dice.choice(made[-6:])
            by = dice.choice(["author", "reviewer", "system"])
            verdict = dice.choice(["approve", "reject", "withdraw", "restore"])
            audience = dice.choice(["author", "tenant", "everyone"])
            yield [a_review(about, by=by, verdict=verdict, audience=audience, user_id=about.user_id)]


@pytest.mark.parametrize("count", [25, pytest.param(1_500, marks=pytest.mark.slow)])
def test_any_acts_count_at_once_while_they_are_drained_elsewhere(
    store: LanceStore, reading: Other, draining: Other, count: int
) -> None:
    draining.go_on()
    check(store, reading, *random_acts(Random(count), count))  # noqa: S311  # repeatable dice, no secret
