"""Which of several answers to one question is better: asked after a regeneration, when all of them are still there."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from feedback_store.events import Rating, Turn
from feedback_widgets._mount import component_key
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown

KEY: Final = "preference"
"""The criterion of the ratings."""
OVER: Final = "over"
BETTER: Final = "better"
BOTH: Final = "both-fine"
NEITHER: Final = "neither"
_SCORES: Final = {BETTER: 1.0, BOTH: 0.5, NEITHER: 0.0}
_SHORT: Final = 60
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class AnswerPreferenceLabels:
    """The words of `answer_preference`. `named` is the accessible name, so that no two messages sound alike."""

    ask: str = "Which answer is better?"
    named: str = "{ask} {question}"
    this: str = "This"
    earlier: str = "Earlier"
    later: str = "Later"
    numbered: str = "Answer {number}"
    both: str = "Both fine"
    all: str = "All fine"
    neither: str = "Neither"
    take_back: str = "Take back"
    saved: str = "Saved"
    retracted: str = "Taken back"
    not_saved: str = "Not saved. Please try again."


def answer_preference(
    turns: Sequence[Turn],
    *,
    on_feedback: OnFeedback,
    shown: Turn | None = None,
    given: Rating | None = None,
    key: str | None = None,
    labels: AnswerPreferenceLabels | None = None,
) -> None:
    """Ask which answer is better. Shows nothing for fewer than two.

    A click hands on a `Rating` with the key "preference" and `metadata["over"]`, the ids of the other turns:

    - a better answer: on that turn, with a score of 1 and the label "better";
    - both fine, neither: on the newest turn, with 0.5 or 0 and the label "both-fine" or "neither".

    Another choice supersedes the one before, on whichever turn that was; it can be taken back (a score of None).

    Args:
        turns: the answers to one question, oldest first.
        on_feedback: gets each rating; if it raises, the choice that stood is shown again, with a word.
        shown: the answer above the question, which is called "this"; default is the newest. Of more than two answers
            each is called by its number.
        given: the preference that stands, as read from the store (`standing_preference`).
        key: element key of letters, digits and hyphens; default is made from the first turn's id.
        labels: the words to show.

    """
    if len(turns) < 2:
        return
    words = labels or AnswerPreferenceLabels()
    place = component_key("answer_preference", key, turns[0])
    this = next((n for n, turn in enumerate(turns) if shown and turn.turn_id == shown.turn_id), len(turns) - 1)
    names = _names(turns, this, words)
    named = words.named.replace("{ask}", words.ask).replace("{question}", _plain(turns[0].prompt))

    @st.fragment
    def body() -> None:
        said: list[Rating] = st.session_state.setdefault(f"{place}-said", [])
        known = [*said, given] if given else said
        before = max(known, key=lambda rating: rating.created_at, default=None)
        # The browser keeps a choice by its name: where "this" is another answer, it is another widget.
        choice, told = f"{place}-choice-{len(turns)}-{this}", f"{place}-told"

        def store() -> None:
            chosen = st.session_state[choice]
            try:
                rating = _rating(turns, chosen, before)
                on_feedback(rating)
            except Exception:
                _log.exception("A preference was not stored")
                st.session_state[told] = words.not_saved
                st.session_state[choice] = _choice(before)
            else:
                said.append(rating)
                st.session_state[told] = words.saved if chosen else words.retracted

        def take_back() -> None:
            st.session_state[choice] = None
            store()

        if choice not in st.session_state:
            st.session_state[choice] = _choice(before)
        with st.container(key=place, horizontal=True, vertical_alignment="center", gap="small"):
            _say(words.ask)
            # Pills and segments scroll out of a narrow window, and show the chosen one by a colour alone.
            st.radio(
                named,
                list(names),
                index=None,
                format_func=lambda each: names[each],
                key=choice,
                on_change=store,
                horizontal=True,
                label_visibility="collapsed",
                width="content",
            )
            if _choice(before):
                st.button(words.take_back, key=f"{choice}-back", type="tertiary", on_click=take_back)
            if told in st.session_state:
                _say(st.session_state[told])

    body()


def standing_preference(ratings: Sequence[Rating], turns: Sequence[Turn]) -> Rating | None:
    """Return the preference among these answers that stands, of ratings by one person that stand each on its turn."""
    ids = {turn.turn_id for turn in turns}
    about = [rating for rating in ratings if rating.key == KEY and rating.turn_id in ids]
    return max(about, key=lambda rating: rating.created_at, default=None)


def _say(text: str) -> None:
    st.markdown(f":small[{escape_markdown(text)}]", width="content")  # a caption is too pale to be read by all


def _plain(question: str) -> str:
    """Return the first words of a question: a name is spoken as it is, and drawn, unseen, as Markdown."""
    return " ".join(re.sub(r"[^\w?.,'-]+", " ", question).split())[:_SHORT]


def _names(turns: Sequence[Turn], this: int, words: AnswerPreferenceLabels) -> dict[str, str]:
    """Return what can be chosen, by turn id or label, with its name."""
    if len(turns) == 2:
        answers = (words.earlier, words.this) if this else (words.this, words.later)
        both = words.both
    else:
        answers = tuple(words.numbered.replace("{number}", str(n)) for n in range(1, len(turns) + 1))
        both = words.all
    ids = (turn.turn_id for turn in turns)
    return {**dict(zip(ids, answers, strict=True)), BOTH: both, NEITHER: words.neither}


def _choice(rating: Rating | None) -> str | None:
    """Return what was chosen by a rating."""
    if rating is None or rating.score is None:
        return None
    return rating.turn_id if rating.label == BETTER else rating.label


def _rating(turns: Sequence[Turn], chosen: str | None, before: Rating | None) -> Rating:
    label = chosen if chosen in (BOTH, NEITHER) else BETTER if chosen else None
    about = chosen if label == BETTER else before.turn_id if before and not chosen else turns[-1].turn_id
    turn = next(turn for turn in turns if turn.turn_id == about)
    return Rating(
        turn_id=turn.turn_id,
        session_id=turn.session_id,
        user_id=turn.user_id,
        tenant=turn.tenant,
        key=KEY,
        score=_SCORES[label] if label else None,
        label=label,
        supersedes=before.event_id if before else None,
        metadata={OVER: [other.turn_id for other in turns if other is not turn]},
    )
