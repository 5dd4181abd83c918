"""Thumbs under an answer: the verdict is stored on the click; reasons and a comment are later, optional additions."""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final, Literal

import streamlit as st

from feedback_store.events import Rating, Turn
from feedback_store.limits import MAX_NOTE, new_id
from feedback_widgets._mount import component_key, mount
from feedback_widgets.acts import ACT_ID, RatingAct, displayed, to_event
from feedback_widgets.inbox import OnFeedback, hand_over, last_rating
from feedback_widgets.labels import Reasons, ThumbsLabels

Style = Literal["default", "native", "streamlit-feedback"]
_NAME_WORDS: Final = 8
_log: Final = logging.getLogger(__name__)


def thumbs(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    key: str | None = None,
    style: Style = "default",
    given: Rating | None = None,
    reasons: Reasons | None = None,
    labels: ThumbsLabels | None = None,
    copy: bool = True,
) -> None:
    """Show two thumbs under an answer, and hand a `Rating` to `on_feedback` for each click and each addition.

    A click stores 1.0 (good) or 0.0 (bad) without a rerun of the script; a click on the same thumb takes the verdict
    back (a score of None); the other thumb is a new verdict without the old one's reasons and comment.

    Args:
        turn: the question and answer that the verdict is about.
        on_feedback: called with a validated `Rating`; the browser repeats the act until the call has returned.
        key: element key of letters, digits and hyphens; default is made from the turn's id.
        style: "default" is our own component; "native" is `st.feedback`; "streamlit-feedback" mounts the package of
            that name. The last two know neither reasons nor a copy button, and each click reruns their fragment.
        given: the verdict that stands, as read from the store; a later one made in this process goes before it.
        reasons: the reason tags to offer.
        labels: the words to show.
        copy: offer a button that copies the answer's Markdown.

    """
    if style == "native":
        _native(turn, on_feedback, component_key("thumbs", key, turn), given, labels or ThumbsLabels())
    elif style == "streamlit-feedback":
        from feedback_widgets.incumbent import incumbent_thumbs  # noqa: PLC0415 - its package is slow to import

        incumbent_thumbs(turn, on_feedback=on_feedback, key=key, given=standing_verdict(turn, given))
    else:
        tags, words = reasons or Reasons(), labels or ThumbsLabels()

        def data() -> Mapping[str, object]:
            return {
                "turn": turn.turn_id,
                "question": _first_words(turn.prompt),
                "answer": displayed(turn) if copy else None,
                "given": _shown(standing_verdict(turn, given)),
                "reasons": {"0": dict(tags.negative), "1": dict(tags.positive)},
                "labels": asdict(words),
                "longest": MAX_NOTE,
            }

        mount("thumbs", key=key, turn=turn, data=data, on_feedback=on_feedback)


def standing_verdict(turn: Turn, given: Rating | None) -> Rating | None:
    """Return the newer of the verdict that the caller read and the one that this process handled last."""
    known = [rating for rating in (given, last_rating(turn)) if rating is not None]
    return max(known, key=lambda rating: rating.created_at, default=None)


def _native(turn: Turn, on_feedback: OnFeedback, key: str, given: Rating | None, labels: ThumbsLabels) -> None:
    fault = f"{key}-fault"

    def stands() -> int | None:
        verdict = standing_verdict(turn, given)
        return None if verdict is None or verdict.score is None else round(verdict.score)

    def store() -> None:
        before = standing_verdict(turn, given)
        score: int | None = st.session_state[key]
        replaces = _act_id(before) if before else None
        act = RatingAct(id=new_id(), replaces=replaces, score=None if score is None else float(score))
        try:
            hand_over(to_event(act, turn), on_feedback)
        except (
            Exception
        ) as error:  # whatever the caller's store raises, the screen must not show a vote that is not kept
            _log.exception("The verdict was not stored")
            st.session_state[key], st.session_state[fault] = stands(), type(error).__name__
        else:
            st.session_state.pop(fault, None)

    @st.fragment
    def body() -> None:
        if key not in st.session_state:
            st.session_state[key] = stands()
        st.feedback("thumbs", key=key, on_change=store)
        if fault in st.session_state:
            st.caption(labels.delivery.refused.replace("{why}", st.session_state[fault]))

    body()


def _act_id(rating: Rating) -> str | None:
    act_id = rating.metadata.get(ACT_ID)
    return act_id if isinstance(act_id, str) else None


def _shown(rating: Rating | None) -> dict[str, object] | None:
    if rating is None:
        return None
    return {
        "id": _act_id(rating),
        "score": rating.score,
        "reasons": list(rating.reasons),
        "comment": rating.comment,
        "at": int(rating.created_at.timestamp() * 1000),
    }


def _first_words(text: str) -> str:
    words = text.split()
    return " ".join(words[:_NAME_WORDS])[:80] + ("…" if len(words) > _NAME_WORDS else "")
