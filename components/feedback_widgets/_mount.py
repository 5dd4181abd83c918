"""The only file that speaks Streamlit's components v2: registration, keys, and the two ways for an act to reach Python.

A capture component calls `mount(...)` and nothing else. Its browser module calls `deliver(component)` of
`frontend/send.js` first and `say(...)` for each act; the rest (outbox, acknowledgement, repetition) is common to all.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st
from streamlit.components import v2

from feedback_store.events import Turn
from feedback_widgets import tokens
from feedback_widgets.inbox import BadEnvelope, OnFeedback, open_envelope, receive, remember
from feedback_widgets.ingest import url_for

_FRONTEND: Final = Path(__file__).parent / "frontend"
_KEY: Final = re.compile(r"[A-Za-z0-9-]{1,200}")


def mount(
    name: str,
    *,
    key: str | None,
    turn: Turn | Sequence[Turn],
    data: Callable[[], Mapping[str, object]],
    on_feedback: OnFeedback,
    width: int | Literal["stretch", "content"] = "stretch",
) -> None:
    """Show the component whose browser module is `frontend/<name>.js` (with its `.css`, if any), in its own fragment.

    Args:
        name: stem of the component, as in the manifest.
        key: default is the name with the turn's id; two mounts of one name for one turn need a key each.
        turn: what it is about; an observer of many answers gives all of them.
        data: called whenever the fragment runs; its JSON reaches the module as `data`, joined by `data.delivery`.
        on_feedback: gets the event of each act, in the script's thread or in the route's worker thread.
        width: as in Streamlit.

    Raises:
        ValueError: the key has other characters than letters, digits and hyphens.

    """
    turns = (turn,) if isinstance(turn, Turn) else tuple(turn)
    place = component_key(name, key, *turns[:1])
    for each in turns:
        remember(each)

    def take() -> None:
        sent: object = st.session_state[place].get("acts")
        answers = st.session_state.setdefault(f"{place}-delivery", {"n": 0})
        if not isinstance(sent, Mapping):
            return
        try:
            answer = receive(open_envelope(sent), on_feedback)  # pyright: ignore[reportUnknownArgumentType]
        except BadEnvelope:
            return  # only a forged message is malformed: there is nobody to tell
        # The counter makes a repeated answer new, so that it reaches the browser again.
        answers |= {"n": answers["n"] + 1, **answer.reply()}

    @st.fragment
    def body() -> None:
        delivery = {
            "component": name,
            "url": url_for(on_feedback),
            "owner": tokens.pseudonym(turns[0]) if turns else "",
            "tokens": {each.turn_id: tokens.mint(each) for each in turns},
            "answer": st.session_state.get(f"{place}-delivery"),
        }
        _renderer(name)(key=place, data={**data(), "delivery": delivery}, width=width, on_acts_change=take)

    body()


def component_key(name: str, key: str | None, turn: Turn | None = None) -> str:
    """Return the element key of a component: the caller's own if given, else its name with the turn's id."""
    place = key if key is not None else "-".join(["fbw", name.replace("_", "-"), *([turn.turn_id] if turn else [])])
    if not _KEY.fullmatch(place):
        msg = f"key: given {place!r}, allowed are up to 200 letters, digits and hyphens"
        raise ValueError(msg)
    return place


@cache
def _renderer(name: str) -> Callable[..., Any]:
    # Registration at import raises without a running server, and stops an st.App launcher from starting.
    css = f"{name}.css" if (_FRONTEND / f"{name}.css").exists() else None
    return v2.component(f"feedback-widgets.{name}", js=f"{name}.js", css=css)
