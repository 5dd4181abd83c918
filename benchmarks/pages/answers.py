"""Fifty answers, each with the controls that `?arm=` names: the same page for us and for our peers."""

import time
from collections.abc import Iterator
from functools import partial

import streamlit as st
from feedback_widgets import answer, feedback_bar, reading_signals, thumbs
from streamlit.components import v2
from streamlit_feedback import streamlit_feedback  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from benchmarks.pages.journal import called, keep, ran
from feedback_store import Turn

ANSWER = (
    "The **cap** for meals in Norway is 60 EUR per day.\n\n- Breakfast is included.\n- Alcohol is not.\n\n"
    "Keep the receipts, and send them within four weeks of your return to the travel desk, with the form of your unit."
)


@st.fragment
def native(key: str) -> None:
    """Show `st.feedback` in a fragment, as its users are told to."""
    st.feedback("thumbs", key=key, on_change=partial(called, key))


@st.fragment
def empty(key: str) -> None:
    """Mount a component that does nothing: what Streamlit itself takes for each of them."""
    v2.component("empty", js="export default () => {};\n// a second line, or it is taken for a path")(key=key)


def slowly() -> Iterator[str]:
    """Stream another answer at a model's pace, for as long as somebody types."""
    for number in range(400):
        yield f"word{number} "
        time.sleep(0.05)


def page() -> None:
    """Draw the page."""
    arm = st.query_params.get("arm", "none")
    count = int(st.query_params.get("n", "50"))
    session = st.query_params.get("session", "bench")
    ran(session)
    for number in range(count):
        turn = Turn(
            turn_id=f"{session}-{number}",
            session_id=session,
            user_id="ada",
            prompt=f"Meal cap {number}?",
            response=ANSWER,
        )
        with answer(turn), st.chat_message("assistant"):
            st.markdown(ANSWER)
            match arm:
                case "st.feedback":
                    native(f"native-{number}")
                case "streamlit-feedback":
                    streamlit_feedback("thumbs", key=f"incumbent-{number}", on_submit=called)
                case "empty v2":
                    empty(f"empty-{number}")
                case "thumbs":
                    thumbs(turn, on_feedback=keep)
                case "bar":
                    feedback_bar(turn, on_feedback=keep)
                case _:
                    pass
    if arm == "signals":
        reading_signals(on_feedback=keep, consent=True)
    if arm == "textarea":
        st.text_area("Typed")
    if st.button("Stream"):
        st.write_stream(slowly)
    st.text("the end")


page()
