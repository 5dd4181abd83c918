"""Which verdict stands, and thumbs in Streamlit's own clothes."""

from datetime import UTC, datetime, timedelta

import pytest
from feedback_widgets._mount import component_key
from feedback_widgets.feedback_bar import feedback_bar
from feedback_widgets.thumbs import standing_verdict, thumbs
from streamlit.testing.v1 import AppTest

from feedback_store.events import Feedback, Rating, Turn

EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def native_app() -> None:
    import streamlit as st
    from feedback_widgets.thumbs import thumbs

    from feedback_store.events import Turn

    def store(event: object) -> None:
        if st.session_state.get("broken"):
            raise OSError
        st.session_state.setdefault("stored", []).append(event)

    shown = Turn(turn_id=st.session_state.turn_id, session_id="s1", prompt="q", response="a")
    thumbs(shown, on_feedback=store, style="native", given=st.session_state.get("given"))


@pytest.fixture
def app(request: pytest.FixtureRequest) -> AppTest:
    made = AppTest.from_function(native_app)
    made.session_state["turn_id"] = f"native-{abs(hash(request.node.nodeid))}"
    return made


def stored(app: AppTest) -> list[Feedback]:
    return app.session_state["stored"]


def test_native_thumbs_store_the_verdict_its_change_and_its_retraction(app: AppTest) -> None:
    app.run()
    for score in (1, 0, None):
        app.feedback[0].set_value(score).run()
    ratings = [event for event in stored(app) if isinstance(event, Rating)]
    assert [rating.score for rating in ratings] == [1.0, 0.0, None]
    assert [rating.supersedes for rating in ratings] == [None, ratings[0].event_id, ratings[1].event_id]


def test_native_thumbs_do_not_show_a_vote_that_was_not_stored(app: AppTest) -> None:
    app.run()
    app.session_state["broken"] = True
    app.feedback[0].set_value(1).run()
    assert app.feedback[0].value is None
    assert "Not saved" in app.caption[0].value
    app.session_state["broken"] = False
    app.feedback[0].set_value(1).run()
    assert app.feedback[0].value == 1
    assert not app.caption


def test_native_thumbs_show_the_given_verdict(app: AppTest) -> None:
    app.session_state["given"] = Rating(turn_id=app.session_state["turn_id"], session_id="s1", score=0)
    assert app.run().feedback[0].value == 0


def test_the_given_verdict_stands_where_this_process_knows_none() -> None:
    turn = Turn(session_id="s1", prompt="q")
    given = Rating(turn_id=turn.turn_id, session_id="s1", score=1, created_at=EARLY + timedelta(days=1))
    assert standing_verdict(turn, given) is given
    assert standing_verdict(turn, None) is None


def test_a_style_that_there_is_not_is_refused_by_name() -> None:
    shown = Turn(session_id="s1", prompt="q")
    for bar in (thumbs, feedback_bar):
        with pytest.raises(ValueError, match="style: given 'nativ', allowed are default, native, streamlit-feedback"):
            bar(shown, on_feedback=print, style="nativ")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("key", ["a__b", "a b", "a.b", "", "ä"])
def test_a_key_that_streamlit_would_break_on_is_refused_in_words(key: str) -> None:
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        component_key("thumbs", key)
