"""What every store does with records: keep each once, whole, and give it back."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from feedback_store.events import Correction, InvalidFeedback, Rating, Signal, Span, Turn
from feedback_store.limits import MAX_TEXT, new_id
from feedback_store.store import FeedbackStore, Scope, StoreError
from tests.records import a_correction, a_rating, a_review, a_turn

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEXTS = [
    "\U0001f469\U0001f3fd\u200d\U0001f680 four code points, \U0001d56c\U00010348 beyond the first plane",
    "\u05e9\u05dc\u05d5\u05dd \u202e right to left \u202c \u0645\u0631\u062d\u0628\u0627",
    "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0",
    "quote ' and '' and \" and \\' and `",
    "') or 1=1 --",
    "line\nbreak\r\n\ttab \u2028 \x7f",
    "\ufeffmark, e\u0301 and \u00e9",
    "",
]


def test_a_record_that_is_appended_twice_is_kept_once(store: FeedbackStore, turn: Callable[..., Turn]) -> None:
    asked, rating = turn(), a_rating()
    first, second = store.append([asked, rating]), store.append([asked, rating])
    assert (first.stored, first.known) == ((asked.turn_id, rating.event_id), ())
    assert (second.stored, second.known) == ((), (asked.turn_id, rating.event_id))
    assert (store.turns(), store.events()) == ([asked], [rating])


def test_a_record_that_stands_twice_in_a_batch_is_kept_once(store: FeedbackStore) -> None:
    rating, turn, correction = a_rating(), a_turn(), a_correction()
    receipt = store.append([rating, turn, rating, correction, turn, correction])
    assert sorted(receipt.stored) == sorted([rating.event_id, turn.turn_id, correction.event_id])
    assert (len(store.turns()), len(store.events()), len(store.corrections())) == (1, 2, 1)


def test_of_two_events_with_one_id_the_first_stays(store: FeedbackStore) -> None:
    first = a_rating(score=1.0)
    other = first.model_copy(update={"score": 0.0})
    store.append(first)
    assert store.append([other, a_rating(event_id="another")]).known == (first.event_id,)
    assert store.events(event_ids=[first.event_id]) == [first]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
def test_an_ended_turn_replaces_the_asked_one_and_nothing_replaces_it(store: FeedbackStore, together: bool) -> None:
    asked = a_turn(status="asked")
    ended = asked.model_copy(update={"status": "answered", "response": "Ten days."})
    again = asked.model_copy(update={"status": "failed", "response": "Something else."})
    for records in [[asked, ended, asked, again]] if together else [[asked], [ended], [asked], [again]]:
        store.append(records)
    assert store.turns() == [ended]


def test_a_turn_that_is_asked_again_under_its_id_stays_as_it_was_first_asked(store: FeedbackStore) -> None:
    asked = a_turn(status="asked")
    again = asked.model_copy(update={"prompt": "Something else?"})
    store.append([asked, again])
    assert store.append([again, a_turn()]).known == (asked.turn_id,)
    assert store.turns(turn_ids=[asked.turn_id]) == [asked]


def test_a_turn_whose_end_arrives_before_its_asking_is_ended(store: FeedbackStore) -> None:
    asked = a_turn(status="asked")
    ended = asked.model_copy(update={"status": "stopped"})
    assert store.append(ended).stored == (ended.turn_id,)
    assert store.append(asked).known == (asked.turn_id,)
    assert store.turns() == [ended]


def test_one_record_many_records_and_none_are_taken(store: FeedbackStore) -> None:
    ratings = [a_rating(created_at=NOON + timedelta(seconds=n)) for n in range(3)]
    store.append(ratings[0])
    store.append(rating for rating in ratings[1:])
    assert store.append([]).stored == ()
    assert store.events() == ratings


def test_records_come_back_whole(store: FeedbackStore) -> None:
    turn = a_turn(
        created_at=NOON,
        params={"temperature": 0.1, "stop": ["a", None], "nested": {"x": [1, 2.5, True]}},
        latency_ms=12.5,
        input_tokens=2**53,
        document_ids=("doc 1", "doc/2"),
        correction_ids=(new_id(),),
        tags=("a", "b"),
        error="it broke",
        displayed="Ten",
    )
    events = [
        a_rating(reasons=("wrong", "unsafe"), comment="no", span=Span(start=0, end=2, text="Te"), score=None),
        a_correction(details={"sources": [{"url": "x"}]}, valid_until=NOON + timedelta(days=9), edit_distance=0.25),
        Signal(session_id="s", name="dwell", value=1234.5678901234567, unit="ms", seq=3),
        a_review("nobody", verdict="edit", note="see there"),
    ]
    store.append([turn, *events])
    assert store.turns() == [turn]
    assert {event.event_id: event for event in store.events()} == {event.event_id: event for event in events}


@pytest.mark.parametrize("text", [*TEXTS, "a" * MAX_TEXT, "🙂" * MAX_TEXT], ids=lambda text: repr(text[:8]))
def test_any_text_comes_back_byte_by_byte(store: FeedbackStore, text: str) -> None:
    turn = a_turn(prompt=text, response=text, user_id=text[:200] or None)
    correction = a_correction(question=text, corrected=text or "x", details={"said": text[:1000], text[:50]: 1})
    store.append([turn, correction])
    assert store.turns(user_id=turn.user_id) == [turn]
    assert store.corrections(event_ids=[correction.event_id])[0].correction == correction
    found = store.similar_corrections(text, scope=Scope(user_id="ann", tenant="default"))
    assert [candidate.known.correction for candidate in found] in ([correction], [])


def test_what_happens_to_a_record_outside_the_store_changes_nothing_inside(store: FeedbackStore) -> None:
    correction = a_correction(details={"sources": ["handbook"]})
    untouched = correction.model_copy(deep=True)
    store.append(correction)
    cast("list[str]", correction.details["sources"]).append("changed by its maker")
    for held in (store.events()[0], store.corrections()[0].correction):
        assert held == untouched
        cast("dict[str, Any]", cast("Correction", held).details)["sources"] = "changed by its reader"
    assert store.events() == [untouched]
    assert store.corrections()[0].correction == untouched


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"kind": "rating"}, id="a mapping"),
        pytest.param("text", id="a text"),
        pytest.param(Rating.model_construct(session_id="s", score=7.0), id="a record made without its checks"),
        pytest.param(Turn.model_construct(session_id="s", prompt="\ud800"), id="half a character"),
        pytest.param(a_turn().model_copy(update={"prompt": "a\0b"}), id="the character NUL"),
        pytest.param(a_turn().model_copy(update={"latency_ms": float("nan")}), id="a number that is none"),
    ],
)
def test_what_is_no_record_is_refused_and_the_batch_with_it(store: FeedbackStore, wrong: Any) -> None:
    with pytest.raises(InvalidFeedback):
        store.append([a_rating(), wrong])
    assert (store.turns(), store.events()) == ([], [])


def test_records_come_oldest_first_however_they_arrived_and_a_limit_gives_the_newest(store: FeedbackStore) -> None:
    times = [NOON + timedelta(minutes=n) for n in range(6)]
    for number in (3, 0, 5, 1, 4, 2):
        at: dict[str, Any] = {"created_at": times[number]}
        store.append([a_turn(**at), a_rating(**at), a_correction(**at)])
    assert [turn.created_at for turn in store.turns()] == times
    assert [turn.created_at for turn in store.turns(limit=2)] == times[-2:]
    assert [event.created_at for event in store.events(kinds=["rating"], limit=4)] == times[-4:]
    assert [known.correction.created_at for known in store.corrections(limit=99)] == times
    assert [known.correction.created_at for known in store.corrections(limit=1)] == times[-1:]
    assert (store.turns(limit=0), store.events(limit=0), store.corrections(limit=0)) == ([], [], [])


def test_records_of_one_moment_come_in_the_order_of_their_ids(store: FeedbackStore) -> None:
    store.append([a_rating(event_id=event_id, created_at=NOON) for event_id in ("b", "c", "a")])
    assert [event.event_id for event in store.events()] == ["a", "b", "c"]
    assert [event.event_id for event in store.events(limit=2)] == ["b", "c"]


def test_a_negative_limit_is_refused(store: FeedbackStore) -> None:
    scope = Scope(user_id="ann", tenant="default")
    for read in (store.turns, store.events, store.corrections):
        with pytest.raises(ValueError, match="limit: given -1"):
            read(limit=-1)
    with pytest.raises(ValueError, match="limit: given -1"):
        store.similar_corrections("x", scope=scope, limit=-1)


def test_many_ids_are_looked_up_at_once(store: FeedbackStore) -> None:
    kept = [a_rating(event_id=f"e{n}") for n in range(3)]
    store.append(kept)
    assert len(store.events(event_ids=[f"e{n}" for n in range(5_000)])) == 3


def test_threads_that_append_at_once_lose_nothing_and_keep_nothing_twice(store: FeedbackStore) -> None:
    shared = [a_rating(event_id=f"shared-{n}") for n in range(5)]

    def write(thread: int) -> None:
        for number in range(5):
            store.append(
                [a_rating(event_id=f"own-{thread}-{number}"), shared[number], a_correction(event_id=f"c-{number}")]
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    ids = [event.event_id for event in store.events()]
    assert len(ids) == len(set(ids)) == 8 * 5 + 5 + 5
    assert len(store.corrections()) == 5


def test_a_closed_store_says_so(store: FeedbackStore) -> None:
    store.append(a_turn())
    store.close()
    store.close()
    uses: list[Callable[[], object]] = [
        lambda: store.append(a_rating()),
        store.turns,
        store.events,
        store.corrections,
        lambda: store.similar_corrections("x", scope=Scope()),
        lambda: store.likeness("x", "y"),
        lambda: store.erase(user_id="ann"),
    ]
    for use in uses:
        with pytest.raises(StoreError, match="closed"):
            use()


def test_a_record_s_json_is_the_same_after_the_store(store: FeedbackStore) -> None:
    rating = a_rating(metadata={"b": 1, "a": [1.5, None, {"z": "é"}]})
    store.append(rating)
    assert json.loads(store.events()[0].model_dump_json()) == json.loads(rating.model_dump_json())
