"""Try a question on a correction: would it be used, and what decided? So that its reviewer sees how far it goes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import streamlit as st

from feedback_store.gate import Gate, Judged
from feedback_store.standing import KnownCorrection
from feedback_store.store import FeedbackStore, StoreError
from feedback_store.trial import tried
from feedback_widgets.inert import escape_markdown


@dataclass(frozen=True)
class ReviewTrialLabels:
    """The words of a trial."""

    title: str = "Try a question"
    question: str = "A question that somebody might ask"
    used: str = "It would be used ({chance})."
    used_surely: str = "It would be used: its condition holds, or it acts always."
    not_used: str = "It would not be used ({chance})."
    not_found: str = "It would not be used: other corrections are nearer, or it is not in force."
    meaning: str = "Alike in meaning: {share}"
    nearest: str = "No other correction is nearer."
    not_nearest: str = "Another correction is nearer."
    words: str = "Words of its question that are there: {share}"
    named: str = "What its question names is there."
    not_named: str = "What its question names is missing."
    another_thing: str = "Something else is asked for: a time, a price, a place or a number."
    left_alike: str = "What is asked about it is alike: {share}"
    another_answer: str = "Another kind of answer is asked for."


def show_trial(
    known: KnownCorrection, *, store: FeedbackStore, gate: Gate, key: str, labels: ReviewTrialLabels
) -> None:
    """Draw the field for a question, folded up, and the verdict on what is typed there."""
    with st.expander(labels.title, key=key):
        question = st.text_input(labels.question, key=f"{key}-question")
        if not question.strip():
            return
        try:
            judged = tried(question, known, store=store, gate=gate)
        except StoreError as error:
            st.error(escape_markdown(str(error)))
            return
        _show(judged, labels)


def _show(judged: Judged | None, labels: ReviewTrialLabels) -> None:
    with st.container(gap=None):
        if judged is None:
            st.markdown(f":material/close: {labels.not_found}")
            return
        chance = f"{judged.probability:.0%}"
        if judged.probability == 1 and not judged.features:
            st.markdown(f":material/check: {labels.used_surely}")
        elif judged.in_scope:
            st.markdown(f":material/check: {labels.used.replace('{chance}', chance)}")
        else:
            st.markdown(f":material/close: {labels.not_used.replace('{chance}', chance)}")
        for reason in _reasons(judged.features, labels):
            st.caption(reason)


def _reasons(features: Mapping[str, float], labels: ReviewTrialLabels) -> Iterator[str]:
    """Say in words what the gate looked at; a gate of another making names other features, which are passed over."""

    def share(label: str, name: str) -> str:
        return label.replace("{share}", f"{max(0.0, features[name]):.0%}")

    if "similarity" in features:
        yield share(labels.meaning, "similarity")
        yield labels.nearest if features.get("nearest") else labels.not_nearest
    if "stored_covered" in features:
        yield share(labels.words, "stored_covered")
    if features.get("has_names"):
        yield labels.named if features.get("names_there") else labels.not_named
    if features.get("asks_another_thing"):
        yield labels.another_thing
    if "left_alike" in features:
        yield share(labels.left_alike, "left_alike")
    if features.get("answers_differ"):
        yield labels.another_answer
