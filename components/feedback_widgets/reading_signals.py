"""Implicit feedback: how long each answer was in view, and how much of it was copied. Content-free, and by consent.

One invisible observer serves the whole page. It finds an answer by the container that `answer(turn)` makes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

import streamlit as st

from feedback_store.events import Turn
from feedback_widgets._mount import mount
from feedback_widgets.inbox import OnFeedback

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

MARK: Final = "fbw-turn-"
_MARKED: Final = "fbw-marked-turns"
_MOST: Final = 50


def answer(turn: Turn) -> "DeltaGenerator":
    """Return the container for an answer, by which the observer of reading signals recognises it."""
    marked = cast("dict[str, Turn]", st.session_state.setdefault(_MARKED, {}))
    marked.pop(turn.turn_id, None)
    marked[turn.turn_id] = turn
    for oldest in list(marked)[:-_MOST]:
        del marked[oldest]
    return st.container(key=f"{MARK}{turn.turn_id}")


def reading_signals(
    turns: Sequence[Turn] | None = None,
    *,
    on_feedback: OnFeedback,
    consent: bool,
    key: str | None = None,
    idle_seconds: float = 30,
) -> None:
    """Observe the answers on the page; hand a `Signal` to `on_feedback` about every five seconds if a total changed.

    `dwell` is the time in ms in which at least half of the answer (or of the window) was in view, the tab visible and
    focused, and the reader not idle. `copy` is the largest share of the answer copied at once, 0 to 1. Both only grow.
    Call it once, after the answers. A browser that asks for Global Privacy Control is not observed.

    Args:
        turns: the turns to observe; default is the newest 50 that `answer` marked in this session.
        on_feedback: called with each `Signal`.
        consent: without it nothing is mounted, so nothing is observed or sent.
        key: element key of letters, digits and hyphens.
        idle_seconds: without any input for so long, the reader counts as away.

    """
    if not consent:
        return
    seen = list(cast("dict[str, Turn]", st.session_state.get(_MARKED, {})).values()) if turns is None else list(turns)
    if seen:
        mount(
            "reading_signals",
            key=key or "fbw-reading-signals",
            turn=seen,
            data=lambda: {"mark": f"st-key-{MARK}", "idle": idle_seconds * 1000},
            on_feedback=on_feedback,
        )
