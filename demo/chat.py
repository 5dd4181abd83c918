"""The chat page: what was said, the answer that is being written, and the feedback under each answer."""

from collections.abc import Mapping, Sequence

import streamlit as st

from demo.answering import Answering, in_flight
from demo.conversation import Exchange, exchanges, history, shown
from demo.models import Failed, Preparing
from demo.people import TENANT, Viewer, viewer
from demo.services import Services, keep, services
from demo.sidebar import sidebar
from feedback_store import KnownCorrection, Rating, StoreError, Turn, new_id, standing_ratings
from feedback_widgets import answer, corrections_used, feedback_bar, reading_signals
from feedback_widgets.inert import escape_markdown

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
    _show(desk, me, talk, hidden=asked.parent_turn_id if asked else None)
    if asked:
        _write(desk, asked, talk)
    elif not talk:
        _starters()


def _session() -> str:
    """Return the chat that the address names, so that a reload or a bookmark comes back to it."""
    named = st.query_params.get("chat") or st.session_state.get("chat")
    session_id = named if isinstance(named, str) and named.replace("-", "").isalnum() and len(named) <= 64 else new_id()
    st.session_state["chat"] = session_id
    if st.query_params.get("chat") != session_id:
        st.query_params["chat"] = session_id
    return session_id


def _asked(typed: str | None, talk: Sequence[Exchange], session_id: str, me: Viewer) -> Turn | None:
    """Return the turn to answer in this run, from the input, a starter or a wish for another answer."""
    question = typed or st.session_state.pop("starter", None)
    again = st.session_state.pop("again", None)
    context = {"session_id": session_id, "user_id": me.user_id, "tenant": TENANT, "status": "asked"}
    if question:
        return Turn.model_validate(context | {"prompt": question, "index": len(talk)})
    if isinstance(again, Turn):
        root = again.parent_turn_id or again.turn_id
        return Turn.model_validate(
            context | {"prompt": again.prompt, "index": again.index, "parent_turn_id": root, "tags": ("regenerated",)}
        )
    return None


def _show(desk: Services, me: Viewer, talk: Sequence[Exchange], *, hidden: str | None) -> None:
    choice: dict[str, str] = st.session_state.setdefault("choice", {})
    chosen = [exchange.chosen(choice) for exchange in talk]
    used = _by_id(desk.store.corrections(event_ids=[id_ for turn in chosen for id_ in turn.correction_ids]))
    events = desk.store.events(kinds=["rating", "correction"], turn_ids=[turn.turn_id for turn in chosen])
    own = [event for event in events if event.user_id == me.user_id]
    ratings = standing_ratings(own)
    corrected = {event.turn_id for event in own if event.kind == "correction"}
    for exchange, turn in zip(talk, chosen, strict=True):
        _question(turn.prompt)
        if exchange.root.turn_id == hidden:
            continue
        with answer(turn), st.chat_message("assistant", avatar=":material/support_agent:"):
            _answer_text(turn)
            if not shown(turn):
                continue
            if lessons := [used[id_] for id_ in turn.correction_ids if id_ in used]:
                corrections_used(turn, lessons, viewer=me.user_id, on_feedback=keep)
            given = ratings.get((turn.turn_id, me.user_id, "thumbs"))
            _feedback(desk, exchange, turn, given=given, last=exchange is talk[-1], corrected=turn.turn_id in corrected)


def _feedback(
    desk: Services, exchange: Exchange, turn: Turn, *, given: Rating | None, last: bool, corrected: bool
) -> None:
    feedback_bar(turn, on_feedback=keep, given=given)
    if not last:
        return
    with st.container(key=f"again-{turn.turn_id}", horizontal=True, vertical_alignment="center"):
        _pager(exchange, turn)
        label = "Ask again with your correction" if corrected else "Regenerate"
        st.button(
            label,
            key=f"regenerate-{turn.turn_id}",
            icon=":material/refresh:",
            type="tertiary",
            on_click=_again,
            args=(turn,),
        )


def _pager(exchange: Exchange, turn: Turn) -> None:
    if len(exchange.answers) < 2:
        return
    place = exchange.answers.index(turn)
    for step, icon, words in (
        (-1, ":material/chevron_left:", "Earlier answer"),
        (1, ":material/chevron_right:", "Later answer"),
    ):
        if step > 0:
            st.caption(f"Answer {place + 1} of {len(exchange.answers)}", width="content")
        st.button(
            "",
            key=f"page{step}-{exchange.root.turn_id}",
            icon=icon,
            help=words,
            type="tertiary",
            disabled=not 0 <= place + step < len(exchange.answers),
            on_click=_choose,
            args=(exchange, place + step),
        )


def _choose(exchange: Exchange, place: int) -> None:
    st.session_state["choice"][exchange.root.turn_id] = exchange.answers[place].turn_id


def _again(turn: Turn) -> None:
    st.session_state["choice"].pop(turn.parent_turn_id or turn.turn_id, None)
    st.session_state["again"] = turn


def _question(text: str) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(escape_markdown(text))


def _answer_text(turn: Turn) -> None:
    if text := shown(turn):
        st.markdown(text)
    if turn.status == "stopped":
        st.caption("Stopped.")
    elif turn.status == "failed":
        st.error(turn.error or "This answer failed.", icon=":material/error:")
    elif turn.status == "asked" and turn.turn_id in in_flight:
        _still_writing(turn.turn_id)
    elif turn.status == "asked":
        st.warning("This answer was interrupted.", icon=":material/warning:")
    if not shown(turn) and turn.turn_id not in in_flight:
        st.button("Try again", key=f"retry-{turn.turn_id}", icon=":material/refresh:", on_click=_again, args=(turn,))


@st.fragment(run_every=1.0)
def _still_writing(turn_id: str) -> None:
    """Wait for an answer that another run of the page is writing, as after a reload."""
    st.caption("Still writing this answer…")
    if turn_id not in in_flight:
        st.rerun()


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
        _question(asked.prompt)
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


def _by_id(corrections: Sequence[KnownCorrection]) -> Mapping[str, KnownCorrection]:
    return {known.id: known for known in corrections}
