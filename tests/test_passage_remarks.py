"""A verdict on a passage: what a browser may say of it, the rating that it becomes, and what is shown of it again."""

from datetime import UTC, datetime, timedelta

import pytest
from feedback_widgets.acts import RatingAct, RefusedAct, RemarkAct, parse_act, to_event
from feedback_widgets.inbox import hand_over, last_rating, last_ratings
from feedback_widgets.passage_remarks import shown_remarks
from hypothesis import given
from hypothesis import strategies as st

from feedback_store.events import Feedback, Rating, Span, Turn
from feedback_store.standing import standing_ratings
from tests.records import a_turn

ASKED = datetime(2026, 1, 1, tzinfo=UTC)
TURN = Turn(
    turn_id="t1",
    session_id="s1",
    user_id="ada",
    prompt="What is the cap?",
    response="The **cap** 👩\u200d👩\u200d👧 is 60 EUR.",
    created_at=ASKED,
)
CAP = {"start": 6, "end": 9, "text": "cap"}
REMARK: dict[str, object] = {"act": "remark", "id": "a", "span": CAP, "score": 0}


def remark(act_id: str, start: int, end: int, score: float | None, *, replaces: str | None = None) -> Rating:
    span = Span(start=start, end=end, text=TURN.response[start:end])
    event = to_event(RemarkAct(id=act_id, replaces=replaces, span=span, score=score), TURN)
    assert isinstance(event, Rating)
    return event


def test_a_remark_is_a_rating_with_its_span_and_a_criterion_of_its_own() -> None:
    act = parse_act(REMARK | {"comment": "75 since May"})
    event = to_event(act, TURN, now=ASKED)
    assert isinstance(event, Rating)
    assert (event.key, event.score, event.comment) == ("passage:6-9", 0, "75 since May")
    assert event.span == Span(start=6, end=9, text="cap")
    assert (event.turn_id, event.user_id, event.session_id) == ("t1", "ada", "s1")


def test_offsets_count_characters_as_python_does_and_not_as_a_browser_does() -> None:
    place = TURN.response.index("is 60")
    assert remark("a", place, place + 5, 0).span == Span(start=place, end=place + 5, text="is 60")


@pytest.mark.parametrize(
    "span",
    [
        {"start": 7, "end": 10, "text": "cap"},
        {"start": 6, "end": 9, "text": "Cap"},
        {"start": 6, "end": 900, "text": "cap"},
        {"start": 500, "end": 503, "text": "cap"},
    ],
)
def test_words_that_the_answer_does_not_have_at_that_place_are_refused_in_words(span: dict[str, object]) -> None:
    with pytest.raises(RefusedAct, match="not in the answer at that place"):
        to_event(parse_act(REMARK | {"span": span}), TURN)


def test_a_passage_without_words_is_refused() -> None:
    with pytest.raises(RefusedAct, match="select some words"):
        to_event(parse_act(REMARK | {"span": {"start": 3, "end": 4, "text": " "}}), TURN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"span": None},
        {"span": {"start": 9, "end": 6, "text": "cap"}},
        {"span": {"start": -1, "end": 2, "text": "cap"}},
        {"span": CAP | {"html": "<b>"}},
        {"score": 2},
        {"score": "0"},
        {"comment": "x" * 4_001},
        {"key": "thumbs"},
        {"reasons": ["incorrect"]},
    ],
)
def test_what_is_not_in_the_schema_is_refused(wrong: dict[str, object]) -> None:
    assert parse_act(REMARK)
    with pytest.raises(RefusedAct):
        parse_act(REMARK | wrong)


@given(st.text(min_size=1, max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_every_passage_of_every_answer_can_be_remarked_on_at_its_own_place_only(text: str, a: int, b: int) -> None:
    answer = text.replace("\0", "") or "x"
    turn = a_turn(response=answer)
    start, end = sorted((a % len(answer), b % len(answer) + 1))
    words = answer[start:end]
    if not words.strip():
        return
    event = to_event(RemarkAct(id="a", span=Span(start=start, end=end, text=words), score=1), turn)
    assert isinstance(event, Rating)
    assert event.span is not None
    assert answer[event.span.start : event.span.end] == event.span.text == words
    with pytest.raises(RefusedAct):
        to_event(RemarkAct(id="a", span=Span(start=start, end=end, text=words + "!"), score=1), turn)


def test_remarks_stand_side_by_side_and_beside_the_verdict_on_the_answer() -> None:
    thumb = to_event(RatingAct(id="t", score=1), TURN)
    events: list[Feedback] = [thumb, remark("a", 6, 9, 0), remark("b", 4, 12, 1)]
    stands = standing_ratings(events)
    assert {key: rating.score for (_, _, key), rating in stands.items()} == {
        "thumbs": 1,
        "passage:6-9": 0,
        "passage:4-12": 1,
    }
    taken_back = standing_ratings([*events, remark("c", 6, 9, None, replaces="a")])
    assert {key for _, _, key in taken_back} == {"thumbs", "passage:4-12"}


def test_a_verdict_on_a_passage_is_never_taken_for_the_verdict_on_the_answer() -> None:
    hand_over(to_event(RatingAct(id="t", score=1), TURN), lambda _: None)
    hand_over(remark("a", 6, 9, 0), lambda _: None)
    verdict = last_rating(TURN)
    assert verdict is not None
    assert (verdict.key, verdict.score) == ("thumbs", 1)
    assert {"thumbs", "passage:6-9"} <= set(last_ratings(TURN))


def test_what_is_remembered_of_one_turn_is_bounded() -> None:
    turn = a_turn(turn_id="many", response="x" * 300)
    for place in range(200):
        span = Span(start=place, end=place + 1, text="x")
        hand_over(to_event(RemarkAct(id=f"a{place}", span=span, score=0), turn), lambda _: None)
    assert len(last_ratings(turn)) == 100
    assert "passage:199-200" in last_ratings(turn)


def test_the_newest_word_on_each_passage_is_shown_and_nothing_else() -> None:
    turn = TURN.model_copy(update={"turn_id": "t2"})
    old, new = remark("a", 6, 9, 0), remark("b", 6, 9, 1)
    old = old.model_copy(update={"created_at": ASKED})
    new = new.model_copy(update={"created_at": ASKED + timedelta(seconds=1)})
    thumb = to_event(RatingAct(id="t", score=1), turn)
    assert isinstance(thumb, Rating)
    shown = shown_remarks(turn, [new, thumb, old])
    assert list(shown) == ["remark:6-9"]
    (told,) = shown.values()
    assert told is not None
    assert (told["id"], told["score"], told["span"]) == ("b", 1, CAP)


def test_a_remark_taken_back_in_this_process_is_not_shown_again_from_an_older_reading() -> None:
    turn = TURN.model_copy(update={"turn_id": "t3"})
    span = Span(start=6, end=9, text="cap")
    first = to_event(RemarkAct(id="a", span=span, score=0), turn, now=ASKED)
    assert isinstance(first, Rating)
    hand_over(to_event(RemarkAct(id="b", replaces="a", span=span, score=None), turn), lambda _: None)
    (told,) = shown_remarks(turn, [first]).values()
    assert told is not None
    assert told["score"] is None
