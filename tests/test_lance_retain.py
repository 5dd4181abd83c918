"""What goes when records are kept for so many days alone, and what of the forgotten is still on the disk: nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from feedback_store.store import Erasure, Scope
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn

NOW = datetime.now(UTC)
OLD, BOUNDARY, YOUNG = NOW - timedelta(days=400), NOW - timedelta(days=100), NOW - timedelta(days=1)
ANN = Scope(user_id="ann", tenant="default")


def months(opener: Opener, family: str) -> set[str]:
    return {path.stem for path in opener.folder.glob(f"{family}_*.lance")}


def month(family: str, time: datetime) -> str:
    return f"{family}_{time:%Y_%m}"


def test_whole_months_are_dropped_and_what_is_younger_stays(opener: Opener) -> None:
    store = opener()
    old = [
        record
        for time in (OLD, BOUNDARY - timedelta(seconds=5))
        for record in (
            a_turn(created_at=time, prompt="an old secret"),
            a_rating(created_at=time, comment="an old secret"),
        )
    ]
    young = [
        make(created_at=time, session_id="session-2")
        for time in (BOUNDARY + timedelta(hours=20), YOUNG)  # the run may have begun long ago
        for make in (a_turn, a_rating)
    ]
    store.append([*old, *young])
    store.flush()
    assert store.retain(days=100) == Erasure(turns=2, events=2)
    assert store.turns() == young[::2]
    assert store.events() == young[1::2]
    assert months(opener, "turns") == {month("turns", young[0].created_at), month("turns", YOUNG)}
    assert months(opener, "events") == {month("events", young[0].created_at), month("events", YOUNG)}
    assert opener.files_with(b"an old secret") == set()
    assert store.retain(days=100) == Erasure()


def test_what_waits_in_the_spool_goes_too(opener: Opener) -> None:
    store = opener(freshness=timedelta(hours=1))
    store.append([a_turn(created_at=OLD, prompt="an old secret"), a_turn(created_at=YOUNG)])
    assert store.retain(days=100) == Erasure(turns=1)
    assert opener.files_with(b"an old secret") == set()


def test_corrections_that_act_stay_with_their_reviews_and_the_others_go_with_theirs(opener: Opener) -> None:
    store = opener(TrigramEmbeddings())
    names = ["pending", "active", "rejected", "withdrawn", "expired", "superseded"]
    store.append(a_correction(event_id=name, created_at=OLD) for name in names[:4])
    store.append(a_correction(event_id="expired", created_at=OLD, valid_until=OLD + timedelta(days=1)))
    store.append(a_correction(event_id="superseded", created_at=OLD))
    store.append([a_correction(event_id="young", supersedes="superseded"), a_correction(event_id="young-no")])
    verdicts = {"active": "approve", "rejected": "reject", "withdrawn": "withdraw", "young": "approve"}
    reviews = [a_review(name, created_at=OLD, verdict=verdict) for name, verdict in verdicts.items()]
    store.append([*reviews, a_review("young-no", verdict="reject")])
    assert {known.id: known.state for known in store.corrections()} == {
        **{name: name for name in names},
        "young": "active",
        "young-no": "rejected",
    }
    assert store.retain(days=100) == Erasure(events=6, corrections=4)
    states = {known.id: known.state for known in store.corrections()}
    assert states == {"pending": "pending", "active": "active", "young": "active", "young-no": "rejected"}
    left = {event.about for event in store.events(kinds=["review"]) if event.kind == "review"}
    assert left == {"active", "young", "young-no"}
    found = {one.known.id for one in store.similar_corrections("refunds", scope=ANN)}
    assert found == {"pending", "active", "young"}


def test_corrections_that_act_go_when_that_is_asked_for(opener: Opener) -> None:
    store = opener(TrigramEmbeddings())
    old, young = a_correction(created_at=OLD, question="an old secret"), a_correction(created_at=YOUNG)
    store.append([old, young, a_review(old, created_at=OLD, audience="everyone")])
    assert store.retain(days=100, corrections=True) == Erasure(events=2, corrections=1)
    assert [known.id for known in store.corrections()] == [young.event_id]
    assert [one.known.id for one in store.similar_corrections("an old secret", scope=ANN)] == [young.event_id]
    assert opener.files_with(b"an old secret") == set()


def test_a_young_rating_of_an_old_answer_is_still_found_by_its_turn(opener: Opener) -> None:
    store = opener()
    rating = a_rating(turn_id="old", created_at=YOUNG)
    store.append([a_turn(turn_id="old", created_at=OLD), a_rating(turn_id="old", created_at=OLD), rating])
    assert store.retain(days=100) == Erasure(turns=1, events=1)
    assert store.events(turn_ids=["old"]) == [rating]


@pytest.mark.parametrize("drained", [True, False])
def test_what_another_tenant_says_of_a_turn_that_is_erased_is_still_found_by_it(opener: Opener, drained: bool) -> None:
    store = opener()
    rating = a_rating(turn_id="t", tenant="other", user_id="zoe")
    store.append([a_turn(turn_id="t"), rating])
    if drained:
        store.flush()
    assert store.erase(user_id="ann") == Erasure(turns=1)
    assert store.events(turn_ids=["t"]) == [rating]


def test_what_was_dropped_may_be_told_again(opener: Opener) -> None:
    store = opener()
    turn = a_turn(created_at=OLD)
    store.append(turn)
    store.retain(days=100)
    assert store.append(turn).stored == (turn.turn_id,)
    store.flush()
    assert store.turns(turn_ids=[turn.turn_id]) == store.turns(session_id="session-1") == [turn]


def test_nothing_is_kept_for_no_days_but_corrections_that_act(opener: Opener) -> None:
    store = opener()
    correction = a_correction(created_at=YOUNG)
    store.append([a_turn(created_at=YOUNG), a_rating(created_at=YOUNG), correction])
    assert store.retain(days=0) == Erasure(turns=1, events=1)
    assert store.events() == [correction]
    assert months(opener, "turns") == months(opener, "events") == set()


@pytest.mark.parametrize("days", [-1, float("nan"), float("inf"), 365_001])
def test_days_that_are_none_are_refused_and_nothing_goes(opener: Opener, days: float) -> None:
    store = opener()
    store.append(a_turn(created_at=OLD))
    with pytest.raises(ValueError, match=f"days: given {days}, allowed are 0 to 365000"):
        store.retain(days=days)
    assert len(store.turns()) == 1


def test_the_longest_time_keeps_everything(opener: Opener) -> None:
    store = opener()
    store.append(a_turn(created_at=datetime(1500, 1, 1, tzinfo=UTC)))
    assert store.retain(days=365_000) == Erasure()
    assert len(store.turns()) == 1


def test_the_names_of_the_forgotten_leave_the_disk(opener: Opener) -> None:
    store = opener()
    store.append([a_turn(user_id="a-secret-name", session_id="a-secret-session"), a_turn()])
    assert opener.files_with(b"a-secret-name")
    assert store.erase(user_id="a-secret-name") == Erasure(turns=1)
    assert opener.files_with(b"a-secret-name") == opener.files_with(b"a-secret-session") == set()


def test_two_who_ask_at_once_are_both_answered(opener: Opener) -> None:
    store, other = opener(), opener()
    store.append([a_turn(user_id=f"user-{number}") for number in range(4)])
    asked = [one._parts.ledger.ask({"task": "retain", "days": 1, "corrections": False}) for one in (store, other)]  # pyright: ignore[reportPrivateUsage]
    assert store.erase(user_id="user-1") == Erasure(turns=1)
    assert [other._parts.ledger.outcome(each) for each in asked] == [  # pyright: ignore[reportPrivateUsage]
        ({"turns": 0, "events": 0, "corrections": 0}, None)
    ] * 2
    assert len(other.turns()) == 3
