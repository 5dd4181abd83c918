"""Thumbs by the package streamlit-feedback, for teams that keep its look: each answer becomes one `Rating`.

Shown again, that package forgets what was answered, accepts a second answer, paints it and drops it. So each answer
gets an instance of its own here, and what is shown as answered is always the verdict that was kept.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import streamlit as st
import streamlit_feedback as incumbent  # pyright: ignore[reportMissingTypeStubs]

from feedback_store.events import Rating, Turn
from feedback_store.limits import new_id
from feedback_widgets._mount import component_key
from feedback_widgets.acts import ACT_ID, RatingAct, to_event
from feedback_widgets.inbox import OnFeedback, hand_over
from feedback_widgets.labels import IncumbentLabels
from feedback_widgets.thumbs import standing_verdict

SCORES: Final = {"👍": 1.0, "👎": 0.0}
_ask: Final = cast("Callable[..., Mapping[str, Any] | None]", incumbent.streamlit_feedback)  # pyright: ignore[reportUnknownMemberType]
_WIDTH: Final = 72  # pixels of its two icons; its frame would take the whole row
_log: Final = logging.getLogger(__name__)


@dataclass
class _State:
    """Which instance is asked now, and what of it could not be kept."""

    number: int = 0
    changing: bool = False
    unsent: RatingAct | None = None


def incumbent_thumbs(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    key: str | None = None,
    given: Rating | None = None,
    labels: IncumbentLabels | None = None,
) -> None:
    """Show the thumbs of streamlit-feedback under an answer; `thumbs(style="streamlit-feedback")` calls this.

    Args:
        turn: the question and answer that the verdict is about.
        on_feedback: gets one `Rating` for each answer; if it raises, the thumbs are shown unanswered, with a word.
        key: element key of letters, digits and hyphens; default is made from the turn's id.
        given: the verdict that stands, as read from the store; a later one made in this process goes before it.
        labels: the words beside the thumbs.

    """
    words = labels or IncumbentLabels()
    place = component_key("incumbent_thumbs", key, turn)

    @st.fragment
    def body() -> None:
        state: _State = st.session_state.setdefault(f"{place}-state", _State())
        slot = st.empty()

        def change() -> None:
            state.changing = True

        def draw() -> Mapping[str, Any] | None:
            face = _face(standing_verdict(turn, given))
            with slot.container(horizontal=True, vertical_alignment="center"):
                if face is None or state.changing:
                    with st.container(width=_WIDTH):
                        said = _ask("thumbs", align="flex-start", key=f"{place}-ask-{state.number}")
                    if state.unsent:
                        st.caption(words.not_saved)
                    return said
                with st.container(width=_WIDTH):
                    _ask("thumbs", disable_with_score=face, align="flex-start", key=f"{place}-kept-{state.number}")
                st.button(words.change, key=f"{place}-change", type="tertiary", on_click=change)
                return None

        if said := draw():
            _store(state, SCORES[said["score"]], turn, standing_verdict(turn, given), on_feedback)
            draw()

    with st.container(key=place):
        body()


def _store(state: _State, score: float, turn: Turn, before: Rating | None, on_feedback: OnFeedback) -> None:
    """Hand on one answer; the same answer after a failure goes under the same id. Each answer uses an instance up."""
    replaces = before.metadata.get(ACT_ID) if before else None
    act = state.unsent if state.unsent and state.unsent.score == score else None
    act = act or RatingAct(id=new_id(), score=score, replaces=replaces if isinstance(replaces, str) else None)
    state.number += 1
    try:
        hand_over(to_event(act, turn), on_feedback)
    except Exception:
        _log.exception("A rating was not stored")
        state.unsent = act
    else:
        state.unsent, state.changing = None, False


def _face(verdict: Rating | None) -> str | None:
    if verdict is None or verdict.score is None:
        return None
    return "👍" if verdict.score >= 0.5 else "👎"
