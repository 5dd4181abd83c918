"""What was said: the questions with their answers, and under each answer what its reader may do."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st
from feedback_widgets import answer, answer_preference, corrections_used, feedback_bar, standing_preference
from streamlit.delta_generator import DeltaGenerator

from demo.answering import Answering
from demo.conversation import Exchange, shown
from demo.people import Viewer
from demo.services import Services, keep
from feedback_store import Correction, KnownCorrection, Rating, Turn, standing_ratings

STOP = ":material/stop_circle:"


def transcript(
    desk: Services, me: Viewer, talk: Sequence[Exchange], running: Mapping[str, Answering]
) -> list[tuple[Answering, DeltaGenerator]]:
    """Draw what was said; returns the answers that are still being written, each with the place for its text.

    `running` are the answers in flight before `talk` was read: one that ended in between is no interrupted one.
    """
    choice: dict[str, str] = st.session_state.setdefault("choice", {})
    chosen = [exchange.chosen(choice) for exchange in talk]
    used = _by_id(desk.store.corrections(event_ids=[id_ for turn in chosen for id_ in turn.correction_ids]))
    about = [turn.turn_id for exchange in talk for turn in exchange.answers]
    events = desk.store.events(kinds=["rating", "correction"], turn_ids=about)
    own = [event for event in events if event.user_id == me.user_id]
    ratings = standing_ratings(own)
    corrections = [event for event in own if isinstance(event, Correction)]
    live: list[tuple[Answering, DeltaGenerator]] = []
    for exchange, turn in zip(talk, chosen, strict=True):
        with st.chat_message("user", avatar=":material/person:"):
            st.text(turn.prompt)
        with answer(turn), st.chat_message("assistant", avatar=":material/support_agent:"):
            if turn.status == "asked" and (answering := running.get(turn.turn_id)):
                live.append((answering, st.empty()))
                st.button("Stop", key=f"stop-{turn.turn_id}", icon=STOP, type="tertiary", on_click=answering.stop)
                continue
            _answer_text(turn)
            if not shown(turn):
                continue
            said = [rating for (about, _, _), rating in ratings.items() if about == turn.turn_id]
            if lessons := [used[id_] for id_ in turn.correction_ids if id_ in used]:
                ask = partial(_again, turn) if exchange is talk[-1] else None
                corrections_used(turn, lessons, viewer=me.user_id, on_feedback=keep, on_ask_model=ask, disputes=said)
            given = ratings.get((turn.turn_id, me.user_id, "thumbs"))
            written = [correction for correction in corrections if correction.turn_id == turn.turn_id]
            newest = {correction.source: correction for correction in written}
            feedback_bar(
                turn,
                on_feedback=keep,
                given=given,
                corrected=newest.get("form"),
                rewritten=newest.get("rewrite"),
                remarks=said,
            )
            if exchange is talk[-1]:
                _other_answers(exchange, turn, list(ratings.values()), corrected=bool(written))
    return live


def _other_answers(exchange: Exchange, turn: Turn, ratings: Sequence[Rating], *, corrected: bool) -> None:
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
    answers = [each for each in exchange.answers if shown(each)]
    answer_preference(answers, on_feedback=keep, shown=turn, given=standing_preference(ratings, answers))


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
