"""How a store in use gets another embedding model: with progress, without a pause, and with a way back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from feedback_store import lance_vectors
from feedback_store.embedding import Embedder, similarity
from feedback_store.events import Correction
from feedback_store.lancedb import LanceStore
from feedback_store.overlay import PendingTeachings
from feedback_store.store import IncompatibleStore, Scope, StoreError
from tests.embeddings import FaultyEmbeddings, TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_review
from tests.waiting import until

ANN = Scope(user_id="ann", tenant="default")
QUESTION = "How long do the refunds take, please?"


class Backwards(TrigramEmbeddings):
    """Another model with vectors of the same length: one's are far from the other's."""

    def __init__(self) -> None:
        super().__init__(model="backwards")
        self.asked = 0
        self.fails_after = 1_000_000

    def embed_query(self, text: str) -> list[float]:
        self.asked += 1
        if self.asked > self.fails_after:
            raise ConnectionError
        return super().embed_query(text[::-1])


OLD = TrigramEmbeddings()


def expected(model: TrigramEmbeddings, correction: Correction) -> float:
    embedder = Embedder(model)
    near = similarity(embedder.question(QUESTION), embedder.correction(correction) or ())
    assert near is not None
    return near


def by_meaning(store: LanceStore) -> dict[str, float | None]:
    return {one.known.id: one.similarity for one in store.similar_corrections(QUESTION, scope=ANN, limit=1_000)}


def all_by(model: TrigramEmbeddings, corrections: list[Correction]) -> object:
    return pytest.approx({one.event_id: expected(model, one) for one in corrections}, abs=1e-4)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lance_vectors, "CHUNK", 4)


@pytest.mark.usefixtures("small_chunks")
def test_a_store_answers_by_the_old_model_until_all_vectors_of_the_new_one_are_there(opener: Opener) -> None:
    store = opener(OLD)
    corrections = [a_correction(guidance=f"Rule {number}.") for number in range(10)]
    store.append(corrections)
    told: list[tuple[int, int]] = []

    def look(done: int, total: int) -> None:
        told.append((done, total))
        assert by_meaning(store) == all_by(OLD, corrections)

    store.reembed(Backwards(), progress=look)
    assert told == [(4, 10), (8, 10), (10, 10)]
    assert by_meaning(store) == all_by(Backwards(), corrections)
    assert store.status().models[store.status().active] == "Backwards:backwards"


def test_a_correction_that_comes_meanwhile_is_found_by_both_models(opener: Opener) -> None:
    store = opener(OLD)
    corrections = [a_correction()]
    store.append(corrections)

    def append(*_: int) -> None:
        if len(corrections) == 1:
            corrections.append(a_correction(guidance="A late rule."))
            store.append(corrections[1])
            assert by_meaning(store) == all_by(OLD, corrections)

    store.reembed(Backwards(), progress=append)
    assert by_meaning(store) == all_by(Backwards(), corrections)
    assert by_meaning(opener(OLD)) == all_by(OLD, corrections)


def test_there_is_a_way_back_until_the_old_model_is_dropped(opener: Opener) -> None:
    store = opener(OLD)
    first, second = a_correction(), a_correction(guidance="A later rule.")
    store.append(first)
    store.reembed(Backwards())
    store.append(second)
    back = opener(OLD)
    assert by_meaning(back) == all_by(OLD, [first, second])
    back.append(a_review(first, verdict="withdraw"))
    assert [*by_meaning(store)] == [*by_meaning(back)] == [second.event_id]
    back.close()
    with pytest.raises(ValueError, match=r"given 'Backwards:backwards', allowed are .*'TrigramEmbeddings:trigrams-1'"):
        store.drop_model("Backwards:backwards")
    store.drop_model("TrigramEmbeddings:trigrams-1")
    assert [*store.status().models.values()] == ["Backwards:backwards"]
    with pytest.raises(IncompatibleStore, match="was opened with 'TrigramEmbeddings:trigrams-1'"):
        opener(OLD)


@pytest.mark.usefixtures("small_chunks")
def test_a_model_that_fails_in_the_middle_is_told_and_gone_on_with(opener: Opener) -> None:
    store = opener(OLD)
    corrections = [a_correction(guidance=f"Rule {number}.") for number in range(10)]
    store.append(corrections)
    model = Backwards()
    model.fails_after = 1 + 2 * 6
    with pytest.raises(StoreError, match=r"failed on \d+ corrections: call this again"):
        store.reembed(model)
    assert by_meaning(store) == all_by(OLD, corrections)
    model.fails_after, before = 1_000_000, model.asked
    store.reembed(model)
    assert by_meaning(store) == all_by(Backwards(), corrections)
    assert model.asked - before < 2 * 10


def test_a_model_that_gives_nothing_changes_nothing(opener: Opener) -> None:
    store = opener(OLD)
    model = Backwards()
    model.fails_after = 0
    with pytest.raises(StoreError, match="gives no vectors: look at it and call this again"):
        store.reembed(model)
    assert [*store.status().models.values()] == ["TrigramEmbeddings:trigrams-1"]


@pytest.mark.parametrize("rounds", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_no_question_ever_meets_vectors_of_another_model(opener: Opener, rounds: int) -> None:
    corrections = [a_correction(guidance=f"Rule {number}.") for number in range(5)]
    store = opener(OLD)
    store.append(corrections)
    answers: list[dict[str, float | None]] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                answers.append(by_meaning(store))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(rounds):
        asked = len(answers)
        store.reembed(OLD if number % 2 else Backwards())
        until(lambda least=asked + 5: failures or len(answers) > least)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    either = [all_by(OLD, corrections), all_by(Backwards(), corrections)]
    assert [answer for answer in answers if answer not in either] == []


def test_a_question_in_the_very_moment_of_the_change_is_not_kept_from_the_new_model(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opener(OLD)
    corrections = [a_correction(guidance=f"Rule {number}.") for number in range(3)]
    store.append(corrections)
    make = PendingTeachings.__init__

    def asking(self: PendingTeachings, *arguments: Any) -> None:
        assert by_meaning(store) == all_by(OLD, corrections)
        make(self, *arguments)

    monkeypatch.setattr(PendingTeachings, "__init__", asking)
    store.reembed(Backwards())
    assert by_meaning(store) == all_by(Backwards(), corrections)


def test_a_store_without_vectors_answers_by_words_while_it_gets_some(opener: Opener) -> None:
    store = opener()
    corrections = [a_correction(guidance=f"Rule {number}.") for number in range(3)]
    store.append(corrections)
    seen: list[dict[str, float | None]] = []

    def look(*_: int) -> None:
        seen.append(by_meaning(store))

    store.reembed(OLD, progress=look)
    assert {*seen[0]} == {one.event_id for one in corrections}
    assert by_meaning(store) == all_by(OLD, corrections)


def test_a_handle_without_a_model_goes_on_when_another_brings_the_first_one(opener: Opener) -> None:
    plain = opener()
    first, second = a_correction(), a_correction(guidance="A later rule.")
    plain.append(first)
    assert by_meaning(plain) == {first.event_id: None}
    other = opener(OLD)
    assert by_meaning(plain) == {first.event_id: None}
    plain.append([second, a_review(first, verdict="withdraw")])
    plain.flush()
    assert [known.state for known in plain.corrections()] == ["withdrawn", "pending"]
    assert by_meaning(plain) == {second.event_id: None}
    assert [*by_meaning(other)] == [second.event_id]


def test_a_handle_whose_model_another_dropped_says_so(opener: Opener) -> None:
    old, new = opener(OLD), opener(Backwards(), reembed=True)
    new.drop_model("TrigramEmbeddings:trigrams-1")
    old.append(a_correction())
    for read in (old.corrections, lambda: by_meaning(old)):
        with pytest.raises(IncompatibleStore, match="was opened with 'TrigramEmbeddings:trigrams-1'"):
            read()
    assert len(old.events()) == 1
    assert len(by_meaning(new)) == 1


@pytest.mark.usefixtures("small_chunks")
def test_small_files_are_joined_also_while_vectors_alone_come(opener: Opener) -> None:
    store = opener(small_files=8)
    store.append(a_correction(guidance=f"Rule {number}.") for number in range(100))
    store.flush()
    store.reembed(OLD)
    assert opener.table(store.status().active).stats()["fragment_stats"]["num_fragments"] <= 2 * 8


def test_a_correction_that_no_event_tells_of_does_not_keep_a_store_from_opening(opener: Opener) -> None:
    opener(OLD).close()
    store = opener()
    store.append([a_correction(event_id="lost"), a_correction(event_id="kept")])
    store.close()
    opener.table("teachings").delete("event_id = 'lost'")
    again = in_time(lambda: opener(OLD))
    assert by_meaning(again)["kept"] is not None


def in_time(make: Callable[[], LanceStore]) -> LanceStore:
    """Make a store, and fail where that does not come to an end."""
    made: list[LanceStore] = []
    threading.Thread(target=lambda: made.append(make()), daemon=True).start()
    until(lambda: made, within=30)
    return made[0]


def test_vectors_that_are_owed_are_made_once_by_however_many_threads(opener: Opener) -> None:
    model = FaultyEmbeddings()
    store = opener(model)
    model.fault = "raises"
    store.append(a_correction(guidance=f"Rule {number}.") for number in range(30))
    model.fault = None
    with ThreadPoolExecutor(8) as threads:
        appended = [threads.submit(store.append, a_correction(guidance=f"Later {number}.")) for number in range(16)]
    assert sum(len(each.result().stored) for each in appended) == 16
    assert None not in by_meaning(store).values()
