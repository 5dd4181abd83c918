"""An approved answer is served as it is to the very question that it answers, and to no other."""

from typing import Any

import pytest

from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.store import Scope
from feedback_store.verified import self_contained, verified_answer
from tests.records import a_correction, a_review

QUESTION = "How long do refunds take?"
BOB = Scope(user_id="bob", tenant="default")


def served(question: str, *corrections: Any, approved: bool = True, scope: Scope = BOB) -> str | None:
    """Ask a store that keeps these corrections; returns what would be served as it is."""
    store = MemoryStore()
    store.append(corrections)
    if approved:
        store.append(a_review(correction) for correction in corrections)
    found = verified_answer(question, CorrectionMemory(store).recall(question, scope=scope))
    return found.known.correction.corrected if found else None


@pytest.mark.parametrize(
    "asked", [QUESTION, "how long do refunds take", "  How long,\ndo REFUNDS take?! ", "How long do “refunds” take…"]
)
def test_the_same_question_in_other_case_punctuation_and_space_is_the_same_question(asked: str) -> None:
    assert served(asked, a_correction()) == "Refunds take ten days."


@pytest.mark.parametrize(
    "asked",
    [
        "How long do express refunds take?",
        "How long does a refund take?",
        "How long do the refunds take?",
        "Do refunds take long?",
        "Refunds take how long do?",
        "How long do returns take?",
    ],
)
def test_a_neighbour_or_a_paraphrase_never_gets_it(asked: str) -> None:
    assert served(asked, a_correction()) is None


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("How do I install C++?", "How do I install C#?"),
        ("Is the lamp safe at -5 degrees?", "Is the lamp safe at 5 degrees?"),
        ("Is a discount of 10 % allowed?", "Is a discount of 10 € allowed?"),
        ("What does A = B mean?", "What does A < B mean?"),
    ],
)
def test_a_sign_that_makes_another_question_is_no_punctuation(stored: str, asked: str) -> None:
    assert served(stored, a_correction(question=stored)) == "Refunds take ten days."
    assert served(asked, a_correction(question=stored)) is None


@pytest.mark.parametrize(
    "asked",
    ["And for books?", "How long does it take?", "Can I return this?", "What about them?", "Why?", "Who are you?", "?"],
)
def test_a_question_that_does_not_say_what_it_is_about_gets_none(asked: str) -> None:
    assert served(asked, a_correction(question=asked)) is None


@pytest.mark.parametrize(
    ("asked", "has_a_name"),
    [
        ("Which state is One Washington Park in?", True),
        ("Who directed This Is Spinal Tap?", True),
        ("Does This cost more than Before?", False),
        ("WHAT DOES THIS LAMP COST?", False),
        ("This Lamp Shade is how wide?", False),
        ("Is one Washington lamp enough?", False),
    ],
)
def test_a_word_that_refers_is_part_of_a_name_where_it_and_its_neighbour_have_capitals(
    asked: str, has_a_name: bool
) -> None:
    assert self_contained(asked) is has_a_name


@pytest.mark.parametrize(
    ("asked", "relative"),
    [
        ("Who made the lamp that hangs in the showroom?", True),
        ("Which is the large oak table that Mia Holm designed?", True),
        ("Can I return that lamp?", False),
        ("Does the shop take that back?", False),
        ("What does that cost?", False),
        ("Is the shop open on that?", False),
    ],
)
def test_a_word_that_stands_for_one_of_the_same_question_refers_to_none_before(asked: str, relative: bool) -> None:
    assert self_contained(asked) is relative


def test_a_short_question_is_taken_to_go_on_from_what_was_said_before_it() -> None:
    for shorthand in ("Express delivery?", "How long for children?", "Desk lamps for the office in Berlin?"):
        assert self_contained(shorthand)
        assert not self_contained(shorthand, in_conversation=True)
    assert self_contained(QUESTION, in_conversation=True)


def test_what_nobody_approved_is_not_served_to_its_author_either() -> None:
    ann = Scope(user_id="ann", tenant="default")
    assert served(QUESTION, a_correction(), approved=False, scope=ann) is None


def test_a_correction_of_the_readers_own_is_told_to_the_model_rather_than_passed_over() -> None:
    store = MemoryStore()
    approved, own = a_correction(), a_correction(user_id="bob", corrected="Refunds take nine days.")
    store.append([approved, a_review(approved), own])
    recalled = CorrectionMemory(store).recall(QUESTION, scope=BOB)
    assert recalled[0].id == own.event_id
    assert verified_answer(QUESTION, recalled) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"corrected": "", "guidance": "Refunds take ten days."},
        {"corrected": " \n", "guidance": "Refunds take ten days."},
        {"condition": "when the order is older than a year"},
        {"span": {"start": 0, "end": 7, "text": "A month"}},
        {"type": "style"},
        {"type": "rule"},
    ],
)
def test_what_is_no_whole_answer_without_conditions_is_not_served(fields: dict[str, Any]) -> None:
    assert served(QUESTION, a_correction(**fields)) is None


@pytest.mark.parametrize("kind", ["rule", "boundary"])
def test_an_approved_rule_for_the_question_is_left_to_the_model(kind: str) -> None:
    other = a_correction(type=kind, corrected="", guidance="Name the day.", question="How long do refunds take")
    assert served(QUESTION, a_correction(turn_id="t1"), other) is None


@pytest.mark.parametrize("kind", ["style", "term"])
def test_a_style_of_the_readers_own_is_left_to_the_model_and_one_approved_for_all_is_not(kind: str) -> None:
    store = MemoryStore()
    style = a_correction(type=kind, user_id="bob", corrected="", guidance="Answer in German.", question="Hello?")
    approved = a_correction()
    store.append([approved, a_review(approved), style])
    memory = CorrectionMemory(store)
    for reviews, expected in (
        ([], None),
        ([a_review(style, audience="author")], None),
        ([a_review(style)], approved.event_id),
    ):
        store.append(reviews)
        recalled = memory.recall(QUESTION, scope=BOB)
        assert {each.id for each in recalled} == {style.event_id, approved.event_id}
        found = verified_answer(QUESTION, recalled)
        assert (found.id if found else None) == expected
