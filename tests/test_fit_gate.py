"""The script that fits the gate runs on the project's own pairs alone, as on a machine without the public data."""

import re
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
    assert gate.asked_alike
    fitted = (gate.with_embeddings, gate.words_alone, gate.asked_alike)
    assert all(0 < each.threshold < 1 for kind in fitted for each in (kind.named, kind.unnamed))
    told = next(each for each in gate.figures if each.startswith("asked alike"))
    stay = {name: float(share) for name, share in re.findall(r"same thing, (in scope|same subject) ([0-9.]+)", told)}
    assert stay["in scope"] > 0.95
    assert stay["same subject"] < 0.8


def test_another_question_about_a_subject_is_what_is_asked_of_another_one() -> None:
    records = [("How deep is Lake Vennis?", "lake vennis"), ("Who runs Oakfield?", "Oakfield"), ("Why?", "")]
    assert other_questions(records) == {0: "Who runs Lake Vennis?", 1: "How deep is Oakfield?"}
    assert other_questions([("Who runs Oakfield?", "Oakfield"), ("who runs Vennis", "Vennis")]) == {}
