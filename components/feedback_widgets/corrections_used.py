"""Under an answer: which corrections it used, and one click to take one's own back or to dispute another's."""

from collections.abc import Callable, Sequence

import streamlit as st

from feedback_store.events import Rating, Turn
from feedback_store.standing import KnownCorrection
from feedback_store.verified import served_verified
from feedback_widgets._mount import component_key
from feedback_widgets.correction_mark import CorrectionMark, CorrectionsUsedLabels, criterion, dispute, owns, take_back
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import reveal


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
                several, given = len(corrections) > 1, disputed.get(criterion(known))
                where = f"{place}-{number}"
                mark = CorrectionMark(turn, known, viewer, on_feedback, on_change, given, where, words, several=several)
                (take_back if owns(known, viewer) else dispute)(mark)
                if mark.told().failed:
                    st.caption(words.not_saved, width="content")

    body()


def _chip(corrections: Sequence[KnownCorrection], viewer: str | None, words: CorrectionsUsedLabels) -> str:
    if len(corrections) > 1:
        return words.several.replace("{count}", str(len(corrections)))
    return words.own if owns(corrections[0], viewer) else words.approved


def _details(known: KnownCorrection, viewer: str | None, words: CorrectionsUsedLabels) -> None:
    correction = known.correction
    st.caption(_when(words.yours if owns(known, viewer) else words.others, known, words))
    for text in (correction.corrected, correction.guidance):
        if text:
            st.text(reveal(text)[0])
    st.caption(words.asked)
    st.text(reveal(correction.question)[0])


def _when(role: str, known: KnownCorrection, words: CorrectionsUsedLabels) -> str:
    return role.replace("{date}", f"{known.updated_at:{words.date}}")
