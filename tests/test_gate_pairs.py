"""A gate that is fitted on a team's own judged pairs, by code and by the command `feedback-store gate fit`."""

import json
from pathlib import Path

import pytest

from feedback_store.cli import main
from feedback_store.gate import LogisticGate
from feedback_store.gate_model import GateModel, shipped
from feedback_store.gate_pairs import JudgedPair, judged_by_readers, read_pairs, refit
from feedback_store.lancedb import LanceStore
from feedback_store.memory import MemoryStore
from feedback_store.store import FeedbackStore, Scope
from tests.embeddings import TrigramEmbeddings
from tests.records import a_correction, a_rating, a_turn

ANN = Scope(user_id="ann", tenant="default")
THINGS = "lamps chairs tables sofas rugs shelves mirrors desks beds curtains vases clocks".split()  # noqa: SIM905
"""This shop found that what is said of the post holds for couriers too, and that Sundays are another matter."""


def filled(store: FeedbackStore) -> list[JudgedPair]:
    judged: list[JudgedPair] = []
    for number, thing in enumerate(THINGS):
        store.append(a_correction(event_id=f"c-{number}", question=f"Can I send {thing} by post?", corrected="Yes."))
        judged.append(JudgedPair(question=f"Can I send {thing} by courier?", correction=f"c-{number}", in_scope=True))
        judged.append(
            JudgedPair(question=f"Can I send {thing} by post on Sundays?", correction=f"c-{number}", in_scope=False)
        )
    return judged


def test_what_readers_said_of_the_corrections_that_an_answer_used_is_a_judged_pair() -> None:
    store = MemoryStore()
    store.append([a_correction(event_id="c-1"), a_correction(event_id="c-2")])
    store.append(a_turn(turn_id="good", prompt="Good?", correction_ids=("c-1", "c-2")))
    store.append(a_turn(turn_id="bad", prompt="Bad?", correction_ids=("c-1",)))
    store.append(a_turn(turn_id="plain", prompt="Plain?"))
    store.append(
        [a_rating(event_id="r-1", turn_id="good", score=1.0), a_rating(event_id="r-2", turn_id="bad", score=0.0)]
    )
    store.append(a_rating(event_id="r-3", turn_id="plain", score=1.0))
    store.append(a_rating(event_id="r-4", turn_id="good", key="correction:c-2", score=0.0))
    said = {(pair.question, pair.correction): pair.in_scope for pair in judged_by_readers(store)}
    assert said == {("Good?", "c-1"): True, ("Good?", "c-2"): False}


@pytest.mark.parametrize("embeddings", [None, TrigramEmbeddings()])
def test_a_gate_that_is_fitted_anew_decides_as_the_team_does(embeddings: TrigramEmbeddings | None) -> None:
    store = MemoryStore(embeddings=embeddings)
    judged = filled(store)
    model, counts = refit(shipped(), store, judged)
    assert sorted(counts.values()) == [0, 0, 0, len(judged)]
    store.append(a_correction(event_id="new", question="Can I send stools by post?", corrected="Yes."))

    def probability(model: GateModel, question: str) -> float:
        candidates = store.similar_corrections(question, scope=ANN)
        judged = LogisticGate(model).judge(question, candidates)
        return next(each.probability for each in judged if each.candidate.known.id == "new")

    courier, sunday = "Can I send stools by courier?", "Can I send stools by post on Sundays?"
    assert probability(shipped(), courier) < probability(shipped(), sunday)
    assert probability(model, courier) > probability(shipped(), courier)
    assert probability(model, sunday) < probability(shipped(), sunday)


def test_pairs_of_which_all_are_out_of_scope_are_too_few_and_change_nothing() -> None:
    store = MemoryStore()
    judged = [pair for pair in filled(store) if not pair.in_scope]
    model, counts = refit(shipped(), store, judged)
    assert set(counts.values()) == {0}
    assert (model.with_embeddings, model.words_alone) == (shipped().with_embeddings, shipped().words_alone)


def test_a_pair_whose_correction_is_gone_is_passed_over() -> None:
    store = MemoryStore()
    judged = [*filled(store), JudgedPair(question="Gone?", correction="gone", in_scope=True)]
    assert refit(shipped(), store, judged)[1]["words alone, unnamed"] == len(judged) - 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feedback"


@pytest.fixture
def pairs(folder: Path, tmp_path: Path) -> Path:
    """A store, and a file of its judged pairs."""
    store = LanceStore(folder, embeddings=TrigramEmbeddings())
    judged = filled(store)
    store.close()
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(pair.model_dump_json() for pair in judged))
    return file


@pytest.mark.parametrize(
    ("options", "fitted"),
    [
        ([], "words alone, unnamed"),
        (["--embeddings", "tests.embeddings:TrigramEmbeddings"], "with embeddings, unnamed"),
    ],
)
def test_the_command_writes_weights_that_the_gate_reads(
    folder: Path, pairs: Path, capsys: pytest.CaptureFixture[str], options: list[str], fitted: str
) -> None:
    out = pairs.with_name("gate.json")
    given = ["gate", "fit", str(folder), "--pairs", str(pairs), "--out", str(out), "--json", *options]
    assert main(given) == 0
    said = json.loads(capsys.readouterr().out)
    assert {name: count for name, count in said["fitted_on"].items() if count} == {fitted: 2 * len(THINGS)}
    assert GateModel.read(out).fitted.endswith("then on 24 judged pairs of an own store")
    assert GateModel.read(out) != shipped()


def test_without_judged_pairs_nothing_is_written_and_the_least_is_said(
    folder: Path, pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gate.json"
    assert main(["gate", "fit", str(folder), "--out", str(out)]) == 1
    assert "nothing was written: 10 pairs in scope and 10 not are the least" in capsys.readouterr().out
    assert not out.exists()
    assert pairs.exists()


@pytest.mark.parametrize(("text", "told"), [('{"question": "Why?"}', "line 1 of"), (None, "No such file")])
def test_a_file_without_judged_pairs_is_named(
    folder: Path, pairs: Path, capsys: pytest.CaptureFixture[str], text: str | None, told: str
) -> None:
    pairs.unlink()
    if text:
        pairs.write_text(text)
    assert main(["gate", "fit", str(folder), "--pairs", str(pairs), "--out", "gate.json"]) == 2
    assert told in capsys.readouterr().err


def test_an_embedding_model_that_cannot_be_found_is_named(
    folder: Path, pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["gate", "fit", str(folder), "--pairs", str(pairs), "--out", "gate.json", "--embeddings", "nowhere"]
    assert main(given) == 2
    assert "--embeddings is MODULE:NAME, such as my_app.models:embeddings, given 'nowhere'" in capsys.readouterr().err


def test_pairs_are_read_as_they_were_written(pairs: Path) -> None:
    assert [pair.in_scope for pair in read_pairs(pairs)] == [True, False] * len(THINGS)


@pytest.mark.parametrize("name", ["os:getcwd", "os:kill", "os.path:sep"])
def test_what_is_no_embedding_model_is_refused(
    folder: Path, pairs: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    given = ["gate", "fit", str(folder), "--pairs", str(pairs), "--out", "gate.json", "--embeddings", name]
    assert main(given) == 2
    assert f"given '{name}'" in capsys.readouterr().err


@pytest.mark.parametrize("name", [None, "model@2"], ids=["words alone", "a model with a name"])
def test_to_fit_with_a_model_whose_vectors_the_store_has_not_is_refused_and_leaves_it_to_the_app(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str | None
) -> None:
    place, model = tmp_path / "kept", "tests.embeddings:TrigramEmbeddings"
    LanceStore(place, embeddings=TrigramEmbeddings() if name else None, embedding_name=name).close()
    given = ["gate", "fit", str(place), "--out", str(tmp_path / "gate.json"), "--embeddings", model]
    assert main(given) == 2
    assert "the store has no vectors of the embedding model 'TrigramEmbeddings" in capsys.readouterr().err
    LanceStore(place, embeddings=TrigramEmbeddings(), embedding_name="model@2").close()
    assert main([*given, "--embedding-name", "model@2"]) == 1
    assert "nothing was written" in capsys.readouterr().out
