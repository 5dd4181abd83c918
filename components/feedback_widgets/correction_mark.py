"""What one click says about a correction that an answer used: its author takes it back, anybody else disputes it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import streamlit as st

from feedback_store.events import Feedback, Rating, Review, Turn
from feedback_store.outcome import DISPUTE
from feedback_store.standing import KnownCorrection
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown, reveal

_log: Final = logging.getLogger(__name__)
_SHORT: Final = 40


@dataclass(frozen=True)
class CorrectionsUsedLabels:
    """What the mark on an answer says that used corrections."""

    verified: str = "Verified answer"
    ask_model: str = "Ask the model instead"
    own: str = "Uses your correction"
    approved: str = "Uses an approved correction"
    several: str = "Uses {count} corrections"
    yours: str = "Your correction, {date}"
    others: str = "Approved by a reviewer, {date}"
    date: str = "%d %B %Y"
    asked: str = "Corrected for the question"
    take_back: str = "Take back"
    taken_back: str = "Taken back. The next answer goes without it."
    undo: str = "Undo"
    withdrawn: str = "Withdrawn by a reviewer. The next answer goes without it."
    dispute: str = "Not right here"
    disputed: str = "Noted: not right here."
    not_saved: str = "Not saved. Please try again."


@dataclass(frozen=True)
class _Told:
    """What was said here since the store was read."""

    said: Literal["withdraw", "restore", "dispute", "retract"] | None = None
    event_id: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class CorrectionMark:
    """One correction on one answer, for one viewer."""

    turn: Turn
    known: KnownCorrection
    viewer: str | None
    on_feedback: OnFeedback
    on_change: Callable[[], object] | None
    given: Rating | None
    place: str
    words: CorrectionsUsedLabels
    several: bool

    def button(self, label: str, act: str, on_click: Callable[[], None]) -> None:
        """Draw a button that says which correction it is about, where there are several."""
        named = f"{label}: {_first_words(self.known)}" if self.several else label
        st.button(named, key=f"{self.place}-{act}", type="tertiary", on_click=on_click)

    def told(self) -> _Told:
        """Return what the viewer said last, here or as the store knows it."""
        at, told = st.session_state.get(self.place, (None, _Told()))
        if at == self.known.updated_at:
            return told
        return _Told("dispute", self.given.event_id) if self.given else _Told()  # what the store tells is newer

    def send(self, said: Literal["withdraw", "restore", "dispute", "retract"], event: Feedback) -> None:
        """Hand an event on, once for two quick clicks."""
        before = self.told()
        if before.said == said and not before.failed:
            return  # the second of two quick clicks
        try:
            self.on_feedback(event)
        except Exception:
            _log.exception("An act on a correction was not stored")
            told = replace(before, failed=True)
        else:
            told = _Told(said, event.event_id)
        st.session_state[self.place] = (self.known.updated_at, told)
        if not told.failed and self.on_change:
            self.on_change()

    def who(self) -> dict[str, object]:
        """Return the fields that each event on this answer has."""
        turn = self.turn
        return {"turn_id": turn.turn_id, "session_id": turn.session_id, "tenant": turn.tenant, "user_id": self.viewer}


def take_back(mark: CorrectionMark) -> None:
    """Draw what the author of a correction can do."""

    def review(verdict: Literal["withdraw", "restore"]) -> None:
        facts = {"about": mark.known.id, "verdict": verdict, "by": "author"}
        mark.send(verdict, Review.model_validate(mark.who() | facts))

    said = mark.told().said
    withdrawn = said == "withdraw" if said else mark.known.state == "withdrawn"
    if withdrawn and said is None and mark.known.reviewed_by != mark.viewer:
        st.caption(mark.words.withdrawn, width="content")
    elif withdrawn:
        st.caption(mark.words.taken_back, width="content")
        mark.button(mark.words.undo, "restore", lambda: review("restore"))
    elif mark.known.state in ("pending", "active", "withdrawn"):
        mark.button(mark.words.take_back, "withdraw", lambda: review("withdraw"))


def dispute(mark: CorrectionMark) -> None:
    """Draw what anybody else can do."""
    told = mark.told()

    def rate(said: Literal["dispute", "retract"], score: float | None) -> None:
        facts = {"key": criterion(mark.known), "score": score, "metadata": {"correction_id": mark.known.id}}
        mark.send(said, Rating.model_validate(mark.who() | facts | {"supersedes": told.event_id}))

    if mark.known.state == "withdrawn":
        st.caption(mark.words.withdrawn, width="content")
    elif told.said == "dispute":
        st.caption(mark.words.disputed, width="content")
        mark.button(mark.words.undo, "retract", lambda: rate("retract", None))
    else:
        mark.button(mark.words.dispute, "dispute", lambda: rate("dispute", 0.0))


def criterion(known: KnownCorrection) -> str:
    """Return the key of a rating of the correction: of each one on an answer another rating stands."""
    return f"{DISPUTE}{known.id}"


def owns(known: KnownCorrection, viewer: str | None) -> bool:
    """Tell whether a correction is the viewer's own."""
    return viewer is not None and known.correction.user_id == viewer


def _first_words(known: KnownCorrection) -> str:
    text = " ".join((known.correction.guidance or known.correction.corrected).split())
    return escape_markdown(reveal(text if len(text) <= _SHORT else f"{text[:_SHORT]}…")[0])
