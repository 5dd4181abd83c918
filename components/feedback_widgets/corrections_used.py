"""Under an answer: which corrections it used, and one click to take one's own back or to dispute another's."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from feedback_store.events import Feedback, Rating, Review, Turn
from feedback_store.standing import KnownCorrection
from feedback_widgets._mount import component_key
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown, reveal

_log: Final = logging.getLogger(__name__)
_SHORT: Final = 40


@dataclass(frozen=True)
class CorrectionsUsedLabels:
    """Every word of the mark."""

    own: str = "Uses your correction"
    approved: str = "Uses an approved correction"
    several: str = "Uses {count} corrections"
    yours: str = "Your correction, {date}"
    others: str = "Approved by a reviewer, {date}"
    asked: str = "Corrected for the question"
    take_back: str = "Take back"
    taken_back: str = "Taken back. The next answer goes without it."
    undo: str = "Undo"
    withdrawn: str = "Withdrawn by a reviewer. The next answer goes without it."
    dispute: str = "Not right here"
    disputed: str = "Thank you. A reviewer will look at it."
    not_saved: str = "Not saved. Please try again."


def corrections_used(
    turn: Turn,
    corrections: Sequence[KnownCorrection],
    *,
    viewer: str | None,
    on_feedback: OnFeedback,
    key: str | None = None,
    labels: CorrectionsUsedLabels | None = None,
) -> None:
    """Say on an answer that it used corrections, and let the reader act on them. Shows nothing where it used none.

    A reader's own correction is taken back, and brought again, by a `Review`; somebody else's is disputed by a `Rating`
    of 0 with the key "correction", whose `metadata["correction_id"]` names it. Both hold from the next answer on.

    Args:
        turn: the answer.
        corrections: what the store knows of `turn.correction_ids`.
        viewer: the user id of who is looking; None for somebody unknown, who owns nothing.
        on_feedback: gets the review or rating.
        key: default is one for the turn.
        labels: the words of the mark.

    """
    if not corrections:
        return
    words = labels or CorrectionsUsedLabels()
    place = component_key("corrections_used", key, turn)

    @st.fragment
    def body() -> None:
        with st.container(key=place, horizontal=True, vertical_alignment="center", gap="small"):
            with st.popover(_chip(corrections, viewer, words), icon=":material/verified:", type="tertiary"):
                for known in corrections:
                    _details(known, viewer, words)
            for number, known in enumerate(corrections):
                act = _take_back if _owns(known, viewer) else _dispute
                act(_Mark(turn, known, viewer, on_feedback, f"{place}-{number}", words, several=len(corrections) > 1))

    body()


@dataclass(frozen=True)
class _Mark:
    """One correction on one answer, for one viewer."""

    turn: Turn
    known: KnownCorrection
    viewer: str | None
    on_feedback: OnFeedback
    place: str
    words: CorrectionsUsedLabels
    several: bool

    def button(self, label: str, on_click: Callable[[], None]) -> None:
        named = f"{label}: {_first_words(self.known)}" if self.several else label
        st.button(named, key=f"{self.place}-{self.known.state}", type="tertiary", on_click=on_click)

    def send(self, event: Feedback, then: str) -> None:
        """Hand an event on, and show `then` from now on, until the store tells something newer."""
        try:
            self.on_feedback(event)
        except Exception:
            _log.exception("An act on a correction was not stored")
            then = "failed"
        st.session_state[self.place] = (self.known.updated_at, then)

    def said(self) -> str | None:
        """Return what was said here since the store was read."""
        told = st.session_state.get(self.place)
        return told[1] if told and told[0] == self.known.updated_at else None

    def who(self) -> dict[str, object]:
        turn = self.turn
        return {"turn_id": turn.turn_id, "session_id": turn.session_id, "tenant": turn.tenant, "user_id": self.viewer}


def _take_back(mark: _Mark) -> None:
    def review(verdict: str, then: str) -> None:
        if mark.said() != then:  # not for the second of two quick clicks
            facts = {"about": mark.known.id, "verdict": verdict, "by": "author"}
            mark.send(Review.model_validate(mark.who() | facts), then)

    said = mark.said()
    withdrawn = mark.known.state == "withdrawn" if said in (None, "failed") else said == "withdrawn"
    if withdrawn and said is None and mark.known.reviewed_by != mark.viewer:
        st.caption(mark.words.withdrawn, width="content")
    elif withdrawn:
        st.caption(mark.words.taken_back, width="content")
        mark.button(mark.words.undo, lambda: review("restore", "restored"))
    elif mark.known.state in ("pending", "active", "withdrawn"):
        mark.button(mark.words.take_back, lambda: review("withdraw", "withdrawn"))
    if said == "failed":
        st.caption(mark.words.not_saved, width="content")


def _dispute(mark: _Mark) -> None:
    def dispute() -> None:
        if mark.said() != "disputed":
            facts = {"key": "correction", "score": 0.0, "metadata": {"correction_id": mark.known.id}}
            mark.send(Rating.model_validate(mark.who() | facts), "disputed")

    said = mark.said()
    if said == "disputed":
        st.caption(mark.words.disputed, width="content")
    else:
        mark.button(mark.words.dispute, dispute)
    if said == "failed":
        st.caption(mark.words.not_saved, width="content")


def _owns(known: KnownCorrection, viewer: str | None) -> bool:
    return viewer is not None and known.correction.user_id == viewer


def _chip(corrections: Sequence[KnownCorrection], viewer: str | None, words: CorrectionsUsedLabels) -> str:
    if len(corrections) > 1:
        return words.several.replace("{count}", str(len(corrections)))
    return words.own if _owns(corrections[0], viewer) else words.approved


def _details(known: KnownCorrection, viewer: str | None, words: CorrectionsUsedLabels) -> None:
    correction = known.correction
    role = words.yours if _owns(known, viewer) else words.others
    st.caption(role.replace("{date}", f"{known.updated_at:%d %B %Y}"))
    for text in (correction.corrected, correction.guidance):
        if text:
            st.markdown(_inert(text))
    st.caption(f"{words.asked}: {_inert(correction.question)}")


def _inert(text: str) -> str:
    return escape_markdown(reveal(text)[0])


def _first_words(known: KnownCorrection) -> str:
    text = " ".join((known.correction.guidance or known.correction.corrected).split())
    return _inert(text if len(text) <= _SHORT else f"{text[:_SHORT]}…")
