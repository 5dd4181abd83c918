"""In scope or not: the verdict of the gate on a question and a correction."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_store.gate import DEFAULT_GATE, LogisticGate, pairs
from feedback_store.gate_model import GateModel, InvalidGate, shipped
from feedback_store.pair_features import features
from feedback_store.resolve import same_target
from feedback_store.standing import KnownCorrection
from feedback_store.store import Candidate
from tests.records import a_correction

FLAGS_AND_SHARES = features("How long do refunds take?", "When are refunds paid?", "In ten days.")


def candidate(question: str, similarity: float | None = None, corrected: str = "Yes.") -> Candidate:
    correction = a_correction(question=question, corrected=corrected)
    known = KnownCorrection(correction=correction, updated_at=correction.created_at)
    return Candidate(known=known, similarity=similarity)


def in_scope(asked: str, stored: str, similarity: float | None = None) -> bool:
    (judged,) = DEFAULT_GATE.judge(asked, [candidate(stored, similarity)])
    return judged.in_scope


@pytest.mark.parametrize("similarity", [None, 1.0])
@pytest.mark.parametrize(
    "question",
    [
        "How long do refunds take?",
        "Wie lange dauert eine Erstattung?",
        "返品はできますか",
        "Is it?",
        "Where is the P200 sold?",
        "refund",
    ],
)
def test_the_corrected_question_itself_is_in_scope(question: str, similarity: float | None) -> None:
    assert in_scope(question, question, similarity)
    assert in_scope(question.upper(), question, similarity)


@pytest.mark.parametrize("by_words", [True, False])
@pytest.mark.parametrize(
    ("asked", "stored", "similarity"),
    [
        ("How long does an express delivery take?", "How long does a standard delivery take?", 0.81),
        ("Can I return electronics?", "Can I return shoes?", 0.59),
        ("Is the showroom open on Saturdays?", "Is the showroom open on Sundays?", 0.89),
        ("Which ink does the P300 use?", "Which ink does the P200 use?", 0.9),
        ("How do I turn off the alarm?", "How do I clean the alarm?", 0.65),
    ],
)
def test_a_near_sibling_is_not_in_scope(asked: str, stored: str, similarity: float, by_words: bool) -> None:
    assert not in_scope(asked, stored, None if by_words else similarity)


def test_a_question_in_other_words_is_in_scope_where_the_vectors_say_so_and_no_other_correction_is_as_near() -> None:
    asked, stored = "When will my money be sent back?", "How long do refunds take?"
    assert in_scope(asked, stored, 0.7)
    assert not in_scope(asked, stored, 0.3)
    rival = candidate("How do I send something back?", 0.7)
    near, _ = DEFAULT_GATE.judge(asked, [candidate(stored, 0.7), rival])
    (alone,) = DEFAULT_GATE.judge(asked, [candidate(stored, 0.7)])
    assert near.probability < alone.probability


def test_candidates_found_by_words_alone_are_judged_beside_those_found_by_meaning() -> None:
    judged = DEFAULT_GATE.judge(
        "How long do refunds take?", [candidate("Do you sell tents?", 0.2), candidate("How long do refunds take?")]
    )
    assert [each.in_scope for each in judged] == [False, True]


def test_a_higher_threshold_lets_less_through() -> None:
    found = [candidate("How long do refunds take?", 0.75)]
    asked = "When will refunds come?"
    assert LogisticGate(threshold=0.0).judge(asked, found)[0].in_scope
    assert not LogisticGate(threshold=1.0).judge(asked, found)[0].in_scope


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_is_no_probability_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        LogisticGate(threshold=threshold)


@settings(deadline=None)
@given(st.text(), st.text(), st.text(min_size=1).filter(str.strip), st.none() | st.floats(-1, 1))
def test_every_text_is_judged_and_every_number_is_a_share(
    asked: str, stored: str, right: str, similarity: float | None
) -> None:
    found = features(asked, stored, right)
    assert found.keys() == FLAGS_AND_SHARES.keys()
    assert all(0 <= value <= 1 for value in found.values())
    right, stored = (text.replace("\0", "").encode(errors="ignore").decode() for text in (right, stored))
    (judged,) = DEFAULT_GATE.judge(asked, [candidate(stored, similarity, right or "Yes.")])
    assert 0 <= judged.probability <= 1


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), max_size=5))
def test_the_verdicts_come_in_the_order_of_the_candidates(similarities: list[float]) -> None:
    found = [candidate(f"Question {number}?", similarity) for number, similarity in enumerate(similarities)]
    assert [each.candidate for each in DEFAULT_GATE.judge("Question 1?", found)] == found


def test_long_texts_are_judged_in_no_time() -> None:
    long = "refund delivery return " * 4000
    started = time.process_time()
    DEFAULT_GATE.judge(long, [candidate(long, 0.9, long)] * 20)
    assert time.process_time() - started < 2


def test_the_margin_is_that_to_the_nearest_rival() -> None:
    found = [candidate("One?", 0.9), candidate("Two?", 0.7), candidate("Three?", None)]
    assert [round(each.get("margin", 9), 3) for each in pairs("Four?", found)] == [0.2, -0.2, 9]


def test_corrections_of_several_questions_that_give_one_rule_do_not_compete() -> None:
    def margins(second: str) -> list[float]:
        rules = [
            a_correction(event_id=f"c-{number}", question=f"Question {number}?", corrected="", guidance=guidance)
            for number, guidance in enumerate(["Name the form.", second])
        ]
        known = [KnownCorrection(correction=each, updated_at=each.created_at) for each in rules]
        found = [Candidate(known=each, similarity=0.7) for each in known]
        return [round(each["margin"], 3) for each in pairs("Which form?", found)]

    assert margins("Name the form.") == [0.4, 0.4]
    assert margins("Be brief.") == [0.0, 0.0]


@pytest.mark.parametrize(
    ("asked", "stored", "similarity", "expected"),
    [
        ("People who live in Kuhmo speak", "What language is spoken in Kuhmo?", 0.75, True),
        ("In Kuhmo, the language spoken is", "In Kuhmoinen, an official language is", 0.8, False),
        ("Is Lyon's twin city far away?", "What is the twin city of Lyon?", 0.75, True),
        ("The twin city of Trieste is", "What is the twin city of Lyon?", 0.7, False),
        ("what is the twin city of lyon", "What is the twin city of Lyon?", 0.97, True),
        ("Where does Alex Smith live?", "Alex Cline lives in", 0.75, False),
    ],
)
def test_a_name_in_the_corrected_question_decides(asked: str, stored: str, similarity: float, expected: bool) -> None:
    rivals = [candidate(f"What is the twin city of {city}?", 0.5) for city in ("Rome", "Oslo", "Bergen")]
    judged = DEFAULT_GATE.judge(asked, [candidate(stored, similarity), *rivals])
    assert [each.in_scope for each in judged] == [expected, False, False, False]


def test_a_team_s_own_weights_are_read_and_a_file_that_holds_none_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "gate.json"
    file.write_text(shipped().model_dump_json())
    assert GateModel.read(file) == shipped()
    file.write_text('{"fitted": "never"}')
    with pytest.raises(InvalidGate, match="holds no weights of a gate: write it with `feedback-store gate fit`"):
        GateModel.read(file)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"question": "How long do refunds take?"}, {"question": "how long do REFUNDS take"}, True),
        (
            {"question": "Refunds?", "corrected": "It takes 14 days."},
            {"question": "Money?", "corrected": "30 days"},
            True,
        ),
        (
            {"question": "Tents?", "corrected": "You sell tents."},
            {"question": "Any?", "corrected": "No tents to sell."},
            True,
        ),
        (
            {"question": "Refunds?", "corrected": "14 days."},
            {"question": "Refund cost?", "corrected": "14 days."},
            False,
        ),
        ({"question": "Price?", "corrected": "9 euros."}, {"question": "Duration?", "corrected": "3 days."}, False),
        ({"turn_id": "t1", "question": "A?"}, {"turn_id": "t1", "question": "B?"}, True),
        ({"question": "Is it?"}, {"question": "Was it?"}, False),
    ],
)
def test_corrections_of_one_thing_are_recognised(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    assert same_target(a_correction(**one), a_correction(**other)) is same
    assert same_target(a_correction(**other), a_correction(**one)) is same
