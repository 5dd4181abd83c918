"""The review panel: corrections that wait for somebody to say whom they may reach, and those that are in force."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

from feedback_store.events import Correction, Review, Turn
from feedback_store.limits import MAX_NOTE, Audience
from feedback_store.standing import KnownCorrection
from feedback_store.store import FeedbackStore, StoreError
from feedback_widgets._mount import component_key
from feedback_widgets.acts import displayed
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown, reveal

_log: Final = logging.getLogger(__name__)
_MOST: Final = 50
_AROUND: Final = 3
_NOTICE: Final = "fbw-review-queue-notice"


@dataclass(frozen=True)
class ReviewLabels:
    """Every word of the panel."""

    pending: str = "Waiting for review ({count})"
    nothing: str = "Nothing waits for review."
    in_force: str = "In force for others ({count})"
    question: str = "Question"
    answer: str = "Answer given"
    corrected: str = "Answer as it should be"
    guidance: str = "What would be right"
    why: str = "What the form said"
    who: str = "{author}, {date}"
    unknown: str = "somebody unknown"
    hidden: str = "This text holds {count} hidden characters. They are written out as ⟦U+…⟧: look twice."
    around: str = "The conversation around it"
    note: str = "Note (optional)"
    approve: str = "Approve for everyone"
    keep_private: str = "Only for its author"
    reject: str = "Reject"
    withdraw: str = "Withdraw"
    overtaken: str = "Somebody else has decided this already."
    not_saved: str = "Not saved: {why}"
    more: str = "{count} more wait behind these."


@dataclass(frozen=True)
class _Desk:
    """What every part of the panel needs."""

    store: FeedbackStore
    reviewer: str
    tenant: str
    send: OnFeedback
    words: ReviewLabels


def review_queue(
    store: FeedbackStore,
    *,
    reviewer: str,
    tenant: str = "default",
    on_feedback: OnFeedback | None = None,
    key: str | None = None,
    labels: ReviewLabels | None = None,
) -> None:
    """Show the pending corrections of a tenant, oldest first, and those that act on others; a decision holds at once.

    The caller decides who may see this panel: it asks nobody for a right.

    Args:
        store: where corrections, turns and reviews are.
        reviewer: the user id under which decisions are recorded.
        tenant: whose corrections.
        on_feedback: gets each `Review`; default is `store.append`.
        key: default is one for the panel; two panels on a page need one each.
        labels: the words of the panel.

    """
    place = component_key("review_queue", key)
    desk = _Desk(store, reviewer, tenant, on_feedback or store.append, labels or ReviewLabels())

    @st.fragment
    def body() -> None:
        try:
            waiting = store.corrections(states=["pending"], tenant=tenant)
            acting = store.corrections(states=["active"], tenant=tenant)
        except StoreError as error:
            st.error(str(error), icon=":material/error:")
            return
        if notice := st.session_state.pop(_NOTICE, None):
            st.warning(notice, icon=":material/info:")
        _pending(desk, waiting)
        _in_force(desk, [known for known in acting if known.audience != "author"])

    with st.container(key=place):
        body()


def _pending(desk: _Desk, waiting: Sequence[KnownCorrection]) -> None:
    words = desk.words
    st.subheader(words.pending.replace("{count}", str(len(waiting))), anchor=False)
    if not waiting:
        st.caption(words.nothing)
    for known in waiting[:_MOST]:
        with st.container(border=True, key=f"fbw-review-{known.id}"):
            _case(desk, known)
            st.text_input(words.note, key=_note_key(known), max_chars=MAX_NOTE)
            with st.container(horizontal=True, gap="small"):
                _decision(desk, known, words.approve, "approve", "everyone", kind="primary")
                _decision(desk, known, words.keep_private, "approve", "author")
                _decision(desk, known, words.reject, "reject", "author")
    if len(waiting) > _MOST:
        st.caption(words.more.replace("{count}", str(len(waiting) - _MOST)))


def _in_force(desk: _Desk, acting: Sequence[KnownCorrection]) -> None:
    words = desk.words
    st.subheader(words.in_force.replace("{count}", str(len(acting))), anchor=False)
    for known in reversed(acting[-_MOST:]):
        with st.container(border=True, key=f"fbw-acting-{known.id}"):
            _text(words.question, known.correction.question, words)
            _said(known.correction, words)
            _decision(desk, known, words.withdraw, "withdraw", "author")


def _case(desk: _Desk, known: KnownCorrection) -> None:
    correction, words = known.correction, desk.words
    author = correction.user_id or words.unknown
    st.caption(
        _inert(words.who.replace("{author}", author).replace("{date}", f"{correction.created_at:%d %B %Y %H:%M}"))
    )
    _text(words.question, correction.question, words)
    _text(words.answer, correction.answer, words)
    _said(correction, words)
    if details := {name: value for name, value in correction.details.items() if value not in ("", [], None)}:
        with st.expander(words.why):
            st.json(details)
    with st.expander(words.around):
        for turn in _around(desk.store, correction):
            st.markdown(f"**{_inert(turn.prompt)}**")
            st.markdown(_inert(displayed(turn)))


def _said(correction: Correction, words: ReviewLabels) -> None:
    _text(words.corrected, correction.corrected, words)
    _text(words.guidance, correction.guidance, words)


def _text(label: str, text: str, words: ReviewLabels) -> None:
    """Show what a person wrote: as it is, never as markup, with what is hidden in it written out."""
    if not text:
        return
    shown, hidden = reveal(text)
    st.caption(label)
    st.markdown(escape_markdown(shown))
    if hidden:
        st.warning(words.hidden.replace("{count}", str(hidden)), icon=":material/visibility:")


def _inert(text: str) -> str:
    return escape_markdown(reveal(text)[0])


def _around(store: FeedbackStore, correction: Correction) -> list[Turn]:
    turns = store.turns(session_id=correction.session_id, tenant=correction.tenant)
    places = [place for place, turn in enumerate(turns) if turn.turn_id == correction.turn_id]
    place = places[0] if places else len(turns)
    return turns[max(0, place - _AROUND) : place + _AROUND + 1]


def _note_key(known: KnownCorrection) -> str:
    return f"fbw-note-{known.id}"


def _decision(
    desk: _Desk,
    known: KnownCorrection,
    label: str,
    verdict: Literal["approve", "reject", "withdraw"],
    audience: Audience,
    *,
    kind: Literal["primary", "secondary"] = "secondary",
) -> None:
    key = f"fbw-{verdict}-{audience}-{known.id}"
    st.button(label, key=key, type=kind, on_click=_decide(desk, known, verdict, audience))


def _decide(desk: _Desk, known: KnownCorrection, verdict: str, audience: Audience) -> Callable[[], None]:
    def decide() -> None:
        try:
            now = desk.store.corrections(event_ids=[known.id], tenant=desk.tenant)
            if [each.state for each in now] != [known.state]:
                st.session_state[_NOTICE] = desk.words.overtaken
                return
            review = Review.model_validate(
                {
                    "session_id": known.correction.session_id,
                    "turn_id": known.correction.turn_id,
                    "tenant": desk.tenant,
                    "user_id": desk.reviewer,
                    "about": known.id,
                    "verdict": verdict,
                    "by": "reviewer",
                    "audience": audience,
                    "note": st.session_state.get(_note_key(known), ""),
                }
            )
            desk.send(review)
        except Exception as error:
            _log.exception("A review was not stored")
            why = str(error) if isinstance(error, StoreError) else type(error).__name__
            st.session_state[_NOTICE] = desk.words.not_saved.replace("{why}", why)

    return decide
