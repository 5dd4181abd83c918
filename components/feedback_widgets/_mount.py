"""The only file that speaks Streamlit's components v2: registration, keys, and the two ways for an act to reach Python.

A capture component calls `mount(...)` and nothing else. Its browser module calls `deliver(component)` of
`frontend/send.js` first and `say(...)` for each act; the rest (outbox, acknowledgement, repetition) is common to all.
What many components of a page have in common goes to the browser once (`frontend/shared.js`).
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal

import streamlit as st
from streamlit.components import v2

from feedback_store.events import Turn
from feedback_widgets import tokens
from feedback_widgets.inbox import BadEnvelope, OnFeedback, open_envelope, receive, remember
from feedback_widgets.ingest import url_for

_CARRIERS: Final = "fbw-carriers"
"""In the session's state: which component brings what is shared, by its digest. It stays the bringer, so that its data
stay the same from run to run."""
_LINKED: Final = {"reading_consent"}
"""Components whose style sheet Streamlit links, in each mount: the others share one."""
_KEY: Final = re.compile(r"[A-Za-z0-9-]{1,200}")


def mount(
    name: str,
    *,
    key: str | None,
    turn: Turn | Sequence[Turn],
    data: Callable[[], Mapping[str, object]],
    on_feedback: OnFeedback,
    common: Mapping[str, object] | None = None,
    width: int | Literal["stretch", "content"] = "stretch",
) -> None:
    """Show the component whose browser module is `frontend/<name>.js`, in its own fragment.

    Args:
        name: stem of the component, as in the manifest.
        key: default is the name with the turn's id; two mounts of one name for one turn need a key each.
        turn: what it is about; an observer of many answers gives all of them.
        data: called whenever the fragment runs; its JSON reaches the module as `data[0]`, joined by `data.delivery`.
        on_feedback: gets the event of each act, in the script's thread or in the route's worker thread.
        common: what is the same in many mounts; it is joined to `data` in the browser, and sent there once a session.
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

    carriers: dict[str, str] = st.session_state.setdefault(_CARRIERS, {})

    def bring() -> None:
        missing: object = st.session_state[place].get("missing")
        if isinstance(missing, str):
            carriers[missing] = place

    @st.fragment
    def body() -> None:
        delivery: dict[str, object] = {"tokens": _tags(turns)}
        if answered := st.session_state.get(f"{place}-delivery"):
            delivery["answer"] = answered
        sent = {**data(), "delivery": delivery}
        ours = {"component": name, "url": url_for(on_feedback), **_author(turns)}
        if common is None:
            delivery |= ours
        else:
            shared = {**common, "delivery": ours}
            sent["shared"] = mark = _digest(shared)
            if carriers.setdefault(mark, place) == place:
                sent["common"] = shared
        # In a list: Streamlit looks for data frames in a mapping, and imports pandas for that (a second, at first).
        _renderer(name)(key=place, data=[sent], width=width, on_acts_change=take, on_missing_change=bring)

    body()


def ask_browser(name: str, *, key: str | None, data: Mapping[str, object]) -> object:
    """Show a component that says one thing and no acts; return what it said last in this session, None until then.

    What it says reruns the script. The browser is given it back as `data.told`, so that it need not say it twice.
    """
    place = component_key(name, key)
    said = st.session_state.get(place, {}).get("told")
    return _renderer(name)(key=place, data=[{**data, "told": said}], on_told_change=lambda: None).get("told")


def component_key(name: str, key: str | None, turn: Turn | None = None) -> str:
    """Return the element key of a component: the caller's own if given, else its name with the turn's id."""
    place = key if key is not None else "-".join(["fbw", name.replace("_", "-"), *([turn.turn_id] if turn else [])])
    if not _KEY.fullmatch(place):
        msg = f"key: given {place!r}, allowed are up to 200 letters, digits and hyphens"
        raise ValueError(msg)
    return place


def _author(turns: Sequence[Turn]) -> dict[str, str]:
    return {"owner": tokens.pseudonym(turns[0]), "ticket": tokens.ticket(turns[0])} if turns else {"owner": ""}


def _tags(turns: Sequence[Turn]) -> dict[str, str]:
    """Return what goes with the first turn's ticket for each turn: its tag, or a whole token for another session's."""
    first = tokens.ticket(turns[0]) if turns else ""
    return {
        turn.turn_id: tokens.tag(first, turn.turn_id) if tokens.ticket(turn) == first else tokens.mint(turn)
        for turn in turns
    }


def _digest(shared: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:12]


@cache
def _renderer(name: str) -> Callable[..., Any]:
    # Registration at import raises without a running server, and stops an st.App launcher from starting.
    css = f"{name}.css" if name in _LINKED else None
    return v2.component(f"feedback-widgets.{name}", js=f"{name}.js", css=css)
