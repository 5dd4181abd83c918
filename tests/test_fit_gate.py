"""The script that fits the gate runs on the project's own pairs alone, as on a machine without the public data."""

from pathlib import Path

from benchmarks import fit_asked_alike, fit_gate
from benchmarks.learning.other_questions import other_questions
from benchmarks.scope_cases import cases
from benchmarks.scope_data import scope_sets
from demo.models import MiniLM


def test_a_gate_is_fitted_on_own_pairs_alone(minilm: MiniLM, tmp_path: Path) -> None:
    sets = list(scope_sets(tmp_path))
    found = {each.name: list(cases(each, minilm)) for each in sets}
    gate = fit_asked_alike.looked_closer(sets, minilm, fit_gate.measure(found))
    assert gate.asked_alike is None, "its pairs are too few to tell"
    assert all(0 < each.threshold < 1 for each in (gate.with_embeddings.named, gate.with_embeddings.unnamed))


def test_another_question_about_a_subject_is_what_is_asked_of_another_one() -> None:
    records = [("How deep is Lake Vennis?", "lake vennis"), ("Who runs Oakfield?", "Oakfield"), ("Why?", "")]
    assert other_questions(records) == {0: "Who runs Lake Vennis?", 1: "How deep is Oakfield?"}
    assert other_questions([("Who runs Oakfield?", "Oakfield"), ("who runs Vennis", "Vennis")]) == {}
