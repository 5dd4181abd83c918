"""One correction as its reviewer sees it: what was asked, answered and corrected, by whom, in which conversation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256

import streamlit as st

from feedback_store.events import Correction, Turn
from feedback_store.store import FeedbackStore, StoreError
from feedback_widgets.acts import displayed
from feedback_widgets.inert import escape_markdown, reveal
from feedback_widgets.word_diff import WordDiffLabels, word_diff

AROUND = 3
"""Turns shown before and after the corrected one."""
_LONG = 1_200  # characters; a longer text scrolls in a box of its own
_BOX_PIXELS = 320

NameOf = Callable[[Correction], str]


@dataclass(frozen=True)
class CaseLabels:
    """The words around one correction."""

    person: str = "Person {name}"
    unknown: str = "Somebody unknown"
    when: str = "%d %B %Y, %H:%M UTC"
    question: str = "Question"
    answer: str = "Answer given"
    corrected: str = "Answer as it should be"
    guidance: str = "What would be right"
    more: str = "More from the form"
    hidden: str = "These texts hold hidden characters ({count}). Each is written out as ⟦U+…⟧: look twice."
    around: str = "The conversation around it"
    this: str = "This is the answer that was corrected."
    no_turns: str = "No turn of this conversation is stored."
    diff: WordDiffLabels = field(default_factory=WordDiffLabels)


def pseudonym(correction: Correction, labels: CaseLabels) -> str:
    """Return a short name that is the same for all corrections of one person in one tenant, and tells nothing else."""
    if correction.user_id is None:
        return labels.unknown
    digest = sha256(f"{correction.tenant}\0{correction.user_id}".encode()).hexdigest()
    return labels.person.replace("{name}", digest[:6])


def show_case(
    correction: Correction, *, store: FeedbackStore, key: str, labels: CaseLabels, name_of: NameOf | None = None
) -> None:
    """Draw everything that a decision needs. What people wrote is inert, and what is hidden in it is written out."""
    author = name_of(correction) if name_of else pseudonym(correction, labels)
    facts = (author, correction.created_at.astimezone(UTC).strftime(labels.when), correction.category or "")
    st.caption(" · ".join(_inert(fact) for fact in facts if fact))
    hidden = _show(labels.question, correction.question)
    if correction.corrected and correction.answer:
        before, hidden_before = reveal(correction.answer)
        after, hidden_after = reveal(correction.corrected)
        hidden += hidden_before + hidden_after
        with st.container(gap=None):
            st.caption(labels.diff.changes)
            word_diff(before, after, key=f"{key}-diff", labels=labels.diff)
    else:
        hidden += _show(labels.answer, correction.answer) + _show(labels.corrected, correction.corrected)
    hidden += _show(labels.guidance, correction.guidance)
    hidden += _show(labels.more, _details(correction))
    if hidden:
        st.warning(labels.hidden.replace("{count}", str(hidden)), icon=":material/visibility:")
    # Its content is read from the store only once somebody opens it.
    with st.expander(labels.around, key=f"{key}-around", on_change="rerun") as around:
        if around.open:
            _conversation(correction, store, labels)


def _conversation(correction: Correction, store: FeedbackStore, labels: CaseLabels) -> None:
    try:
        turns = store.turns(session_id=correction.session_id, tenant=correction.tenant)
    except StoreError as error:
        st.error(escape_markdown(str(error)))
        return
    if not turns:
        st.caption(labels.no_turns)
    for turn in _near(turns, correction.turn_id):
        _show(labels.question, turn.prompt)
        _show(labels.answer, displayed(turn))
        if turn.turn_id == correction.turn_id:
            st.caption(f"↑ {labels.this}")


def _near(turns: list[Turn], turn_id: str | None) -> list[Turn]:
    place = next((place for place, turn in enumerate(turns) if turn.turn_id == turn_id), len(turns))
    return turns[max(0, place - AROUND) : place + AROUND + 1]


def _details(correction: Correction) -> str:
    """Return what the form asked beyond what is shown anyway, a line for each field."""
    shown = {correction.corrected, correction.guidance, correction.category}
    lines: list[str] = []
    for name, value in correction.details.items():
        values = value if isinstance(value, list) else [value]
        said = ", ".join(
            str(each)
            for each in values
            if each is not False and each not in (None, "") and not isinstance(each, Mapping)
        )
        if said and said not in shown:
            lines.append(f"{name.replace('_', ' ').capitalize()}: {said}")
    return "\n".join(lines)


def _show(label: str, text: str) -> int:
    """Draw a text as it is, never as markup, and return how many hidden characters it has."""
    if not text:
        return 0
    shown, hidden = reveal(text)
    long = len(shown) > _LONG
    with st.container(gap=None):
        st.caption(label)
        with st.container(height=_BOX_PIXELS if long else "content", border=long):
            st.text(shown)
    return hidden


def _inert(text: str) -> str:
    return escape_markdown(reveal(text)[0])
