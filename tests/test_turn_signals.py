"""What the server hears itself: another answer asked for, one stopped, a question reworded."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.models import MiniLM
from feedback_store import Embeddings, MemoryStore, Signal, Turn
from feedback_store.turn_signals import is_rewording, regenerated, rephrased, rephrasing, stopped
from tests.embeddings import FaultyEmbeddings

PAIRS = Path("benchmarks/own/scope_pairs.jsonl")
ASKED = Turn(turn_id="one", session_id="s", user_id="ada", tenant="shop", prompt="What does standard delivery cost?")
REWORDED = "What is the cost of a standard delivery?"


def follows(prompt: str, **more: object) -> Turn:
    return ASKED.model_copy(update={"turn_id": "two", "prompt": prompt} | more)


def test_each_signal_is_about_the_answer_that_was_not_enough_and_belongs_to_its_reader() -> None:
    again = follows(ASKED.prompt, parent_turn_id="one")
    signals = [regenerated(again), stopped(ASKED), rephrased(ASKED, follows(REWORDED))]
    assert [signal.name for signal in signals] == ["regenerate", "stop", "rephrase"]
    for signal in signals:
        assert (signal.turn_id, signal.value, signal.unit, signal.seq) == ("one", 1, "count", 0)
        assert (signal.user_id, signal.session_id, signal.tenant) == ("ada", "s", "shop")


def test_the_same_act_told_twice_is_kept_once_and_different_acts_are_kept_apart() -> None:
    store = MemoryStore()
    more = follows(ASKED.prompt, turn_id="three", parent_turn_id="one")
    again = follows(ASKED.prompt, parent_turn_id="one")
    for _ in range(2):
        store.append([regenerated(again), regenerated(more, times=2), stopped(ASKED), rephrased(ASKED, again)])
    kept = [event for event in store.events() if isinstance(event, Signal)]
    assert sorted((event.name, event.value) for event in kept) == [
        ("regenerate", 1),
        ("regenerate", 2),
        ("rephrase", 1),
        ("stop", 1),
    ]


def test_a_total_of_regenerations_grows() -> None:
    second = regenerated(follows(ASKED.prompt, turn_id="three", parent_turn_id="one"), times=2)
    assert (second.value, second.seq) == (2, 1)


def test_a_turn_that_is_no_other_answer_was_not_regenerated() -> None:
    with pytest.raises(ValueError, match="no parent_turn_id"):
        regenerated(ASKED)


def test_a_question_asked_again_in_other_words_is_a_signal_about_the_first_answer() -> None:
    signal = rephrasing(ASKED, follows(REWORDED))
    assert signal is not None
    assert (signal.name, signal.turn_id) == ("rephrase", "one")


@pytest.mark.parametrize(
    "later",
    [
        follows(REWORDED, session_id="another"),
        follows(REWORDED, user_id="bob"),
        follows(ASKED.prompt, parent_turn_id="one"),
        follows("What does express delivery cost?"),
        follows("How long does a standard delivery take?"),
        follows("Thanks!"),
        follows(""),
    ],
)
def test_what_follows_is_often_no_rewording(later: Turn) -> None:
    assert rephrasing(ASKED, later) is None


def test_the_first_question_of_a_session_rewords_nothing() -> None:
    assert rephrasing(None, ASKED) is None


def test_a_failing_embedding_model_is_done_without() -> None:
    model = FaultyEmbeddings()
    for fault in ("raises", "zero", "nan", "short", "empty"):
        model.fault = fault
        assert is_rewording(ASKED.prompt, REWORDED, embeddings=model)


def own_pairs() -> Iterator[tuple[str, str, bool]]:
    for line in PAIRS.read_text().splitlines():
        row = json.loads(line)
        yield from ((row["question"], later, True) for later in row["in_scope"])
        yield from ((row["question"], later, False) for later in row["near"])


def quality(embeddings: Embeddings | None) -> tuple[float, float]:
    """Return precision and recall on the own pairs."""
    judged = [(same, is_rewording(before, after, embeddings=embeddings)) for before, after, same in own_pairs()]
    hits = judged.count((True, True))
    return hits / (hits + judged.count((False, True))), hits / (hits + judged.count((True, False)))


def test_words_alone_find_a_rewording_as_well_as_was_measured() -> None:
    precision, recall = quality(None)
    assert precision >= 0.80
    assert recall >= 0.28


def test_embeddings_find_a_rewording_as_well_as_was_measured(minilm: MiniLM) -> None:
    precision, recall = quality(minilm)
    assert precision >= 0.86
    assert recall >= 0.52
