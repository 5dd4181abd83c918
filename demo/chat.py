"""The chat page: what was said, the answer that is being written, and the feedback under each answer."""

import re
from collections.abc import Sequence

import streamlit as st
from feedback_widgets import reading_signals
from streamlit.delta_generator import DeltaGenerator

from demo.answering import ASK_MODEL, Answering, in_flight, stop_all
from demo.conversation import Exchange, amendments, exchanges, history
from demo.models import Failed, Preparing
from demo.people import TENANT, Viewer, viewer
from demo.services import Services, keep, services
from demo.sidebar import sidebar
from demo.transcript import transcript
from feedback_store import StoreError, Turn, in_force, new_id
from feedback_store.verified import served_verified

ID = r"[A-Za-z0-9-]{1,64}"
WATCH_SECONDS = 0.2
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
    if asked:
        _start(desk, asked, talk)
    running = dict(in_flight)
    talk = exchanges(desk.store.turns(session_id=session_id, user_id=me.user_id, tenant=TENANT))
    live = transcript(desk, me, talk, running)
    if not talk:
        _starters()
    _watch(live)


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
        of_the_model = served_verified(again) or ASK_MODEL in again.tags
        tags = ("regenerated", ASK_MODEL) if of_the_model else ("regenerated",)
        return Turn.model_validate(
            context | {"prompt": again.prompt, "index": again.index, "parent_turn_id": root, "tags": tags}
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


def _watch(live: Sequence[tuple[Answering, DeltaGenerator]]) -> None:
    """Show the answers that are being written until they have ended. A rerun of the page attaches to them again."""
    while any(not answering.wait(0) for answering, _ in live):
        for answering, place in live:
            # Drawn again even when nothing is new: only here does this run hear that another is wanted.
            place.markdown(f"{answering.text} ▌" if answering.text else "*Thinking…*")
        live[0][0].wait(WATCH_SECONDS)
    if live:
        st.rerun()


def _start(desk: Services, asked: Turn, talk: Sequence[Exchange]) -> None:
    """Begin to answer; what is still being written in this chat is stopped where it is."""
    stop_all(asked.session_id)
    before = [exchange for exchange in talk if exchange.root.turn_id != asked.parent_turn_id]
    used = desk.store.corrections(
        event_ids=[id_ for each in before for turn in each.answers for id_ in turn.correction_ids]
    )
    gone = {known.id for known in used if not in_force(known, user_id=asked.user_id, tenant=asked.tenant)}
    own = amendments(desk.store.corrections(user_id=asked.user_id, tenant=asked.tenant), asked.user_id or "")
    try:
        Answering(desk, asked, history(before, st.session_state.get("choice", {}), own, gone)).start()
    except StoreError as error:
        st.error(f"{error} Your question was: {asked.prompt}", icon=":material/error:")


def _starters() -> None:
    with st.container(key="starters", gap="small"):
        for number, words in enumerate(STARTERS):
            st.button(words, key=f"starter-{number}", on_click=_begin_with, args=(words,))


def _begin_with(words: str) -> None:
    st.session_state["starter"] = words
