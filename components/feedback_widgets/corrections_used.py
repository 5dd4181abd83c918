"""Under an answer: which corrections it used, and one click to take one's own back or to dispute another's."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import streamlit as st

from feedback_store.events import Feedback, Rating, Review, Turn
from feedback_store.standing import KnownCorrection
from feedback_store.verified import served_verified
from feedback_widgets._mount import component_key
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown, reveal

_log: Final = logging.getLogger(__name__)
_SHORT: Final = 40


@dataclass(frozen=True)
class CorrectionsUsedLabels:
    """Every word of the mark."""

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


def corrections_used(
    turn: Turn,
    corrections: Sequence[KnownCorrection],
    *,
    viewer: str | None,
    on_feedback: OnFeedback,
    on_change: Callable[[], object] | None = None,
    on_ask_model: Callable[[], object] | None = None,
    disputes: Sequence[Rating] = (),
    key: str | None = None,
    labels: CorrectionsUsedLabels | None = None,
) -> None:
    """Say on an answer that it used corrections, and let the reader act on them. Shows nothing where it used none.

    An answer that is an approved one, word for word (its turn bears the tag `verified-answer`), is called verified. A
    reader's own correction is taken back, and brought again, by a `Review`; somebody else's is disputed by a `Rating`
    of 0 with the key "correction:<id>", whose `metadata["correction_id"]` names it. Each can be undone.

    Args:
        turn: the answer.
        corrections: what the store knows of `turn.correction_ids`.
        viewer: the user id of who is looking; None for somebody unknown, who owns nothing.
        on_feedback: gets the review or rating.
        on_change: called after each of them that was handed on, before the page is drawn again.
        on_ask_model: called when the reader wants the model's answer in the place of a verified one, before the page is
            drawn again; without it no such button is shown.
        disputes: the viewer's ratings that stand, as read from the store; those of anything else are passed over.
        key: default is one for the turn.
        labels: the words of the mark.

    """
    if not corrections:
        return
    words = labels or CorrectionsUsedLabels()
    place = component_key("corrections_used", key, turn)
    verified = served_verified(turn)
    disputed = {
        rating.key: rating for rating in disputes if rating.turn_id == turn.turn_id and rating.score is not None
    }

    @st.fragment
    def body() -> None:
        with st.container(key=place, horizontal=True, vertical_alignment="center", gap="small"):
            chip = words.verified if verified else _chip(corrections, viewer, words)
            with st.popover(chip, icon=":material/verified:", type="tertiary"):
                for known in corrections:
                    _details(known, viewer, words)
            if verified:
                st.caption(_when(words.others, corrections[0], words), width="content")
                if on_ask_model and st.button(words.ask_model, key=f"{place}-ask-model", type="tertiary"):
                    on_ask_model()
                    st.rerun()  # the whole page: the button stands in a fragment
            for number, known in enumerate(corrections):
                several, given = len(corrections) > 1, disputed.get(_criterion(known))
                where = f"{place}-{number}"
                mark = _Mark(turn, known, viewer, on_feedback, on_change, given, where, words, several=several)
                (_take_back if _owns(known, viewer) else _dispute)(mark)
                if mark.told().failed:
                    st.caption(words.not_saved, width="content")

    body()


@dataclass(frozen=True)
class _Told:
    """What was said here since the store was read."""

    said: Literal["withdraw", "restore", "dispute", "retract"] | None = None
    event_id: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class _Mark:
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
        named = f"{label}: {_first_words(self.known)}" if self.several else label
        st.button(named, key=f"{self.place}-{act}", type="tertiary", on_click=on_click)

    def told(self) -> _Told:
        at, told = st.session_state.get(self.place, (None, _Told()))
        if at == self.known.updated_at:
            return told
        return _Told("dispute", self.given.event_id) if self.given else _Told()  # what the store tells is newer

    def send(self, said: Literal["withdraw", "restore", "dispute", "retract"], event: Feedback) -> None:
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
        turn = self.turn
        return {"turn_id": turn.turn_id, "session_id": turn.session_id, "tenant": turn.tenant, "user_id": self.viewer}


def _take_back(mark: _Mark) -> None:
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


def _dispute(mark: _Mark) -> None:
    told = mark.told()

    def rate(said: Literal["dispute", "retract"], score: float | None) -> None:
        facts = {"key": _criterion(mark.known), "score": score, "metadata": {"correction_id": mark.known.id}}
        mark.send(said, Rating.model_validate(mark.who() | facts | {"supersedes": told.event_id}))

    if mark.known.state == "withdrawn":
        st.caption(mark.words.withdrawn, width="content")
    elif told.said == "dispute":
        st.caption(mark.words.disputed, width="content")
        mark.button(mark.words.undo, "retract", lambda: rate("retract", None))
    else:
        mark.button(mark.words.dispute, "dispute", lambda: rate("dispute", 0.0))


def _criterion(known: KnownCorrection) -> str:
    """Of each correction on an answer another rating stands."""
    return f"correction:{known.id}"


def _owns(known: KnownCorrection, viewer: str | None) -> bool:
    return viewer is not None and known.correction.user_id == viewer


def _chip(corrections: Sequence[KnownCorrection], viewer: str | None, words: CorrectionsUsedLabels) -> str:
    if len(corrections) > 1:
        return words.several.replace("{count}", str(len(corrections)))
    return words.own if _owns(corrections[0], viewer) else words.approved


def _details(known: KnownCorrection, viewer: str | None, words: CorrectionsUsedLabels) -> None:
    correction = known.correction
    st.caption(_when(words.yours if _owns(known, viewer) else words.others, known, words))
    for text in (correction.corrected, correction.guidance):
        if text:
            st.text(reveal(text)[0])
    st.caption(words.asked)
    st.text(reveal(correction.question)[0])


def _when(role: str, known: KnownCorrection, words: CorrectionsUsedLabels) -> str:
    return role.replace("{date}", f"{known.updated_at:{words.date}}")


def _first_words(known: KnownCorrection) -> str:
    text = " ".join((known.correction.guidance or known.correction.corrected).split())
    return escape_markdown(reveal(text if len(text) <= _SHORT else f"{text[:_SHORT]}…")[0])
