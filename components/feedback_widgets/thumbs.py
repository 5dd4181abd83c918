"""Thumbs under an answer: the verdict is stored on the click; reasons and a comment are later, optional additions."""

import logging
from dataclasses import asdict
from typing import Final, Literal, get_args

import streamlit as st

from feedback_store.events import Rating, Turn
from feedback_store.limits import MAX_NOTE, new_id
from feedback_widgets._mount import component_key, mount
from feedback_widgets.acts import ACT_ID, RatingAct, to_event
from feedback_widgets.inbox import OnFeedback, hand_over, last_rating
from feedback_widgets.labels import Labels, Reasons
from feedback_widgets.stage import about, stage_words, standing

Style = Literal["default", "native", "streamlit-feedback"]
Scale = Literal["thumbs", "faces", "stars"]
_log: Final = logging.getLogger(__name__)


def thumbs(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    key: str | None = None,
    style: Style = "default",
    given: Rating | None = None,
    scale: Scale = "thumbs",
    reasons: Reasons | None = None,
    labels: Labels | None = None,
    copy: bool = False,
) -> None:
    """Show two thumbs under an answer, and hand a `Rating` to `on_feedback` for each click and each addition.

    A click stores 1.0 (good) or 0.0 (bad) without a rerun of the script; a click on the same thumb takes the verdict
    back (a score of None); the other thumb is a new verdict without the old one's reasons and comment. On a scale of
    five the scores are 0, 0.25, 0.5, 0.75 and 1; below 0.5 the negative reasons are offered, from there the positive.

    Args:
        turn: the question and answer that the verdict is about.
        on_feedback: called with a validated `Rating`; the browser repeats the act until the call has returned.
        key: element key of letters, digits and hyphens; default is made from the turn's id.
        style: "default" is our own component; "native" is `st.feedback`; "streamlit-feedback" mounts the package of
            that name. The last two know neither reasons nor a copy button, and each click reruns their fragment.
        given: the verdict that stands, as read from the store; a later one made in this process goes before it.
        scale: "thumbs", or five "faces" or "stars"; the incumbent package has no stars.
        reasons: the reason tags to offer.
        labels: the words to show.
        copy: offer a button that copies the answer's Markdown, as the feedback bar does.

    """
    if style not in get_args(Style):
        msg = f"style: given {style!r}, allowed are {', '.join(get_args(Style))}"
        raise ValueError(msg)
    words = labels or Labels()
    if style == "native":
        _native(
            turn, on_feedback, component_key("thumbs", key, turn), given, scale=scale, refused=words.delivery.refused
        )
    elif style == "streamlit-feedback":
        from feedback_widgets.incumbent import incumbent_thumbs  # noqa: PLC0415 - its package is slow to import

        if scale != "thumbs":
            msg = f"scale: given {scale!r}, the style streamlit-feedback has thumbs alone"
            raise ValueError(msg)
        stands = standing_verdict(turn, given)
        incumbent_thumbs(turn, on_feedback=on_feedback, key=key, given=stands, labels=words.incumbent)
    else:
        common = thumbs_common(scale=scale, reasons=reasons)
        mount(
            "thumbs",
            key=key,
            turn=turn,
            data=lambda: about(turn, copy=copy) | standing(rating=shown_rating(turn, given)),
            common=common | {"labels": {"stage": stage_words(words), "thumbs": asdict(words.thumbs)}},
            on_feedback=on_feedback,
        )


def thumbs_common(*, scale: Scale, reasons: Reasons | None) -> dict[str, object]:
    """Return what all thumbs of a page have in common, beside their words."""
    if scale not in get_args(Scale):
        msg = f"scale: given {scale!r}, allowed are {', '.join(get_args(Scale))}"
        raise ValueError(msg)
    tags = reasons or Reasons()
    return {
        "scale": scale,
        "reasons": {"bad": dict(tags.negative), "good": dict(tags.positive)},
        "longest": MAX_NOTE,
    }


def shown_rating(turn: Turn, given: Rating | None) -> dict[str, object] | None:
    """Return the verdict that stands, as the browser reads it."""
    return _shown(standing_verdict(turn, given))


def standing_verdict(turn: Turn, given: Rating | None) -> Rating | None:
    """Return the newer of the verdict that the caller read and the one that this process handled last."""
    known = [rating for rating in (given, last_rating(turn)) if rating is not None]
    return max(known, key=lambda rating: rating.created_at, default=None)


def _native(turn: Turn, on_feedback: OnFeedback, key: str, given: Rating | None, *, scale: Scale, refused: str) -> None:
    fault = f"{key}-fault"
    most = 1 if scale == "thumbs" else 4

    def stands() -> int | None:
        verdict = standing_verdict(turn, given)
        return None if verdict is None or verdict.score is None else round(verdict.score * most)

    def store() -> None:
        before = standing_verdict(turn, given)
        score: int | None = st.session_state[key]
        replaces = _act_id(before) if before else None
        act = RatingAct(id=new_id(), replaces=replaces, score=None if score is None else score / most)
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
        st.feedback(scale, key=key, on_change=store)
        if fault in st.session_state:
            st.caption(refused.replace("{why}", st.session_state[fault]))

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
