"""The gallery page: each app of `docs/apps`, run as it stands, with the events that it emits and its code."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from feedback_store import FeedbackStore
from feedback_store.events import Feedback

APPS: Final = Path(__file__).parent.parent / "docs" / "apps"
FIRST: Final = "feedback_bar"
REFRESH_SECONDS: Final = 1
MOST_EVENTS: Final = 20
_SHOWN: Final = "gallery-shown"
_OF_THE_APPS: Final = ("turn", "events", "messages", "store", "used")
"""What the apps keep in the session's state: each starts without the others'."""


def gallery_page() -> None:
    """Draw the page for one run of the script."""
    st.title("Gallery", anchor=False)
    st.caption("Each component in an app of about ten lines. What you say here is kept nowhere.")
    names = sorted(path.stem for path in APPS.glob("*.py"))
    name = st.pills(
        "Component",
        names,
        default=FIRST,
        required=True,
        key="component",
        bind="query-params",
        label_visibility="collapsed",
    )
    if st.session_state.get(_SHOWN) != name:
        _start_anew()
        st.session_state[_SHOWN] = name
    path = APPS / f"{name}.py"
    code = path.read_text(encoding="utf-8")
    with st.container(border=True, key=f"gallery-{name}".replace("_", "-")):
        # The file itself, so that what is shown is what runs. Not `runpy`, which swaps modules that all sessions share.
        exec(compile(code, str(path), "exec"), {"__name__": f"gallery.{name}"})  # noqa: S102 - our own file
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Events", anchor=False, width="content")
        st.button("Start anew", icon=":material/restart_alt:", type="tertiary", on_click=_start_anew)
    with st.container(key="gallery-events"):
        _events()
    st.subheader("Code", anchor=False)
    st.caption(f"docs/apps/{name}.py")
    st.code(code, language="python")


def _start_anew() -> None:
    for key in _OF_THE_APPS:
        st.session_state.pop(key, None)


@st.fragment(run_every=REFRESH_SECONDS)
def _events() -> None:
    """Show what was emitted, the newest first. A fragment of its own: the component above is not drawn again."""
    emitted = _newest_first(st.session_state.get("events", []), st.session_state.get("store"))
    if not emitted:
        st.caption("None yet. Use the component above.")
        return
    _as_json(emitted[0])
    if len(emitted) > 1:
        with st.expander("Earlier events, the newest first"):
            for event in emitted[1:MOST_EVENTS]:
                _as_json(event)


def _as_json(event: Feedback) -> None:
    st.code(event.model_dump_json(indent=2), language="json", wrap_lines=True)


def _newest_first(listed: Sequence[Feedback], store: FeedbackStore | None) -> list[Feedback]:
    """Return what an app has emitted into its list, or into a store of its own."""
    return list(reversed(listed if store is None else store.events()))
