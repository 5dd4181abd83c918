"""How the store on LanceDB lives with embedding models: none, one that fails, another one."""

import logging

import pytest

from feedback_store.lancedb import LanceStore
from feedback_store.store import IncompatibleStore, Scope
from tests.embeddings import FaultyEmbeddings, TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_review

ANN = Scope(user_id="ann", tenant="default")
QUESTION = "How long do refunds take?"


def similarity(store: LanceStore, question: str = QUESTION) -> float | None:
    return store.similar_corrections(question, scope=ANN)[0].similarity


def test_corrections_get_their_vectors_when_the_store_is_opened_with_a_model(opener: Opener) -> None:
    without = opener()
    without.append([a_correction(), a_correction(question="Something else?", user_id="ben")])
    assert similarity(without) is None
    without.close()
    assert similarity(opener(TrigramEmbeddings())) == pytest.approx(1)


def test_a_handle_without_a_model_reads_by_words_and_leaves_the_vectors_to_others(opener: Opener) -> None:
    opener(TrigramEmbeddings()).append(a_correction())
    plain = opener()
    assert similarity(plain) is None
    plain.append([a_review(plain.corrections()[0].id), a_correction(question="Where is the AX-2049?")])
    again = opener(TrigramEmbeddings())
    assert similarity(again) == pytest.approx(1)
    assert similarity(again, "Where is the AX-2049?") == pytest.approx(1)


def test_vectors_that_the_model_failed_to_make_are_made_with_the_next_correction(opener: Opener) -> None:
    embeddings = FaultyEmbeddings()
    store = opener(embeddings)
    embeddings.fault = "raises"
    store.append(a_correction())
    embeddings.fault = None
    assert similarity(store) is None
    store.append(a_correction(question="Something else?", user_id="ben"))
    assert similarity(store) == pytest.approx(1)


def test_a_store_whose_model_is_down_when_it_opens_works_by_words_until_it_is_back(
    opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    embeddings = FaultyEmbeddings()
    embeddings.fault = "raises"
    for _ in ("a new store", "an old one"):
        store = opener(embeddings)
        store.append(a_correction())
        assert similarity(store) is None
        store.close()
    assert ("feedback_store.embedding", logging.WARNING) in {(record.name, record.levelno) for record in caplog.records}
    embeddings.fault = None
    assert similarity(opener(embeddings)) == pytest.approx(1)


def test_a_store_is_not_opened_with_another_model_unless_all_vectors_are_made_anew(opener: Opener) -> None:
    opener(TrigramEmbeddings(), embedding_name="one@v1").append(a_correction())
    with pytest.raises(
        IncompatibleStore, match=r"64 numbers .*'one@v1'.* opened with 'two@v1' \(32 numbers\).*reembed=True"
    ):
        opener(TrigramEmbeddings(32), embedding_name="two@v1")
    with pytest.raises(IncompatibleStore, match=r"opened with 'one@v1' \(32 numbers"):
        opener(TrigramEmbeddings(32), embedding_name="one@v1")
    assert similarity(opener(TrigramEmbeddings(), embedding_name="one@v1")) == pytest.approx(1)
    assert similarity(opener(TrigramEmbeddings(32), embedding_name="two@v1", reembed=True)) == pytest.approx(1)
    assert similarity(opener(TrigramEmbeddings(32), embedding_name="two@v1")) == pytest.approx(1)


def test_a_model_names_itself(opener: Opener) -> None:
    opener(TrigramEmbeddings(model="trigrams-1"))
    with pytest.raises(IncompatibleStore, match=r"'TrigramEmbeddings:trigrams-1'.*'TrigramEmbeddings:trigrams-2'"):
        opener(TrigramEmbeddings(model="trigrams-2"))
