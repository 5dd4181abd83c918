"""Everything that a reader may say about an answer, in one line under it."""

from collections.abc import Sequence
from typing import Final, Literal

import streamlit as st
from pydantic import BaseModel

from feedback_store.events import Correction, Rating, Turn
from feedback_widgets._mount import component_key
from feedback_widgets.correction_form import CorrectionFormLabels, DefaultCorrection, correction_form
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.labels import Reasons, ThumbsLabels
from feedback_widgets.rewrite_editor import RewriteLabels, rewrite_editor
from feedback_widgets.thumbs import Style, thumbs

Part = Literal["thumbs", "correct", "rewrite"]
ALL_PARTS: Final[tuple[Part, ...]] = ("thumbs", "correct", "rewrite")


def feedback_bar(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    given: Rating | None = None,
    rewritten: Correction | None = None,
    parts: Sequence[Part] = ALL_PARTS,
    key: str | None = None,
    style: Style = "default",
    model: type[BaseModel] = DefaultCorrection,
    reasons: Reasons | None = None,
    thumbs_labels: ThumbsLabels | None = None,
    form_labels: CorrectionFormLabels | None = None,
    rewrite_labels: RewriteLabels | None = None,
) -> None:
    """Show thumbs with a copy button, the correction form, and the editor, side by side where there is room.

    Args:
        turn: the question and answer that everything is about.
        on_feedback: gets each event.
        given: the reader's verdict that stands, as read from the store.
        rewritten: the reader's rewrite that stands, as read from the store.
        parts: what to show, in this order.
        key: of letters, digits and hyphens; default is made from the turn's id.
        style: that of `thumbs`.
        model: that of `correction_form`.
        reasons: those of `thumbs`.
        thumbs_labels: the words of `thumbs`.
        form_labels: the words of `correction_form`.
        rewrite_labels: the words of `rewrite_editor`.

    Raises:
        ValueError: a part has a name that there is not.

    """
    if unknown := set(parts) - set(ALL_PARTS):
        msg = f"parts: given {', '.join(sorted(unknown))}, allowed are {', '.join(ALL_PARTS)}"
        raise ValueError(msg)
    place = component_key("feedback_bar", key, turn)
    with st.container(key=place, horizontal=True, vertical_alignment="top", gap="small"):
        for part in parts:
            own = f"{place}-{part}"
            if part == "thumbs":
                thumbs(
                    turn,
                    on_feedback=on_feedback,
                    key=own,
                    given=given,
                    style=style,
                    reasons=reasons,
                    labels=thumbs_labels,
                )
            elif part == "correct":
                correction_form(turn, on_feedback=on_feedback, key=own, model=model, labels=form_labels)
            else:
                with st.container(width="content"):
                    rewrite_editor(turn, on_feedback=on_feedback, key=own, given=rewritten, labels=rewrite_labels)
