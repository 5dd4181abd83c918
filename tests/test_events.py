"""What a record may hold: every limit, strict reading, and ids in the order of their making."""

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feedback_store.events import (
    Correction,
    InvalidFeedback,
    Rating,
    Review,
    Signal,
    Span,
    Turn,
    parse_feedback,
    parse_record,
)
from feedback_store.limits import MAX_DETAILS, MAX_NOTE, MAX_TEXT, new_id
from tests.records import a_correction, a_rating, a_turn

RATING: dict[str, Any] = {"kind": "rating", "session_id": "s", "score": 1.0}
CORRECTION: dict[str, Any] = {"kind": "correction", "session_id": "s", "question": "q", "corrected": "c"}
SIGNAL: dict[str, Any] = {"kind": "signal", "session_id": "s", "name": "dwell", "value": 1.0, "unit": "ms"}
REVIEW: dict[str, Any] = {"kind": "review", "session_id": "s", "about": "e", "verdict": "approve", "by": "reviewer"}
TURN: dict[str, Any] = {"kind": "turn", "session_id": "s", "prompt": "p"}


BOUNDS: list[tuple[dict[str, Any], str, list[Any], list[Any]]] = [
    (TURN, "prompt", ["", "a" * MAX_TEXT], ["a" * (MAX_TEXT + 1), None, 1]),
    (TURN, "session_id", ["a", "A-9" * 21], ["", "a b", "a/b", "a\n", "\u0430", "a" * 65, None]),
    (TURN, "tenant", ["a", "\u0430 b/c' --", "a" * 200], ["", "a" * 201, None, "a\0"]),
    (TURN, "user_id", [None, "ann@example.org"], ["", "a" * 201]),
    (TURN, "index", [0, 2**53], [-1, 2**53 + 1, 1.5, "1", True]),
    (TURN, "latency_ms", [None, 0, 1.5], [-0.1, "1"]),
    (TURN, "document_ids", [[], ["d"] * 200], [["d"] * 201, "d", [""]]),
    (TURN, "params", [{}, {"a": [None, 1, True, {"b": "c"}]}], [None, [], "{}"]),
    (TURN, "status", ["asked", "stopped"], ["", "ASKED", None]),
    (RATING, "score", [None, 0, 1, 0.5], [-0.001, 1.001, 999_999, "1", True, [], 9_007_199_254_740_993]),
    (RATING, "reasons", [[], ["wrong"] * 20], [["wrong"] * 21, ["a" * 201]]),
    (RATING, "comment", ["", "a" * MAX_NOTE], ["a" * (MAX_NOTE + 1), None]),
    (RATING, "schema_version", [1], [0, 2, "1", None]),
    (CORRECTION, "corrected", ["a" * MAX_TEXT], ["", " \n\t", "a" * (MAX_TEXT + 1), None]),
    (CORRECTION, "edit_distance", [None, 0, 1], [-0.1, 1.1]),
    (CORRECTION, "source", ["form", "rewrite", "reviewer"], ["import", None]),
    (CORRECTION, "details", [{"a": "b" * (MAX_DETAILS - 9)}], [{"a": "b" * (MAX_DETAILS - 8)}]),
    (
        CORRECTION,
        "span",
        [None, {"start": 0, "end": 1, "text": "a"}],
        [{"start": 1, "end": 1, "text": ""}, {"start": 0}],
    ),
    (SIGNAL, "value", [0, 1e9], [-1, 1e9 + 1, None]),
    (SIGNAL, "name", ["dwell", "copy"], ["keylog", "", None]),
    (REVIEW, "verdict", ["approve", "restore"], ["delete", None]),
    (REVIEW, "audience", ["author", "everyone"], ["nobody", None]),
    (REVIEW, "about", ["e" * 64], ["", "../e", None]),
]


@pytest.mark.parametrize(("base", "field", "allowed", "refused"), BOUNDS, ids=[bound[1] for bound in BOUNDS])
def test_each_field_has_its_bounds(base: dict[str, Any], field: str, allowed: list[Any], refused: list[Any]) -> None:
    for value in allowed:
        record = parse_record(base | {field: value})
        assert json.loads(record.model_dump_json())[field] == value
    for value in refused:
        with pytest.raises(InvalidFeedback, match=field):
            parse_record(base | {field: value})


@pytest.mark.parametrize(
    "time",
    ["2026-06-01T12:00:00", "noon", "", 0, 1.5, None, "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00"],
)
def test_a_time_without_a_zone_or_that_is_none_is_refused(time: object) -> None:
    with pytest.raises(InvalidFeedback, match="created_at"):
        parse_record(RATING | {"created_at": time})


def test_times_are_kept_in_utc() -> None:
    rating = parse_record(RATING | {"created_at": "2026-06-01T12:00:00.123456+05:30"})
    assert rating.created_at == datetime(2026, 6, 1, 6, 30, 0, 123456, tzinfo=UTC)
    assert rating.created_at.utcoffset() == timedelta(0)
    tokyo = datetime(2026, 6, 1, 21, tzinfo=timezone(timedelta(hours=9)))
    correction = a_correction(valid_until=tokyo)
    assert (correction.valid_until, str(correction.valid_until)) == (tokyo, "2026-06-01 12:00:00+00:00")


@pytest.mark.parametrize("field", ["question", "corrected", "guidance", "category", "tenant"])
@pytest.mark.parametrize(("character", "told"), [("\0", "NUL"), ("\ud800", "surrogate")])
def test_what_no_store_can_hold_is_refused_in_every_text(field: str, character: str, told: str) -> None:
    text = f"a{character}b"
    with pytest.raises(InvalidFeedback, match=told):
        parse_record(json.dumps(CORRECTION | {field: text}))
    with pytest.raises(ValidationError):
        a_correction(**{field: text})


@pytest.mark.parametrize("details", [{"a": "\0"}, {"a": ["b", {"c": "\ud800"}]}, {"\ud800": 1}, {"a": {"\0": None}}])
def test_what_no_store_can_hold_is_refused_in_nested_details(details: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="not allowed"):
        a_correction(details=details)
    with pytest.raises(InvalidFeedback, match="not allowed"):
        parse_record(CORRECTION | {"details": details})


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_is_none_is_refused(token: str) -> None:
    for json_text in (
        f'{{"kind":"rating","session_id":"s","score":{token}}}',
        f'{{"kind":"rating","session_id":"s","score":1,"metadata":{{"a":[{token}]}}}}',
    ):
        with pytest.raises(InvalidFeedback):
            parse_record(json_text)
    with pytest.raises(ValidationError):
        a_rating(metadata={"a": float(token)})


@pytest.mark.parametrize(
    "text",
    [
        '{"kind":"rating","session_id":"s","score":1,"score":0}',
        '{"kind":"rating","session_id":"s","score":1,"metadata":{"a":{"b":1,"b":2}}}',
        '{"kind":"rating","kind":"review","session_id":"s","score":1}',
    ],
)
def test_a_field_that_is_given_twice_is_refused(text: str) -> None:
    with pytest.raises(InvalidFeedback, match="given twice"):
        parse_record(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "}{",
        "null",
        "[1,2,3]",
        '"text"',
        "1",
        "{}",
        "[" * 100_000,
        '{"kind":"rating"' + " " * 9,
        b"\xff\xfe\xfd",
        "9" * 5000,
    ],
    ids=lambda text: repr(text[:9]),
)
def test_what_is_no_record_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidFeedback):
        parse_record(text)


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"role": "admin", "state": "active"}, "role: Extra inputs are not permitted .given 'admin'.; state"),
        ({"__class__": "x"}, "__class__: Extra"),
        ({"kind": "poll"}, "'poll'.*'turn', 'rating', 'correction', 'signal', 'review'"),
        ({"score": "7" * 500}, r"score: Input should be a valid number \(given '7{79}…\)"),
    ],
)
def test_a_refusal_says_which_field_what_was_given_and_what_is_allowed(extra: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidFeedback, match=told):
        parse_record(RATING | extra)


def test_a_turn_is_no_feedback() -> None:
    assert isinstance(parse_record(TURN), Turn)
    assert isinstance(parse_feedback(REVIEW), Review)
    with pytest.raises(InvalidFeedback, match="given 'turn', allowed are rating, correction, signal and review"):
        parse_feedback(TURN)


@pytest.mark.parametrize(
    "record",
    [
        a_turn(params={"a": [1, {"b": None}]}, tags=("x", "y"), latency_ms=0.1),
        a_rating(score=None, span=Span(start=0, end=3, text="a\u0301b")),
        a_correction(details={"a": 1e-300}, valid_until=datetime(9999, 12, 31, tzinfo=UTC)),
        Signal(session_id="s", name="copy", value=1 / 3, unit="share"),
        Review(session_id="s", about="e", verdict="edit", by="system"),
    ],
    ids=lambda record: record.kind,
)
def test_a_record_read_from_its_own_json_is_the_same(record: Turn | Rating | Correction | Signal | Review) -> None:
    text = record.model_dump_json()
    assert parse_record(text) == parse_record(text.encode()) == parse_record(json.loads(text)) == record


@given(st.text(max_size=50), st.text(max_size=50))
def test_any_storable_text_is_read_back_as_it_was(question: str, comment: str) -> None:
    given_text = question.replace("\0", "") + "."
    correction = a_correction(question=given_text, guidance=comment.replace("\0", ""), details={"x": given_text})
    assert parse_record(correction.model_dump_json()) == correction


def test_a_record_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_rating().score = 0.0  # pyright: ignore[reportAttributeAccessIssue]


def test_ids_sort_by_the_time_of_their_making(monkeypatch: pytest.MonkeyPatch) -> None:
    start = 1_780_000_000_000_000_000
    moments = [start + step * 250 for step in range(5_000)]
    clock = iter(moments)
    monkeypatch.setattr("time.time_ns", lambda: next(clock))
    ids = [new_id() for _ in moments]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    made = [uuid.UUID(each) for each in ids]
    assert {(each.version, each.variant) for each in made} == {(7, uuid.RFC_4122)}
    assert [each.int >> 80 for each in made] == [moment // 1_000_000 for moment in moments]
