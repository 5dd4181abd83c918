"""Fits what tells two questions about one thing apart (`feedback_store.asked_alike`), and says how good that is.

In scope are the rewordings of the scope sets. Out of scope are their siblings, and each question of a set with the
subject of another record put into it: of what is stored about that subject, something else is asked. Only what the
gate lets through is weighed, since only that is looked at again.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.learning.other_questions import other_questions
from benchmarks.scope_cases import fold_of
from benchmarks.scope_data import Asked, ScopeSet
from demo.models import MiniLM
from feedback_store import gate_fitting
from feedback_store.asked_alike import FEATURES, compared
from feedback_store.events import Correction
from feedback_store.gate import LogisticGate
from feedback_store.gate_model import GateModel, Weights
from feedback_store.memory import MemoryStore
from feedback_store.scoping import CANDIDATES
from feedback_store.store import Scope

LOST: Final = 0.005
"""So many of the rewordings that are compared may be held back: this sets the threshold."""
TELLING: Final = ("own", "help desk", "zsre", "mquake")
"""The sets of questions: CounterFact's texts are sentences to complete, which are not compared."""
_READER: Final = Scope(user_id="reader", tenant="default")


@dataclass(frozen=True)
class Pair:
    """A question and a correction that the gate lets through; `found` is None where the two are not compared."""

    name: str
    fold: int
    right: bool
    found: dict[str, float] | None


def pairs(sets: Iterable[ScopeSet], model: MiniLM, gate: GateModel) -> list[Pair]:
    """Return all pairs of the sets that tell."""
    before = LogisticGate(gate.model_copy(update={"asked_alike": None}))
    return [pair for each in sets if each.name in TELLING for pair in _pairs(each, model, before)]


def _pairs(given: ScopeSet, model: MiniLM, gate: LogisticGate) -> Iterator[Pair]:
    store = MemoryStore(embeddings=model)
    store.append(
        Correction(
            session_id="s", user_id="reader", question=one.question, corrected=one.right or one.key, category=key
        )
        for one in given.stored
        for key in [one.key[:200]]
    )
    asked = [one for one in given.asked if one.kind in ("in scope", "sibling")]
    for one in [*asked, *swapped(given)]:
        candidates = store.similar_corrections(one.text, scope=_READER, limit=CANDIDATES)
        for each in gate.judge(one.text, candidates):
            correction = each.candidate.known.correction
            right = one.kind == "in scope" and correction.category == one.key[:200]
            if each.in_scope and (right or one.kind != "in scope"):
                found = compared(one.text, correction.question, store.likeness)
                yield Pair(f"{given.name}, {one.kind}", fold_of(one.key), right, found)


def swapped(given: ScopeSet) -> list[Asked]:
    """Return, for each record whose question names its subject, what another one asks, asked of that subject."""
    texts = other_questions([(one.question, one.subject) for one in given.stored])
    return [Asked(given.stored[place].key, text, "same subject") for place, text in texts.items()]


def fitted(found: Sequence[Pair]) -> Weights:
    """Fit on pairs that were compared; both classes weigh the same."""
    compared_pairs = [(pair.found, pair.right) for pair in found if pair.found]
    right = [truth for _, truth in compared_pairs]
    share = {truth: 1000 / right.count(truth) for truth in (True, False)}
    return gate_fitting.fit(
        [each for each, _ in compared_pairs], right, FEATURES, importance=[share[truth] for truth in right]
    )


def measured(found: Sequence[Pair]) -> tuple[Weights, dict[str, list[bool]]]:
    """Fit, and measure two-fold by record.

    Returns:
        The weights, and by set and kind of question, which of the pairs that the gate lets through stay.

    """
    halves = {fold: fitted([pair for pair in found if pair.fold != fold]) for fold in (0, 1)}
    told = [(pair, halves[pair.fold].probability(pair.found) if pair.found else 1.0) for pair in found]
    lowest = float(np.quantile([chance for pair, chance in told if pair.right and pair.found], LOST))
    stay: dict[str, list[bool]] = {}
    for pair, chance in told:
        stay.setdefault(pair.name, []).append(chance >= lowest)
    return fitted(found).model_copy(update={"threshold": round(lowest, 4)}), stay


def looked_closer(sets: Iterable[ScopeSet], model: MiniLM, gate: GateModel) -> GateModel:
    """Return the gate with what looks again at what it lets through, and print the figures.

    It comes back as it is where a half of the records has none of one kind, as the project's own do.
    """
    found = pairs(sets, model, gate)
    kinds = {(pair.fold, pair.right) for pair in found if pair.found}
    if len(kinds) < 4:
        print("too few questions name what a correction is about: what they ask is not compared", file=sys.stderr)
        return gate
    weights, stay = measured(found)
    told = "asked alike, of what the gate lets through stay:"
    for name, stays in stay.items():
        share = sum(stays) / len(stays)
        line = {"bench": "fit_gate", "case": f"asked alike, {name}", "metric": "share that stays"}
        print(json.dumps(line | {"value": round(share, 4), "n": len(stays)}), flush=True)
        told += f" {name} {share:.3f} (n {len(stays)})"
    return gate.model_copy(update={"asked_alike": weights, "figures": (*gate.figures, told)})
