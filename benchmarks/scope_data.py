"""Pairs for the scope gate: stored corrections, questions that they answer, and questions that they must not touch.

The project's own pairs lie in `own/scope_pairs.jsonl` and `own/same_thing.jsonl`. Public data is read from `--data DIR`
where it is present: CounterFact (Meng et al. 2022, MIT), MQuAKE (Zhong et al. 2023, MIT), zsRE as prepared for MEND
(Levy et al. 2017, MIT), BANKING77 and NLU++ samples (Casanueva et al. 2020, 2022, CC BY 4.0) and a set of help-desk
questions (`retrieval_pairs.jsonl`). None is shipped.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

OWN: Final = Path(__file__).parent / "own" / "scope_pairs.jsonl"
SAME_THING: Final = Path(__file__).parent / "own" / "same_thing.jsonl"
Kind = Literal["in scope", "verbatim", "sibling", "unrelated", "left out", "same subject"]


@dataclass(frozen=True)
class Stored:
    """A correction: `key` names what it is about, and several may be about the same."""

    key: str
    question: str
    right: str
    subject: str = ""
    """What it is about in other words: where this record is left out, others about the same subject must be too."""


@dataclass(frozen=True)
class Asked:
    """A question. `key` is what is in scope for it, or the record that it is a sibling of."""

    key: str
    text: str
    kind: Kind


@dataclass(frozen=True)
class ScopeSet:
    """One data set."""

    name: str
    stored: tuple[Stored, ...]
    asked: tuple[Asked, ...]


def scope_sets(data: Path) -> Iterator[ScopeSet]:
    """Yield the project's own set, and those of the public sets that are in `data`."""
    yield _own()
    if (pairs := data / "retrieval_pairs.jsonl").exists():
        rows = _rows(pairs)[1:]
        yield _retrieval(rows, "own", "help desk")
        yield _retrieval(rows, "banking77", "banking77")
    if (edits := data / "zsre_edits.jsonl").exists():
        yield _zsre(_rows(edits))
    if (edits := data / "counterfact_edits.jsonl").exists():
        yield _counterfact(_rows(edits))
    if (edits := data / "mquake_hard_multihop.jsonl").exists():
        yield _mquake([edit for row in _rows(edits) for edit in row["edits"]])


def same_thing() -> Iterator[ScopeSet]:
    """Yield the project's own questions about one thing, each a set: one corrected, its rewordings, and others."""
    for row in _rows(SAME_THING):
        asked = [Asked(row["question"], text, "in scope") for text in row["same"]]
        asked += [Asked(row["question"], text, "same subject") for text in row["other"]]
        yield ScopeSet("same thing", (Stored(row["question"], row["question"], ""),), tuple(asked))


def _own() -> ScopeSet:
    rows = _rows(OWN)
    stored = tuple(Stored(row["question"], row["question"], row["corrected"]) for row in rows)
    asked = [Asked(row["question"], text, "in scope") for row in rows for text in row["in_scope"]]
    asked += [Asked(row["question"], text, "sibling") for row in rows for text in row["near"]]
    return ScopeSet("own", stored, tuple(asked))


def _retrieval(rows: list[dict[str, Any]], part: str, name: str) -> ScopeSet:
    kinds: dict[str, Kind] = {"relevant": "in scope", "irrelevant_near": "sibling", "irrelevant_far": "unrelated"}
    rows = [row for row in rows if row["set"] == part]
    stored = [
        Stored(row["group"], row["question"], row.get("answer", "")) for row in rows if row["type"] == "correction"
    ]
    asked = [
        Asked(row.get("group") or row["query"], row["query"], kinds[row["kind"]])
        for row in rows
        if row["type"] == "query"
    ]
    return ScopeSet(name, tuple(stored), tuple(asked))


def _zsre(rows: list[dict[str, Any]]) -> ScopeSet:
    stored = tuple(Stored(row["id"], row["question"], row["target_new"], row["subject"].casefold()) for row in rows)
    asked = [Asked(row["id"], row["paraphrase"], "in scope") for row in rows]
    asked += [Asked(row["unrelated_question"], row["unrelated_question"], "unrelated") for row in rows]
    return ScopeSet("zsre", stored, tuple(asked))


def _counterfact(rows: list[dict[str, Any]]) -> ScopeSet:
    """Siblings that name a stored subject are left out: something is in scope for them after all."""
    subjects = {row["subject"] for row in rows}
    stored = tuple(
        Stored(row["id"], row.get("question") or row["cloze"], row["target_new"], row["subject"].casefold())
        for row in rows
    )
    asked = [Asked(row["id"], row["paraphrase_cloze"], "in scope") for row in rows]
    asked += [
        Asked(row["id"], row["neighbor_cloze"], "sibling")
        for row in rows
        if not any(subject in row["neighbor_cloze"] for subject in subjects)
    ]
    return ScopeSet("counterfact", stored, tuple(asked))


def _mquake(edits: list[dict[str, Any]]) -> ScopeSet:
    """Of each subject the first fact is stored; the questions about its other facts are siblings."""
    first = {edit["subject"]: edit for edit in reversed(edits)}
    stored = tuple(
        Stored(edit["question"], edit["question"], edit["target_new"], subject.casefold())
        for subject, edit in first.items()
    )
    others = {
        edit["question"]: edit["subject"] for edit in edits if edit["question"] != first[edit["subject"]]["question"]
    }
    return ScopeSet("mquake", stored, tuple(Asked(question, question, "sibling") for question in others))


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
