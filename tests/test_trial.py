"""A question is tried on a correction: would it be used, and what decided?"""

from collections.abc import Iterator

import pytest

from demo.models import MiniLM
from feedback_store.memory import MemoryStore
from feedback_store.standing import KnownCorrection
from feedback_store.trial import tried
from tests.records import a_correction, a_review


@pytest.fixture
def store(minilm: MiniLM) -> Iterator[MemoryStore]:
    store = MemoryStore(embeddings=minilm)
    store.append(a_correction(event_id="refunds", question="How long do refunds take?", corrected="Ten days."))
    yield store
    store.close()


def known(store: MemoryStore, event_id: str = "refunds") -> KnownCorrection:
    return store.corrections(event_ids=[event_id])[0]


def test_a_pending_one_is_tried_as_its_author_would_meet_it(store: MemoryStore) -> None:
    used = tried("How long does a refund take?", known(store), store=store)
    assert used is not None
    assert used.in_scope
    assert used.features["similarity"] > 0.8
    other = tried("How long does a delivery take?", known(store), store=store)
    assert other is not None
    assert not other.in_scope
    assert other.probability < used.probability


def test_it_competes_with_the_others(store: MemoryStore) -> None:
    alone = tried("How long does a refund take?", known(store), store=store)
    store.append(a_correction(event_id="nearer", question="How long does a refund take?", corrected="Two days."))
    beside = tried("How long does a refund take?", known(store), store=store)
    assert alone is not None
    assert beside is not None
    assert (alone.features["nearest"], beside.features["nearest"]) == (1, 0)


def test_one_that_acts_always_is_used_without_any_feature(store: MemoryStore) -> None:
    store.append(a_correction(event_id="brief", type="style", corrected="", guidance="Be brief."))
    judged = tried("Where are you?", known(store, "brief"), store=store)
    assert judged is not None
    assert (judged.in_scope, judged.probability, judged.features) == (True, 1.0, {})


def test_one_that_is_not_in_force_and_a_question_of_nothing_have_no_verdict(store: MemoryStore) -> None:
    assert tried(" ", known(store), store=store) is None
    store.append(a_review("refunds", verdict="reject"))
    assert tried("How long do refunds take?", known(store), store=store) is None
