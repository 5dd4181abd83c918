"""What a browser may say, and the event that the server makes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from feedback_widgets.acts import (
    RatingAct,
    RefusedAct,
    RewriteAct,
    SignalAct,
    event_id,
    parse_act,
    to_event,
)
from feedback_widgets.edit_distance import edit_distance
from hypothesis import given
from hypothesis import strategies as st

from feedback_store.events import Correction, Rating, Signal, Turn

ASKED = datetime(2026, 1, 1, tzinfo=UTC)
TURN = Turn(
    turn_id="t1",
    session_id="s1",
    user_id="ada",
    tenant="shop",
    prompt="How long is the warranty?",
    response="Two years, I think.",
    displayed="Two years.",
    created_at=ASKED,
)


def test_identity_context_and_time_come_from_the_server() -> None:
    event = to_event(RewriteAct(id="a", text="Three years."), TURN, now=ASKED + timedelta(minutes=1))
    assert isinstance(event, Correction)
    assert (event.tenant, event.user_id, event.session_id, event.turn_id) == ("shop", "ada", "s1", "t1")
    assert (event.question, event.answer, event.corrected) == (
        "How long is the warranty?",
        "Two years.",
        "Three years.",
    )
    assert event.created_at == ASKED + timedelta(minutes=1)
    assert event.source == "rewrite"
    assert event.edit_distance == pytest.approx(1 / 3)


def test_an_act_always_makes_the_same_event_id() -> None:
    first, again = (to_event(RatingAct(id="a", score=1), TURN) for _ in range(2))
    assert first.event_id == again.event_id


@pytest.mark.parametrize("other", [{"user_id": "bob"}, {"tenant": "bank"}, {"session_id": "s2"}, {"turn_id": "t2"}])
def test_an_act_id_of_somebody_else_makes_another_event_id(other: dict[str, str]) -> None:
    assert event_id("a", TURN) != event_id("a", TURN.model_copy(update=other))


def test_replaces_names_only_an_act_of_the_same_author_on_the_same_turn() -> None:
    first = to_event(RatingAct(id="a", score=0), TURN)
    second = to_event(RatingAct(id="b", replaces="a", score=0, reasons=("incorrect",), comment="No."), TURN)
    assert isinstance(second, Rating)
    assert second.supersedes == first.event_id
    foreign = to_event(RatingAct(id="c", replaces=first.event_id, score=0), TURN)
    assert isinstance(foreign, Rating)
    assert foreign.supersedes != first.event_id


def test_a_rewrite_that_changes_nothing_or_is_empty_is_refused_in_words() -> None:
    with pytest.raises(RefusedAct, match="the answer as it was"):
        to_event(RewriteAct(id="a", text="Two years."), TURN)
    with pytest.raises(RefusedAct, match="empty"):
        to_event(RewriteAct(id="a", text=" \n"), TURN)


def test_a_rewrite_is_kept_byte_for_byte() -> None:
    text = "  Three\tyears.\r\n\n> *new*  \N{ZERO WIDTH JOINER}\n"
    event = to_event(RewriteAct(id="a", text=text), TURN)
    assert isinstance(event, Correction)
    assert event.corrected == text


def test_a_dwell_longer_than_the_turn_exists_is_refused() -> None:
    act = SignalAct(id="a", name="dwell", value=60_000, unit="ms", seq=3)
    event = to_event(act, TURN, now=ASKED + timedelta(minutes=1))
    assert isinstance(event, Signal)
    assert (event.value, event.seq) == (60_000, 3)
    with pytest.raises(RefusedAct, match="longer than the turn exists"):
        to_event(act, TURN, now=ASKED + timedelta(seconds=30))


@pytest.mark.parametrize(("name", "value", "unit"), [("dwell", 1, "share"), ("copy", 1.5, "share"), ("stop", 1, "ms")])
def test_a_signal_in_a_wrong_unit_or_over_one_whole_is_refused(name: str, value: float, unit: str) -> None:
    act = parse_act({"act": "signal", "id": "a", "name": name, "value": value, "unit": unit, "seq": 0})
    with pytest.raises(RefusedAct, match=r"unit|share"):
        to_event(act, TURN)


RATING: dict[str, object] = {"act": "rating", "id": "a", "score": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": 2},
        {"score": "1"},
        {"score": float("nan")},
        {"score": True},
        {"act": "review"},
        {"id": "../../etc"},
        {"id": "x" * 65},
        {"user_id": "bob"},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"comment": "x" * 4_001},
        {"comment": "\0"},
        {"comment": "\ud800"},
        {"reasons": ["x"] * 21},
        {"reasons": "incorrect"},
        {"replaces": {"$ne": ""}},
    ],
)
def test_what_is_not_in_the_schema_is_refused(wrong: dict[str, object]) -> None:
    assert parse_act(RATING)
    with pytest.raises(RefusedAct):
        parse_act(RATING | wrong)


words = st.lists(st.sampled_from(["a", "b", "c", "box", "."]), max_size=30)


@given(words, words)
def test_the_edit_distance_is_that_of_levenshtein(before: list[str], after: list[str]) -> None:
    row = list(range(len(after) + 1))
    for i, left in enumerate(before, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(after, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    expected = row[-1] / max(len(before), len(after), 1)
    assert edit_distance(" ".join(before), " ".join(after)) == pytest.approx(expected)
