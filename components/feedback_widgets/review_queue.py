"""The review panel: corrections that wait for somebody to say whom they may reach, and those that are in force."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import streamlit as st

from feedback_store.events import Review
from feedback_store.limits import MAX_NOTE, Audience
from feedback_store.standing import KnownCorrection
from feedback_store.store import FeedbackStore
from feedback_widgets._mount import component_key
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown
from feedback_widgets.review_case import CaseLabels, NameOf, show_case

PAGE: Final = 20
"""Corrections shown at once; the others follow as these are decided."""
Decision = Literal["approve", "keep", "reject", "withdraw"]
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReviewLabels:
    """Every word of the panel."""

    pending: str = "Waiting for review ({count})"
    nothing: str = "Nothing waits for review."
    in_force: str = "In force for others ({count})"
    note: str = "Note (optional)"
    approve: str = "Approve for everyone"
    keep: str = "Only for its author"
    reject: str = "Reject"
    withdraw: str = "Withdraw"
    approved: str = "Approved. It acts for everyone from the next answer on."
    kept: str = "Kept for its author alone."
    rejected: str = "Rejected. It acts on nobody any more."
    withdrawn: str = "Withdrawn. It acts on nobody any more."
    overtaken: str = "Somebody else was faster: this correction is {state} now. Nothing was changed."
    gone: str = "This correction is no longer there."
    not_saved: str = "Not saved: {why}. Nothing was changed; please try again."
    unreadable: str = "The corrections cannot be read: {why}"
    more: str = "{count} more wait behind these."
    case: CaseLabels = field(default_factory=CaseLabels)


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
        audience: whom "for everyone" reaches: everybody of the tenant, or with "everyone" all tenants.
        name_of: returns the name by which an author is shown; default is a pseudonym.
        key: default is one for the panel; two panels on a page need one each.
        labels: the words of the panel.

    """
    place = component_key("review_queue", key)
    words = labels or ReviewLabels()
    desk = _Desk(store, reviewer, tenant, audience, on_feedback or store.append, place, words, name_of)

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
        except Exception as error:
            _log.exception("The corrections could not be read")
            st.error(escape_markdown(words.unreadable.replace("{why}", _why(error))))
            return
        _pending(desk, waiting)
        _in_force(desk, [known for known in acting if known.audience != "author"])

    with st.container(key=place):
        body()


def _pending(desk: _Desk, waiting: Sequence[KnownCorrection]) -> None:
    words = desk.words
    st.subheader(words.pending.replace("{count}", str(len(waiting))), anchor=False)
    if not waiting:
        st.caption(words.nothing)
    for known in waiting[:PAGE]:
        with st.container(border=True, key=f"{desk.place}-{known.id}"):
            _case(desk, known)
            st.text_input(words.note, key=desk.note(known), max_chars=MAX_NOTE)
            with st.container(horizontal=True, gap="small"):
                _button(desk, known, "approve", words.approve, primary=True)
                _button(desk, known, "keep", words.keep)
                _button(desk, known, "reject", words.reject)
    if len(waiting) > PAGE:
        st.caption(words.more.replace("{count}", str(len(waiting) - PAGE)))


def _in_force(desk: _Desk, acting: Sequence[KnownCorrection]) -> None:
    words = desk.words
    st.subheader(words.in_force.replace("{count}", str(len(acting))), anchor=False)
    for known in reversed(acting[-PAGE:]):
        with st.container(border=True, key=f"{desk.place}-{known.id}"):
            _case(desk, known)
            _button(desk, known, "withdraw", words.withdraw)


def _case(desk: _Desk, known: KnownCorrection) -> None:
    key = f"{desk.place}-case-{known.id}"
    show_case(known.correction, store=desk.store, key=key, labels=desk.words.case, name_of=desk.name_of)


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
    said = {"approve": words.approved, "keep": words.kept, "reject": words.rejected, "withdraw": words.withdrawn}
    return said[decision]


def _why(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
