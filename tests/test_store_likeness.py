"""How alike a store finds two texts, by its embedding model."""

import pytest
from typing_extensions import override

from feedback_store.store import FeedbackStore
from tests.conftest import MakeStore
from tests.embeddings import FaultyEmbeddings, TrigramEmbeddings
from tests.records import a_correction


class Counting(TrigramEmbeddings):
    """Counts the questions that it was asked to embed."""

    asked = 0

    def __init__(self) -> None:
        super().__init__()
        self.__class__.__name__ = "TrigramEmbeddings"

    @override
    def embed_query(self, text: str) -> list[float]:
        self.asked += 1
        return super().embed_query(text)


def test_it_is_the_cosine_of_the_two(store: FeedbackStore) -> None:
    assert store.likeness("refunds", "refunds") == pytest.approx(1)
    near, far = store.likeness("How are refunds paid?", "When are refunds paid?"), store.likeness("refunds", "Oslo")
    assert near is not None
    assert far is not None
    assert -1 <= far < near < 1
    assert store.likeness("Oslo", "refunds") == pytest.approx(far)


def test_without_a_model_it_cannot_be_told(make_store: MakeStore) -> None:
    assert make_store(None).likeness("refunds", "refunds") is None


@pytest.mark.parametrize("fault", ["raises", "nan", "zero", "short"])
def test_while_the_model_fails_it_cannot_be_told_and_afterwards_it_can(make_store: MakeStore, fault: str) -> None:
    model = FaultyEmbeddings()
    store = make_store(model)
    store.append(a_correction())
    model.fault = fault
    assert store.likeness("refunds", "Oslo") is None
    model.fault = None
    assert store.likeness("refunds", "Oslo") is not None


def test_a_text_is_embedded_once_and_an_erasure_forgets_it(make_store: MakeStore) -> None:
    model = Counting()
    store = make_store(model)
    store.append(a_correction(user_id="ann"))
    before = model.asked
    for _ in range(3):
        store.likeness("refunds", "Oslo")
    assert model.asked == before + 2
    store.erase(user_id="ann")
    forgotten = model.asked
    store.likeness("refunds", "Oslo")
    assert model.asked == forgotten + 2
