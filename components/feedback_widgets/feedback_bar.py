"""Everything that a reader may say about an answer, in one line under it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final, Literal, get_args

import streamlit as st
from pydantic import BaseModel

from feedback_store.events import Correction, Rating, Turn
from feedback_store.limits import MAX_TEXT
from feedback_widgets._mount import component_key, mount
from feedback_widgets.correction_form import DefaultCorrection, form_common, shown_form
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.labels import Labels, Reasons
from feedback_widgets.passage_remarks import shown_remarks
from feedback_widgets.rewrite_editor import shown_rewrite
from feedback_widgets.stage import about, stage_words, standing
from feedback_widgets.thumbs import Scale, Style, shown_rating, thumbs, thumbs_common

Part = Literal["thumbs", "correct", "rewrite", "passage"]
ALL_PARTS: Final[tuple[Part, ...]] = get_args(Part)


def feedback_bar(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    given: Rating | None = None,
    corrected: Correction | None = None,
    rewritten: Correction | None = None,
    remarks: Sequence[Rating] = (),
    parts: Sequence[Part] = ALL_PARTS,
    key: str | None = None,
    style: Style = "default",
    scale: Scale = "thumbs",
    model: type[BaseModel] = DefaultCorrection,
    reasons: Reasons | None = None,
    labels: Labels | None = None,
) -> None:
    """Show thumbs with a copy button, the correction form, the editor and the marks: one component under an answer.

    Args:
        turn: the question and answer that everything is about.
        on_feedback: gets each event.
        given: the reader's verdict that stands, as read from the store.
        corrected: the reader's correction by the form that stands, as read from the store.
        rewritten: the reader's rewrite that stands, as read from the store.
        remarks: the reader's verdicts on passages that stand, as read from the store; others are passed over.
        parts: what to show, in this order.
        key: of letters, digits and hyphens; default is made from the turn's id.
        style: that of `thumbs`; any but the default stands before the rest as an element of its own.
        scale: that of `thumbs`.
        model: that of `correction_form`.
        reasons: those of `thumbs`.
        labels: the words of all of it.

    Raises:
        ValueError: a part, style or scale has a name that there is not.
        TypeError: a field of the model has a type that no form asks for.

    """
    if unknown := set(parts) - set(ALL_PARTS):
        msg = f"parts: given {', '.join(sorted(unknown))}, allowed are {', '.join(ALL_PARTS)}"
        raise ValueError(msg)
    place = component_key("feedback_bar", key, turn)
    words = labels or Labels()
    ours = [part for part in parts if part != "thumbs" or style == "default"]
    common: dict[str, object] = {"parts": ours, "longest_text": MAX_TEXT, "labels": _words(words)}
    common |= thumbs_common(scale=scale, reasons=reasons)
    if "correct" in ours:
        common |= form_common(model, words)

    def data() -> dict[str, object]:
        verdict, form, rewrite = shown_rating(turn, given), shown_form(corrected), shown_rewrite(rewritten)
        return about(turn) | standing(rating=verdict, form=form, rewrite=rewrite, **shown_remarks(turn, remarks))

    def ours_alone() -> None:
        mount("feedback_bar", key=place, turn=turn, data=data, common=common, on_feedback=on_feedback)

    if len(ours) == len(parts):
        ours_alone()
        return
    with st.container(key=f"{place}-row", horizontal=True, vertical_alignment="top", gap="small"):
        thumbs(
            turn, on_feedback=on_feedback, key=f"{place}-thumbs", given=given, style=style, scale=scale, labels=labels
        )
        ours_alone()


def _words(labels: Labels) -> dict[str, object]:
    return {
        "stage": stage_words(labels),
        "thumbs": asdict(labels.thumbs),
        "correct": asdict(labels.form),
        "rewrite": asdict(labels.rewrite),
        "passage": asdict(labels.passage),
    }
