"""Implicit feedback: what was done with each answer, without its content, and by consent.

One invisible observer serves the whole page. It finds an answer by the container that `answer(turn)` makes.

How far the last report goes when a page is left, as measured in Chromium 156 (`tests/ui/test_reading_flush.py`):

- With the route (`ingest_route`) arrives: all, when the tab is hidden or closed, the page reloaded or left for another.
- Without it arrives: all, when the tab is hidden. When it is closed, reloaded or left, the last five seconds may not,
  and are then delivered when the same person opens the page again, because the outbox is in localStorage.
- A browser that quits, or a page that is killed (kill -9), sends nothing more. What was not sent, at most the last five
  seconds, is delivered when the same person opens the page again, but for the last second.
- Does not arrive: up to five seconds before the whole browser is killed, since it had not yet written them to the disk,
  or before a private window is closed, whose storage goes with it.
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
    """Observe the answers on the page; hand a `Signal` to `on_feedback` for each total that changed.

    - `dwell`: ms in which at least half of the answer was in view, or half of the window was full of it, with the tab
      visible and focused and the reader not idle.
    - `copy`: the largest share of the answer copied at once, 0 to 1.
    - `scroll-past`: how often the reader scrolled the answer through the window without ever, until then, having had
      it in view for one second. Only that nobody stopped at it; how long is enough for its length, `dwell` can tell.
    - `open`, `abandon`: how often a form was opened on it, and closed with words in it that were not saved.

    Totals only grow. What changed on the whole page is sent together, at most every five seconds, and at once when the
    tab is hidden or the page left. Call it once, after the answers. A browser that asks for Global Privacy Control is
    not observed.

    Args:
        turns: the turns to observe; default is the newest 50 that `answer` marked in this session.
        on_feedback: called with each `Signal`.
        consent: without it nothing is mounted, so nothing is observed or sent; `reading_consent` asks for it. Taken
            back in the course of a session, what was not sent yet is dropped, on this device too.
        key: element key of letters, digits and hyphens.
        idle_seconds: without any input for so long, the reader counts as away.

    """
    place = key or "fbw-reading-signals"
    observed = f"{place}-observed"
    if not consent and not st.session_state.get(observed):
        return
    st.session_state[observed] = True
    seen = list(cast("dict[str, Turn]", st.session_state.get(_MARKED, {})).values()) if turns is None else list(turns)
    if seen:
        mount(
            "reading_signals",
            key=place,
            turn=seen,
            data=lambda: {"mark": f"st-key-{MARK}", "idle": idle_seconds * 1000, "off": not consent},
            on_feedback=on_feedback,
        )
