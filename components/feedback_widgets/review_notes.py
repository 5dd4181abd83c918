"""What a reviewer must know beside the texts of a correction: where it acts, what contradicts it, why it is out."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from feedback_store.contradiction import Contradiction
from feedback_store.kinds import reach
from feedback_store.standing import KnownCorrection
from feedback_widgets.inert import escape_markdown, reveal


@dataclass(frozen=True)
class ReviewNoteLabels:
    """The words of the notes on a case."""

    always: str = "Acts on every answer of those whom it reaches."
    condition: str = "Acts when: {condition}"
    contradicts_acting: str = "Contradicts one that is in force. While both stand, neither acts on others:"
    contradicts_waiting: str = "Contradicts one that waits for review:"


def show_notes(known: KnownCorrection, contradictions: Iterable[Contradiction], labels: ReviewNoteLabels) -> None:
    """Draw the notes on a correction; most have none. What people wrote is inert.

    Args:
        known: the correction.
        contradictions: any; those of this correction are shown.
        labels: the words to show.

    """
    if reach(known.correction) == "always":
        st.caption(labels.always)
    elif condition := known.correction.condition.strip():
        st.caption(labels.condition.replace("{condition}", _inert(condition)))
    for pair in contradictions:
        if known.id in (pair.one.id, pair.other.id):
            _show_rival(pair.against(known.id), labels)
    if known.state == "withdrawn" and known.note:
        st.caption(_inert(known.note))


def _show_rival(rival: KnownCorrection, labels: ReviewNoteLabels) -> None:
    correction = rival.correction
    with st.container(gap=None):
        st.caption(labels.contradicts_acting if rival.state == "active" else labels.contradicts_waiting)
        for text in (correction.question, correction.corrected, correction.guidance):
            if text:
                st.text(reveal(text)[0])


def _inert(text: str) -> str:
    return escape_markdown(reveal(text)[0])
