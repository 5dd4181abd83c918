"""How every store finds the corrections near a question: by meaning and by words, whatever the embedding model does."""

from collections.abc import Callable

import pytest

from feedback_store.store import Embeddings, FeedbackStore, Scope
from tests.embeddings import FaultyEmbeddings, PlacedEmbeddings, TrigramEmbeddings
from tests.records import a_correction

QUESTION = "How long do refunds take?"
ANN = Scope(user_id="ann", tenant="default")
BEN = Scope(user_id="ben", tenant="default")


def seen(store: FeedbackStore, scope: Scope, question: str = QUESTION) -> list[str]:
    return [candidate.known.id for candidate in store.similar_corrections(question, scope=scope)]


def test_the_same_question_is_nearest_and_a_near_one_is_near(store: FeedbackStore) -> None:
    same, near = a_correction(), a_correction(question="How long does a refund take to arrive?")
    far = a_correction(question="Which colours are sold?", corrected="Blue.")
    store.append([far, near, same])
    candidates = store.similar_corrections(QUESTION, scope=ANN)
    assert [candidate.known.id for candidate in candidates] == [same.event_id, near.event_id, far.event_id]
    similarities = [candidate.similarity or 0 for candidate in candidates]
    assert similarities[0] == pytest.approx(1, abs=1e-6)
    assert 1 > similarities[1] > similarities[2]


@pytest.mark.parametrize(("question", "answer"), [("0", "90"), ("90", "0")])
def test_a_correction_is_near_by_its_question_or_by_its_question_and_answer(
    make_store: Callable[[Embeddings], FeedbackStore], question: str, answer: str
) -> None:
    store = make_store(PlacedEmbeddings())
    near = a_correction(question=f"{question} one", corrected=f"{answer} two")
    store.append([near, *(a_correction(question="30 three", corrected="30 four") for _ in range(5))])
    [candidate] = store.similar_corrections("0 five", scope=ANN, limit=1)
    assert (candidate.known.id, candidate.similarity) == (near.event_id, pytest.approx(1))


def test_a_rare_word_is_found_beside_many_nearer_questions(store: FeedbackStore) -> None:
    crowd = [a_correction(question=f"What does the pump cost in shop {n}?") for n in range(12)]
    code = a_correction(question="Spare parts list", corrected="The seal of AX-2049 is out of production.")
    store.append([*crowd, code])
    candidates = store.similar_corrections("What does the pump AX-2049 cost in shop 3?", scope=ANN, limit=4)
    assert len(candidates) == 4
    assert candidates[0].known.correction.question == "What does the pump cost in shop 3?"
    [found] = [candidate for candidate in candidates if candidate.known.id == code.event_id]
    assert (found.text_score or 0) > 0


@pytest.mark.parametrize("word", ["\u8fd4\u54c1", "\u0432\u043e\u0437\u0432\u0440\u0430\u0442", "caf\u00e9", "ZX81b"])
def test_without_embeddings_words_of_any_script_are_found(make_store: Callable[..., FeedbackStore], word: str) -> None:
    store = make_store(None)
    correction = a_correction(question=f"xx {word} yy", guidance="")
    store.append([correction, a_correction(question="nothing of that")])
    [candidate] = store.similar_corrections(word, scope=ANN)
    assert (candidate.known.id, candidate.similarity) == (correction.event_id, None)
    assert (candidate.text_score or 0) > 0


@pytest.mark.parametrize(
    "question", ["", " ", "\0", "\ud800", "'\"\\", "a AND (b OR", "*:*", "+ - ~ ^2", "refunds " * 12_000]
)
def test_any_question_may_be_asked(store: FeedbackStore, question: str) -> None:
    correction = a_correction()
    store.append(correction)
    assert seen(store, ANN, question) in ([correction.event_id], [])
    assert seen(store, BEN, question) == []


def test_a_limit_of_candidates_is_kept(store: FeedbackStore) -> None:
    store.append([a_correction(question=f"{QUESTION} {n}") for n in range(9)])
    assert [len(store.similar_corrections(QUESTION, scope=ANN, limit=limit)) for limit in (0, 1, 5, 50)] == [0, 1, 5, 9]


@pytest.mark.parametrize("fault", ["raises", "nan", "zero", "short", "empty"])
def test_an_embedding_model_that_fails_costs_no_correction(
    make_store: Callable[[Embeddings], FeedbackStore], fault: str
) -> None:
    embeddings = FaultyEmbeddings()
    store = make_store(embeddings)
    before = a_correction()
    store.append(before)
    embeddings.fault = fault
    during = a_correction(question="What is the refund code?", corrected="RX-17")
    assert store.append(during).stored == (during.event_id,)
    assert seen(store, ANN, "RX-17") == [during.event_id]
    assert seen(store, ANN)[0] == before.event_id
    embeddings.fault = None
    assert set(seen(store, ANN, "What is the refund code? How long?")) == {before.event_id, during.event_id}


def test_a_model_whose_vectors_are_long_finds_as_one_whose_vectors_are_short(
    make_store: Callable[[Embeddings], FeedbackStore],
) -> None:
    class Long(TrigramEmbeddings):
        def embed_query(self, text: str) -> list[float]:
            return [number * 1e6 for number in super().embed_query(text)]

    found: list[object] = []
    for embeddings in (TrigramEmbeddings(), Long()):
        store = make_store(embeddings)
        store.append([a_correction(event_id=f"c{n}", question=f"{QUESTION} {'now ' * n}") for n in range(4)])
        found.append(
            [(one.known.id, pytest.approx(one.similarity)) for one in store.similar_corrections(QUESTION, scope=ANN)]
        )
    assert found[0] == found[1]
