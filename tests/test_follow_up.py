"""Follow-ups: what a question that only the one before it completes asks in full, and which corrections it meets."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_store.events import Turn
from feedback_store.follow_up import MOST, follow_up, is_follow_up
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.store import FeedbackStore, Scope
from tests.records import a_correction, a_turn

ANN = Scope(user_id="ann", tenant="default")
COMPLETED = [
    # earlier, follow-up, in full
    ("How long is the return period for shoes?", "And for books?", "How long is the return period for books?"),
    ("How long do refunds take?", "And for books?", "How long do refunds take for books?"),
    ("How long do refunds take?", "And exchanges?", "How long do exchanges take?"),
    ("What does standard delivery cost?", "What about express?", "What does express delivery cost?"),
    ("What does delivery to Norway cost?", "And by express?", "What does delivery to Norway cost by express?"),
    ("What does delivery to Sweden cost?", "to Norway?", "What does delivery to Norway cost?"),
    ("Do you ship furniture to Norway?", "And Iceland?", "Do you ship furniture to Iceland?"),
    ("Do you ship furniture to Norway?", "And books?", "Do you ship books to Norway?"),
    ("Which ink does the P200 use?", "And the P300?", "Which ink does the P300 use?"),
    ("Is the showroom open on Saturdays?", "And on Sundays?", "Is the showroom open on Sundays?"),
    ("How much is the red chair?", "And the blue one?", "How much is the blue chair?"),
    ("How long is the warranty on beds?", "Same for sofas?", "How long is the warranty on sofas?"),
    ("Can I return shoes?", "And without a receipt?", "Can I return shoes without a receipt?"),
    ("Do you sell gift cards?", "How long are they valid?", "How long are gift cards valid?"),
    ("Do you sell gift cards?", "Can I return them?", "Can I return gift cards?"),
    ("How long does delivery to Norway take?", "Is it free?", "Is delivery to Norway free?"),
    ("Do you ship to Norway?", "How long does it take?", "How long does ship to Norway take?"),
    ("Do you ship to Norway?", "How long?", "How long ship to Norway?"),
    ("When does the sale end?", "And the auction?", "When does the auction end?"),
    ("Wie lange ist die Rückgabefrist für Schuhe?", "Und für Bücher?", "Wie lange ist die Rückgabefrist für Bücher?"),
    ("Was kostet der Versand nach Schweden?", "Und nach Norwegen?", "Was kostet der Versand nach Norwegen?"),
    ("Kann ich Schuhe zurückgeben?", "Was ist mit Büchern?", "Kann ich Büchern zurückgeben?"),
    ("Wie lange dauert die Lieferung?", "Und per Express?", "Wie lange dauert die Lieferung per Express?"),
    ("Welche Tinte braucht der P200?", "Und der P300?", "Welche Tinte braucht der P300?"),
    ("Wie lange dauert die Lieferung nach Norwegen?", "Ist sie kostenlos?", "Ist Lieferung nach Norwegen kostenlos?"),
]


def in_full(question: str, history: Sequence[str]) -> tuple[str, ...]:
    found = follow_up(question, history)
    return found.ways if found else ()


COMPLETE = [
    "How long do refunds take?",
    "And how long do refunds take?",
    "Do you sell tents?",
    "How long does it take to get a refund?",
    "Is it possible to return shoes?",
    "If my shoes don't fit, can I return them?",
    "Do these shoes come in blue?",
    "Are you sure?",
    "Tell me a joke",
    "Who are you?",
    "Thanks!",
    "ok, thank you very much",
    "Why?",
    "And?",
    "???",
    "",
    "Verkaufen Sie Zelte?",
    "Gibt es eine Garantie?",
    "Und wie lange dauert eine Erstattung?",
    "Vielen Dank!",
]


@pytest.mark.parametrize(("earlier", "follows", "full"), COMPLETED)
def test_a_follow_up_is_completed_from_the_question_before_it(earlier: str, follows: str, full: str) -> None:
    ways = in_full(follows, ["Hello!", earlier])
    assert full in ways
    assert len(ways) <= MOST
    assert is_follow_up(follows)


@pytest.mark.parametrize("question", COMPLETE)
def test_a_question_that_is_complete_is_left_alone(question: str) -> None:
    assert in_full(question, ["Do you ship to Norway?"]) == ()
    assert not is_follow_up(question)


@pytest.mark.parametrize("history", [[], [""], ["???"], ["Thanks!"]])
def test_without_a_question_before_it_nothing_is_completed(history: Sequence[str]) -> None:
    assert in_full("And for books?", history) == ()


def test_a_chain_of_follow_ups_goes_back_to_the_question_that_began_it() -> None:
    chain = ["How long is the return period for shoes?", "And for books?", "Thanks!", "And for lamps?"]
    assert in_full("And for tents?", chain)[0] == "How long is the return period for tents?"


def test_of_a_long_message_the_last_sentence_is_taken_up() -> None:
    earlier = "Hello, I bought shoes last week. They are too small. How long is the return period for shoes?"
    assert in_full("And for books?", [earlier])[0] == "How long is the return period for books?"


def test_words_that_may_be_a_new_question_in_shorthand_are_also_taken_as_they_are() -> None:
    assert in_full("Opening hours Berlin", ["Do you ship to Norway?"])[-1] == "Opening hours Berlin"
    assert "And the opening hours?" not in in_full("And the opening hours?", ["Do you ship to Norway?"])


def told(store: FeedbackStore, question: str, *history: str) -> list[str]:
    found = CorrectionMemory(store).recall(question, scope=ANN, history=history)
    return [each.known.correction.corrected for each in found]


@pytest.mark.parametrize(("earlier", "follows", "full"), COMPLETED)
def test_a_follow_up_meets_the_correction_of_what_it_asks_in_full_and_not_that_of_the_question_before_it(
    earlier: str, follows: str, full: str
) -> None:
    store = MemoryStore()
    store.append(a_correction(question=full, corrected="Right."))
    assert told(store, follows, earlier) == ["Right."]
    store.append(a_correction(question=earlier, corrected="Of the earlier one."))
    assert told(store, follows, earlier) == ["Right."]


@pytest.mark.parametrize(
    ("earlier", "follows"),
    [
        ("How long is the return period for shoes?", "And for the weather?"),
        ("How long is the return period for shoes?", "Weather in Oslo?"),
        ("How long is the return period for shoes?", "What about your name?"),
        ("How long is the return period for shoes?", "And the boss?"),
        ("Do you ship to Norway?", "And who are you?"),
        ("Verkaufen Sie Zelte?", "Und das Wetter?"),
    ],
)
def test_an_unrelated_follow_up_meets_nothing(earlier: str, follows: str) -> None:
    store = MemoryStore()
    store.append(a_correction(question=question, corrected=question) for question, _, _ in COMPLETED)
    store.append(a_correction(question=question, corrected=question) for _, _, question in COMPLETED)
    assert told(store, follows, earlier) == []


def in_conversation(store: FeedbackStore, session_id: str, *prompts: str) -> Turn:
    turns = [a_turn(session_id=session_id, prompt=prompt, index=place) for place, prompt in enumerate(prompts)]
    store.append(turns)
    return turns[-1]


def test_a_correction_of_a_follow_up_acts_where_the_same_is_asked_in_full_or_after_the_same_question() -> None:
    store = MemoryStore()
    frame = "How long is the return period for shoes?"
    turn = in_conversation(store, "s1", frame, "And for books?")
    store.append(a_correction(session_id="s1", turn_id=turn.turn_id, question=turn.prompt, corrected="14 days."))
    assert told(store, "And for books?", frame) == ["14 days."]
    assert told(store, "How long is the return period for books?") == ["14 days."]
    assert told(store, "How long is the return period for shoes?") == []


def test_a_correction_of_a_follow_up_does_not_act_on_the_same_words_after_another_question() -> None:
    store = MemoryStore()
    turn = in_conversation(store, "s1", "How long is the return period for shoes?", "And for books?")
    store.append(a_correction(session_id="s1", turn_id=turn.turn_id, question=turn.prompt, corrected="14 days."))
    assert told(store, "And for books?", "What does delivery for shoes cost?") == []


def test_what_is_recalled_is_the_correction_as_it_was_made() -> None:
    store = MemoryStore()
    turn = in_conversation(store, "s1", "How long is the return period for shoes?", "And for books?")
    correction = a_correction(session_id="s1", turn_id=turn.turn_id, question=turn.prompt)
    store.append(correction)
    (found,) = CorrectionMemory(store).recall("How long is the return period for books?", scope=ANN)
    assert found.known.correction == correction


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_any_text_may_be_asked_after_any_other(question: str, history: list[str]) -> None:
    ways = in_full(question, history)
    assert len(ways) <= MOST
    assert all(ways)
