"""What was said: the questions with their answers, and under each answer what its reader may do."""

from collections.abc import Mapping, Sequence

import streamlit as st
from feedback_widgets import answer, corrections_used, feedback_bar
from feedback_widgets.inert import escape_markdown
from streamlit.delta_generator import DeltaGenerator

from demo.answering import Answering, in_flight
from demo.conversation import Exchange, shown
from demo.people import Viewer
from demo.services import Services, keep
from feedback_store import KnownCorrection, Rating, Turn, standing_ratings

STOP = ":material/stop_circle:"


def transcript(desk: Services, me: Viewer, talk: Sequence[Exchange]) -> list[tuple[Answering, DeltaGenerator]]:
    """Draw what was said; returns the answers that are still being written, each with the place for its text."""
    choice: dict[str, str] = st.session_state.setdefault("choice", {})
    chosen = [exchange.chosen(choice) for exchange in talk]
    used = _by_id(desk.store.corrections(event_ids=[id_ for turn in chosen for id_ in turn.correction_ids]))
    events = desk.store.events(kinds=["rating", "correction"], turn_ids=[turn.turn_id for turn in chosen])
    own = [event for event in events if event.user_id == me.user_id]
    ratings = standing_ratings(own)
    corrected = {event.turn_id for event in own if event.kind == "correction"}
    live: list[tuple[Answering, DeltaGenerator]] = []
    for exchange, turn in zip(talk, chosen, strict=True):
        with st.chat_message("user", avatar=":material/person:"):
            st.markdown(escape_markdown(turn.prompt))
        with answer(turn), st.chat_message("assistant", avatar=":material/support_agent:"):
            if answering := in_flight.get(turn.turn_id):
                live.append((answering, st.empty()))
                st.button("Stop", key=f"stop-{turn.turn_id}", icon=STOP, type="tertiary", on_click=answering.stop)
                continue
            _answer_text(turn)
            if not shown(turn):
                continue
            if lessons := [used[id_] for id_ in turn.correction_ids if id_ in used]:
                corrections_used(turn, lessons, viewer=me.user_id, on_feedback=keep)
            given = ratings.get((turn.turn_id, me.user_id, "thumbs"))
            _feedback(exchange, turn, given=given, last=exchange is talk[-1], corrected=turn.turn_id in corrected)
    return live


def _feedback(exchange: Exchange, turn: Turn, *, given: Rating | None, last: bool, corrected: bool) -> None:
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
    count = len(exchange.answers)
    if count < 2:
        return
    place = exchange.answers.index(turn)
    _page("Earlier", exchange, place - 1)
    st.caption(f"Answer {place + 1} of {count}", width="content")
    _page("Later", exchange, place + 1)


def _page(label: str, exchange: Exchange, place: int) -> None:
    key = f"{label}-{exchange.root.turn_id}"
    there = 0 <= place < len(exchange.answers)
    st.button(label, key=key, type="tertiary", disabled=not there, on_click=_choose, args=(exchange, place))


def _choose(exchange: Exchange, place: int) -> None:
    st.session_state["choice"][exchange.root.turn_id] = exchange.answers[place].turn_id


def _again(turn: Turn) -> None:
    st.session_state["choice"].pop(turn.parent_turn_id or turn.turn_id, None)
    st.session_state["again"] = turn


def _answer_text(turn: Turn) -> None:
    if text := shown(turn):
        st.markdown(text)
    if turn.status == "stopped":
        st.caption("Stopped.")
    elif turn.status == "failed":
        st.error(turn.error or "This answer failed.", icon=":material/error:")
    elif turn.status == "asked":
        st.warning("This answer was interrupted.", icon=":material/warning:")
    if not shown(turn):
        st.button("Try again", key=f"retry-{turn.turn_id}", icon=":material/refresh:", on_click=_again, args=(turn,))


def _by_id(corrections: Sequence[KnownCorrection]) -> Mapping[str, KnownCorrection]:
    return {known.id: known for known in corrections}
