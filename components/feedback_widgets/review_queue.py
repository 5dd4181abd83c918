"""The review panel: corrections that wait for a decision on whom they reach, those in force, and those taken out."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

from feedback_store.contradiction import Contradiction, contradictions
from feedback_store.events import Review
from feedback_store.gate import DEFAULT_GATE, Gate
from feedback_store.limits import MAX_NOTE, Audience
from feedback_store.standing import KnownCorrection
from feedback_store.store import FeedbackStore
from feedback_widgets._mount import component_key
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown
from feedback_widgets.review_case import NameOf, show_case
from feedback_widgets.review_labels import ReviewLabels
from feedback_widgets.review_notes import show_notes
from feedback_widgets.review_trial import show_trial

PAGE: Final = 20
"""Corrections shown at once; the others follow as these are decided."""
Decision = Literal["approve", "keep", "reject", "withdraw", "restore"]
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Desk:
    """What every part of the panel needs."""

    store: FeedbackStore
    reviewer: str
    tenant: str
    audience: Audience
    send: OnFeedback
    place: str
    words: ReviewLabels
    name_of: NameOf | None
    gate: Gate

    def note(self, known: KnownCorrection) -> str:
        """Return the key under which the note on a correction is typed."""
        return f"{self.place}-note-{known.id}"


def review_queue(
    store: FeedbackStore,
    *,
    reviewer: str,
    tenant: str = "default",
    on_feedback: OnFeedback | None = None,
    audience: Literal["tenant", "everyone"] = "tenant",
    name_of: NameOf | None = None,
    gate: Gate | None = None,
    key: str | None = None,
    labels: ReviewLabels | None = None,
) -> None:
    """Show the pending corrections of a tenant, oldest first, those that act on others, and those that the system took
    out because they did harm. Each says what contradicts it. A decision holds at once.

    The caller decides who may see this panel: it asks nobody for a right.

    Args:
        store: where corrections, turns and reviews are.
        reviewer: the user id under which decisions are recorded.
        tenant: whose corrections.
        on_feedback: gets each `Review`; default is `store.append`.
        audience: whom "for everyone" reaches: everybody of the tenant, or with "everyone" all tenants.
        name_of: returns the name by which an author is shown; default is a pseudonym.
        gate: judges the questions that a reviewer tries; default is the one that comes with the package.
        key: default is one for the panel; two panels on a page need one each.
        labels: the words of the panel.

    """
    place = component_key("review_queue", key)
    words = labels or ReviewLabels()
    desk = _Desk(
        store, reviewer, tenant, audience, on_feedback or store.append, place, words, name_of, gate or DEFAULT_GATE
    )

    @st.fragment
    def body() -> None:
        slot = st.container()  # reserved, so that a notice moves nothing to another place in the tree
        notice: tuple[bool, str] | None = st.session_state.pop(f"{place}-notice", None)
        if notice:
            good, text = notice
            (slot.success if good else slot.warning)(escape_markdown(text))
        try:
            waiting = store.corrections(states=["pending"], tenant=tenant)
            acting = store.corrections(states=["active"], tenant=tenant)
            withdrawn = store.corrections(states=["withdrawn"], tenant=tenant)
        except Exception as error:
            _log.exception("The corrections could not be read")
            st.error(escape_markdown(words.unreadable.replace("{why}", _why(error))))
            return
        shared = [known for known in acting if known.audience != "author"]
        shown = [known.id for known in (*waiting[:PAGE], *shared[-PAGE:])]
        pairs = contradictions([*waiting, *shared], of=shown)
        _pending(desk, waiting, pairs)
        _in_force(desk, shared, pairs)
        _taken_out(desk, [known for known in withdrawn if known.reviewed_as == "system"])

    with st.container(key=place):
        body()


def _pending(desk: _Desk, waiting: Sequence[KnownCorrection], pairs: Sequence[Contradiction]) -> None:
    words = desk.words
    st.subheader(words.pending.replace("{count}", str(len(waiting))), anchor=False)
    if not waiting:
        st.caption(words.nothing)
    for known in waiting[:PAGE]:
        with st.container(border=True, key=f"{desk.place}-{known.id}"):
            _case(desk, known, pairs)
            st.text_input(words.note, key=desk.note(known), max_chars=MAX_NOTE)
            with st.container(horizontal=True, gap="small"):
                _button(desk, known, "approve", words.approve, primary=True)
                _button(desk, known, "keep", words.keep)
                _button(desk, known, "reject", words.reject)
    if len(waiting) > PAGE:
        st.caption(words.more.replace("{count}", str(len(waiting) - PAGE)))


def _in_force(desk: _Desk, acting: Sequence[KnownCorrection], pairs: Sequence[Contradiction]) -> None:
    words = desk.words
    st.subheader(words.in_force.replace("{count}", str(len(acting))), anchor=False)
    for known in reversed(acting[-PAGE:]):
        with st.container(border=True, key=f"{desk.place}-{known.id}"):
            _case(desk, known, pairs)
            _button(desk, known, "withdraw", words.withdraw)


def _taken_out(desk: _Desk, withdrawn: Sequence[KnownCorrection]) -> None:
    words = desk.words
    if withdrawn:
        st.subheader(words.taken_out.replace("{count}", str(len(withdrawn))), anchor=False)
    for known in reversed(withdrawn[-PAGE:]):
        with st.container(border=True, key=f"{desk.place}-{known.id}"):
            _case(desk, known)
            with st.container(horizontal=True, gap="small"):
                _button(desk, known, "restore", words.restore)
                _button(desk, known, "reject", words.reject)


def _case(desk: _Desk, known: KnownCorrection, pairs: Sequence[Contradiction] = ()) -> None:
    key = f"{desk.place}-case-{known.id}"
    show_case(known.correction, store=desk.store, key=key, labels=desk.words.case, name_of=desk.name_of)
    show_notes(known, pairs, desk.words.notes)
    if known.state in ("pending", "active"):
        show_trial(known, store=desk.store, gate=desk.gate, key=f"{key}-trial", labels=desk.words.trial)


def _button(desk: _Desk, known: KnownCorrection, decision: Decision, label: str, *, primary: bool = False) -> None:
    st.button(
        label,
        key=f"{desk.place}-{decision}-{known.id}",
        type="primary" if primary else "secondary",
        on_click=_decide,
        args=(desk, known, decision),
    )


def _decide(desk: _Desk, known: KnownCorrection, decision: Decision) -> None:
    """Record a decision, unless the correction is no longer as the reviewer saw it."""
    words = desk.words
    try:
        now = next(iter(desk.store.corrections(event_ids=[known.id], tenant=desk.tenant)), None)
        if now and now.state == known.state:
            desk.send(_review(desk, known, decision))
            notice = (True, _done(words, decision))
        elif now and now.reviewed_by == desk.reviewer:
            return  # the second of two quick clicks
        else:
            notice = (False, words.overtaken.replace("{state}", now.state) if now else words.gone)
    except Exception as error:
        _log.exception("A review was not stored")
        notice = (False, words.not_saved.replace("{why}", _why(error)))
    st.session_state[f"{desk.place}-notice"] = notice


def _review(desk: _Desk, known: KnownCorrection, decision: Decision) -> Review:
    return Review(
        session_id=known.correction.session_id,
        turn_id=known.correction.turn_id,
        tenant=desk.tenant,
        user_id=desk.reviewer,
        about=known.id,
        verdict="approve" if decision == "keep" else decision,
        by="reviewer",
        audience=desk.audience if decision == "approve" else "author",
        # Read now, since a note that was typed just before the click is newer than the button.
        note=st.session_state.get(desk.note(known), ""),
    )


def _done(words: ReviewLabels, decision: Decision) -> str:
    said: dict[Decision, str] = {
        "approve": words.approved,
        "keep": words.kept,
        "reject": words.rejected,
        "withdraw": words.withdrawn,
        "restore": words.restored,
    }
    return said[decision]


def _why(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
