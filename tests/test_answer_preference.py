"""Which of several answers is better, as a rating that stands until it is changed or taken back."""

import pytest
from feedback_widgets import standing_preference
from streamlit.testing.v1 import AppTest

from feedback_store import Rating, Turn, standing_ratings

FIRST, SECOND, THIRD = (Turn(turn_id=name, session_id="s", user_id="ada", prompt="q") for name in ("t1", "t2", "t3"))


def page() -> None:
    import streamlit as st
    from feedback_widgets import answer_preference, standing_preference

    from feedback_store import Rating, Turn, standing_ratings

    state = st.session_state

    def keep(event: object) -> None:
        if state.get("broken"):
            raise OSError
        state.kept.append(event)

    names = ["t1", "t2", "t3"][: state.count]
    turns = [
        Turn(turn_id=name, session_id="s", user_id="ada", tenant="shop", prompt="How *long*\nis it?") for name in names
    ]
    ratings = standing_ratings([event for event in state.get("stored", []) if isinstance(event, Rating)])
    given = standing_preference(list(ratings.values()), turns)
    shown = turns[0] if turns and state.get("first") else None
    answer_preference(turns, on_feedback=keep, given=given, shown=shown)


def start(count: int = 2, **state: object) -> AppTest:
    made = AppTest.from_function(page)
    made.session_state["count"] = count
    made.session_state["kept"] = []
    for name, value in state.items():
        made.session_state[name] = value
    return made.run()


def kept(app: AppTest) -> list[Rating]:
    assert not app.exception
    return app.session_state["kept"]


def choose(app: AppTest, choice: str | None) -> Rating:
    if choice is None:
        app.button[0].click().run()
    else:
        app.radio[0].set_value(choice).run()
    return kept(app)[-1]


def chosen(app: AppTest) -> object:
    return app.radio[0].value


@pytest.mark.parametrize("count", [0, 1])
def test_one_answer_asks_nothing(count: int) -> None:
    app = start(count)
    assert not app.exception
    assert not app.radio


def test_a_better_answer_is_rated_over_the_others() -> None:
    rating = choose(start(3), "t2")
    assert (rating.key, rating.turn_id, rating.score, rating.label) == ("preference", "t2", 1.0, "better")
    assert rating.metadata == {"over": ["t1", "t3"]}
    assert (rating.user_id, rating.session_id, rating.tenant, rating.supersedes) == ("ada", "s", "shop", None)


@pytest.mark.parametrize(("choice", "score"), [("both-fine", 0.5), ("neither", 0.0)])
def test_a_tie_is_a_rating_of_the_newest_answer(choice: str, score: float) -> None:
    rating = choose(start(), choice)
    assert (rating.turn_id, rating.score, rating.label) == ("t2", score, choice)
    assert rating.metadata == {"over": ["t1"]}


def test_another_choice_supersedes_the_one_before_and_the_last_can_be_taken_back() -> None:
    app = start()
    first, second, third = choose(app, "t1"), choose(app, "t2"), choose(app, None)
    assert [second.supersedes, third.supersedes] == [first.event_id, second.event_id]
    assert list(standing_ratings([first, second]).values()) == [second]
    assert (third.turn_id, third.score, third.label) == ("t2", None, None)
    assert standing_ratings([first, second, third]) == {}
    assert "Taken back" in app.markdown[-1].value
    assert choose(app, "t1").supersedes == third.event_id


def test_the_choice_that_stands_is_shown_again_in_a_new_session() -> None:
    app = start()
    stored = [choose(app, "t1"), choose(app, "neither"), choose(app, "t1")]
    later = start(stored=stored)
    assert chosen(later) == "t1"
    assert kept(later) == []
    assert choose(later, "t2").supersedes == stored[-1].event_id
    taken_back = start(stored=[*stored, choose(app, None)])
    assert chosen(taken_back) is None
    assert not taken_back.button


def test_the_choice_stays_on_its_answer_when_the_reader_turns_to_another() -> None:
    app = start()
    choose(app, "t2")
    for first in (True, False, True):
        app.session_state["first"] = first
        assert chosen(app.run()) == "t2"
    app.session_state["count"] = 3
    assert chosen(app.run()) == "t2"
    assert len(kept(app)) == 1


def test_a_choice_that_is_not_kept_is_not_shown_as_chosen() -> None:
    app = start()
    stood = choose(app, "t2")
    app.session_state["broken"] = True
    assert choose(app, "t1") == stood
    assert chosen(app) == "t2"
    assert "Not saved" in app.markdown[-1].value
    app.session_state["broken"] = False
    assert choose(app, "t1").supersedes == stood.event_id


def test_the_answers_are_named_as_the_reader_sees_them() -> None:
    def names(app: AppTest) -> list[str]:
        return list(app.radio[0].options)

    assert names(start()) == ["Earlier", "This", "Both fine", "Neither"]
    assert names(start(first=True)) == ["This", "Later", "Both fine", "Neither"]
    assert names(start(3)) == ["Answer 1", "Answer 2", "Answer 3", "All fine", "Neither"]
    assert start().radio[0].label == "Which answer is better? How long is it?"


def test_the_newest_preference_among_these_answers_stands_and_no_other_verdict() -> None:
    def rating(turn: Turn, key: str) -> Rating:
        return Rating(turn_id=turn.turn_id, session_id="s", key=key, score=1)

    older, thumb = rating(FIRST, "preference"), rating(SECOND, "thumbs")
    newer, foreign = rating(SECOND, "preference"), rating(THIRD, "preference")
    assert standing_preference([newer, older, thumb, foreign], [FIRST, SECOND]) == newer
    assert standing_preference([thumb, foreign], [FIRST, SECOND]) is None
