"""The chat page: what was said, the answer that is being written, and the feedback under each answer."""

import re
from collections.abc import Sequence

import streamlit as st
from feedback_widgets import answer, reading_signals

from demo.answering import Answering
from demo.conversation import Exchange, exchanges, history
from demo.models import Failed, Preparing
from demo.people import TENANT, Viewer, viewer
from demo.services import Services, keep, services
from demo.sidebar import sidebar
from demo.transcript import question, transcript
from feedback_store import StoreError, Turn, new_id

ID = r"[A-Za-z0-9-]{1,64}"
STARTERS = (
    "How long do I have to return something?",
    "What does standard delivery cost?",
    "How long is the warranty on furniture?",
)


def chat_page() -> None:
    """Draw the page for one run of the script."""
    desk = services()
    me = viewer(desk.settings)
    session_id = _session()
    talk = exchanges(desk.store.turns(session_id=session_id, user_id=me.user_id, tenant=TENANT))
    consent = sidebar(desk, me, session_id)

    st.title("Help desk", anchor=False)
    st.caption(
        f"Answers from {desk.knowledge.size} documents, by {desk.chat_model.label}. It can be wrong: correct it."
    )
    with st.container(key="notice"):
        _model_state()
    reading_signals(on_feedback=keep, consent=consent)

    typed = st.chat_input("Ask about an order, a return, a repair…")
    asked = _asked(typed, talk, session_id, me)
    transcript(desk, me, talk, hidden=asked.parent_turn_id if asked else None)
    if asked:
        _write(desk, asked, talk)
    elif not talk:
        _starters()


def _session() -> str:
    """Return the chat that the address names, so that a reload or a bookmark comes back to it."""
    named = st.query_params.get("chat") or st.session_state.get("chat")
    session_id = named if isinstance(named, str) and re.fullmatch(ID, named) else new_id()
    st.session_state["chat"] = session_id
    if st.query_params.get("chat") != session_id:
        st.query_params["chat"] = session_id
    return session_id


def _asked(typed: str | None, talk: Sequence[Exchange], session_id: str, me: Viewer) -> Turn | None:
    """Return the turn to answer in this run, from the input, a starter or a wish for another answer."""
    words = typed or st.session_state.pop("starter", None)
    again = st.session_state.pop("again", None)
    context = {"session_id": session_id, "user_id": me.user_id, "tenant": TENANT, "status": "asked"}
    if words:
        return Turn.model_validate(context | {"prompt": words, "index": len(talk)})
    if isinstance(again, Turn):
        root = again.parent_turn_id or again.turn_id
        return Turn.model_validate(
            context | {"prompt": again.prompt, "index": again.index, "parent_turn_id": root, "tags": ("regenerated",)}
        )
    return None


@st.fragment(run_every=0.5)
def _preparing() -> None:
    state = services().chat_model.state()
    if not isinstance(state, Preparing):
        st.rerun()
    share = state.done / state.total if state.total else 0.0
    st.progress(
        min(share, 1.0), text=f"{state.step} You can ask already; the answer comes as soon as the model is ready."
    )


def _model_state() -> None:
    state = services().chat_model.state()
    if isinstance(state, Preparing):
        _preparing()
    elif isinstance(state, Failed):
        st.error(state.message, icon=":material/error:")


def _write(desk: Services, asked: Turn, talk: Sequence[Exchange]) -> None:
    """Stream the answer. Any rerun, such as that of Stop, ends it; what was shown until then is kept."""
    before = [exchange for exchange in talk if exchange.root.turn_id != asked.parent_turn_id]
    if asked.parent_turn_id is None:
        question(asked.prompt)
    with answer(asked), st.chat_message("assistant", avatar=":material/support_agent:"):
        place = st.empty()
        stop = st.empty()
        stop.button("Stop", key=f"stop-{asked.turn_id}", icon=":material/stop_circle:", type="tertiary")
        place.caption("Thinking…")
        try:
            with Answering(desk, asked, history(before, st.session_state["choice"])) as answering:
                for text in answering.pieces():
                    place.markdown(f"{text} ▌") if text else place.caption("Thinking…")
        except StoreError as error:
            st.error(f"{error} Your question: {asked.prompt}", icon=":material/error:")
            return
    st.rerun()


def _starters() -> None:
    with st.container(key="starters", gap="small"):
        for number, words in enumerate(STARTERS):
            st.button(words, key=f"starter-{number}", on_click=_start, args=(words,))


def _start(words: str) -> None:
    st.session_state["starter"] = words
