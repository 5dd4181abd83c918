"""Two questions that name the same thing: is the same asked of it?"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.models import MiniLM
from feedback_store.asked_alike import BY_NAME, FEATURES, LEFT_ALIKE, MOST, compared
from feedback_store.gate import LogisticGate
from feedback_store.gate_model import shipped
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.store import Scope
from tests.records import a_correction

ANN = Scope(user_id="ann", tenant="default")
DEPTH = "How deep is Lake Vennis?"


class Heard:
    """Notes which texts are compared, and finds them half alike."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    def __call__(self, one: str, other: str) -> float:
        self.texts.append((one, other))
        return 0.5


@pytest.fixture
def store(minilm: MiniLM) -> Iterator[MemoryStore]:
    store = MemoryStore(embeddings=minilm)
    yield store
    store.close()


@pytest.mark.parametrize(
    ("asked", "about", "left"),
    [
        ("where is lake vennis", DEPTH, ("where is it", "How deep is it?")),
        (
            "Who runs the Bank of Vennis?",
            "When was the Bank of Vennis built?",
            ("Who runs the it?", "When was the it built?"),
        ),
        (
            "What ink does the P200 need?",
            "What does the P200 cost?",
            ("What ink does the it need?", "What does the it cost?"),
        ),
        ("Who wrote Emma? And when?", "Where is Emma set?", ("Who wrote it? And when?", "Where is it set?")),
        (
            "What can I buy with a gift card?",
            "How long are gift cards valid?",
            ("What can I buy with a it?", "How long are it valid?"),
        ),
        ("Is the pool heated?", "When is the pool open?", ("Is the it heated?", "When is the it open?")),
    ],
)
def test_what_both_are_about_is_put_aside_the_rest_compared(asked: str, about: str, left: tuple[str, str]) -> None:
    heard = Heard()
    assert compared(asked, about, heard) is not None
    assert heard.texts == [left]


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ("Lake Vennis is known for", DEPTH),
        (DEPTH, "Lake Vennis is known for"),
        ("The country where Lake Vennis lies is", DEPTH),
        ("Tell me the depth of Lake Vennis", DEPTH),
        ("How deep is Lake Ornan?", "How high is Mount Vennis?"),
        ("How long do refunds take?", "What does delivery cost?"),
        ("Was kostet der Versand?", "Was ist im Versand enthalten?"),
        ("Wie tief ist der Vennissee?", "Seit wann gibt es den Vennissee?"),
    ],
    ids=[
        "to complete",
        "corrected so",
        "to complete, with where",
        "an order",
        "other names",
        "not in common",
        "German, was",
        "German",
    ],
)
def test_what_does_not_say_what_it_asks_of_a_common_thing_is_not_compared(asked: str, about: str) -> None:
    heard = Heard()
    assert compared(asked, about, heard) is None
    assert heard.texts == []


def test_of_long_texts_the_beginning_is_compared() -> None:
    heard = Heard()
    assert compared(f"Where is Lake Vennis? {'word ' * 20_000}?", DEPTH, heard) is not None
    assert max(map(len, heard.texts[0])) <= MOST


def test_without_a_likeness_nothing_is_said_and_the_same_words_need_none() -> None:
    assert compared("Where is Lake Vennis?", DEPTH, lambda _one, _other: None) is None
    found = compared("HOW DEEP is lake vennis", DEPTH, lambda _one, _other: None)
    assert found is not None
    assert found[LEFT_ALIKE] == 1


@pytest.mark.parametrize(
    ("asked", "flags"),
    [
        ("When did Rosa Venn live?", [1, 0]),
        ("How do I reach Rosa Venn?", [1, 0]),
        ("Whose daughter is Rosa Venn?", [0, 0]),
        ("What did Rosa Venn write?", [0, 1]),
    ],
)
def test_the_kinds_of_answer_that_are_asked_for_are_compared(asked: str, flags: list[int]) -> None:
    found = compared(asked, "Who is Rosa Venn?", lambda _one, _other: 0.5)
    assert found is not None
    assert [found[name] for name in FEATURES[1:]] == flags


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_two_texts_are_compared_or_not(asked: str, about: str) -> None:
    for prefix in ("", "What is X9 "):
        found = compared(prefix + asked, prefix + about, lambda _one, _other: 0.5)
        assert found is None or [*found] == [*FEATURES, BY_NAME]


@pytest.mark.parametrize(
    "asked", ["Where is Lake Vennis?", "Who owns Lake Vennis?", "where's lake vennis", "When was Lake Vennis dammed?"]
)
def test_what_was_said_of_a_thing_does_not_answer_another_question_about_it(store: MemoryStore, asked: str) -> None:
    store.append(a_correction(question=DEPTH, corrected="Lake Vennis is 38 metres deep."))
    assert CorrectionMemory(store).recall(asked, scope=ANN) == []
    unheeding = LogisticGate(shipped().model_copy(update={"asked_alike": None}))
    assert CorrectionMemory(store, gate=unheeding).recall(asked, scope=ANN) != [], "the gate alone is enough here"


@pytest.mark.parametrize(
    "asked", ["What is the depth of Lake Vennis?", "how deep is lake vennis", "Lake Vennis, how deep?"]
)
def test_the_same_question_about_it_in_other_words_is_still_answered(store: MemoryStore, asked: str) -> None:
    store.append(a_correction(question=DEPTH, corrected="Lake Vennis is 38 metres deep."))
    assert len(CorrectionMemory(store).recall(asked, scope=ANN)) == 1


ABOUT_ONE_THING = {
    "How long is a gift card valid?": (
        ["For how long can I use a gift card?", "Do gift cards expire?"],
        ["What can I buy with a gift card?", "Where do I buy a gift card?", "How do I redeem a gift card?"],
    ),
    "Who approves my travel expenses?": (
        ["By whom are travel expenses approved?"],
        ["When are travel expenses paid?", "How do I submit travel expenses?"],
    ),
    "When do Oak Club points expire?": (
        ["How long are Oak Club points valid?"],
        ["How do I earn Oak Club points?", "Who can join the Oak Club?", "Where do I see my Oak Club points?"],
    ),
}


@pytest.mark.parametrize(("stored", "same", "other"), [(key, *each) for key, each in ABOUT_ONE_THING.items()])
def test_of_the_questions_about_one_thing_those_that_ask_the_same_are_answered(
    store: MemoryStore, stored: str, same: list[str], other: list[str]
) -> None:
    store.append(a_correction(question=stored, corrected="It is as the handbook says."))
    memory = CorrectionMemory(store)
    assert [each for each in (*same, *other) if memory.recall(each, scope=ANN)] == same


def test_a_verdict_names_what_decided(store: MemoryStore) -> None:
    store.append(a_correction(question=DEPTH, corrected="Lake Vennis is 38 metres deep."))
    found = store.similar_corrections("Who owns Lake Vennis?", scope=ANN)
    [judged] = LogisticGate().judge("Who owns Lake Vennis?", found, store.likeness)
    assert not judged.in_scope
    assert judged.probability < LogisticGate().judge("Who owns Lake Vennis?", found)[0].probability
    assert judged.features[LEFT_ALIKE] < 0.5


def test_a_rule_is_meant_wider_than_the_question_on_which_it_was_given(store: MemoryStore) -> None:
    store.append(a_correction(type="rule", question=DEPTH, corrected="", guidance="Give the source."))
    asked = "Where is Lake Vennis?"
    with_likeness = CorrectionMemory(store).recall(asked, scope=ANN)
    assert [each.known.correction.guidance for each in with_likeness] == ["Give the source."]
