"""Fits what tells two questions about one thing apart (`feedback_store.asked_alike`), and says how good that is.

In scope are the rewordings of the scope sets. Out of scope are their siblings, other questions about the same thing,
and each question of a set with the subject of another record put into it: of what is stored about that subject,
something else is asked. Only what the gate lets through is weighed, since only that is looked at again.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.learning.other_questions import other_questions
from benchmarks.scope_cases import fold_of
from benchmarks.scope_data import Asked, ScopeSet, same_thing
from demo.models import MiniLM
from feedback_store import gate_fitting
from feedback_store.asked_alike import BY_NAME, FEATURES, compared
from feedback_store.events import Correction
from feedback_store.gate import LogisticGate
from feedback_store.gate_model import GateModel, Weighing, Weights
from feedback_store.memory import MemoryStore
from feedback_store.scoping import CANDIDATES
from feedback_store.store import Scope

LOST: Final = {True: 0.01, False: 0.02}
"""So many of the rewordings may be held back, of those compared by a name and of the others. It sets the thresholds."""
FEW: Final = 100
"""A set of fewer pairs counts less."""
TELLING: Final = ("own", "help desk", "same thing", "zsre", "mquake")
"""The sets of questions: CounterFact's texts are sentences to complete, which are not compared."""
_READER: Final = Scope(user_id="reader", tenant="default")


@dataclass(frozen=True)
class Pair:
    """A question and a correction that the gate lets through, and what is found where the two are compared."""

    name: str
    kind: str
    fold: int
    right: bool
    found: dict[str, float]


def pairs(sets: Iterable[ScopeSet], model: MiniLM, gate: GateModel) -> list[Pair]:
    """Return the pairs of the sets that tell; those that are not compared are left out."""
    before = LogisticGate(gate.model_copy(update={"asked_alike": None}))
    return [pair for each in (*sets, *same_thing()) if each.name in TELLING for pair in _pairs(each, model, before)]


def _pairs(given: ScopeSet, model: MiniLM, gate: LogisticGate) -> Iterator[Pair]:
    store = MemoryStore(embeddings=model)
    store.append(
        Correction(
            session_id="s", user_id="reader", question=one.question, corrected=one.right or one.key, category=key
        )
        for one in given.stored
        for key in [one.key[:200]]
    )
    asked = [one for one in given.asked if one.kind in ("in scope", "sibling", "same subject")]
    for one in [*asked, *swapped(given)]:
        candidates = store.similar_corrections(one.text, scope=_READER, limit=CANDIDATES)
        for each in gate.judge(one.text, candidates):
            correction = each.candidate.known.correction
            right = one.kind == "in scope" and correction.category == one.key[:200]
            if not each.in_scope or (one.kind == "in scope" and not right):
                continue
            if found := compared(one.text, correction.question, store.likeness):
                yield Pair(given.name, one.kind, fold_of(one.key), right, found)


def swapped(given: ScopeSet) -> list[Asked]:
    """Return, for each record whose question names its subject, what another one asks, asked of that subject."""
    texts = other_questions([(one.question, one.subject) for one in given.stored])
    return [Asked(given.stored[place].key, text, "same subject") for place, text in texts.items()]


def fitted(found: Sequence[Pair]) -> Weights:
    """Fit; in each set both classes weigh the same."""
    held = Counter((pair.name, pair.right) for pair in found)
    return gate_fitting.fit(
        [pair.found for pair in found],
        [pair.right for pair in found],
        FEATURES,
        importance=[1000 / max(FEW, held[pair.name, pair.right]) for pair in found],
    )


def measured(found: Sequence[Pair], *, lost: float) -> tuple[Weights, list[bool]]:
    """Fit, and measure two-fold by record; returns the weights, and which of the pairs stay."""
    halves = {fold: fitted([pair for pair in found if pair.fold != fold]) for fold in (0, 1)}
    told = [(pair, halves[pair.fold].probability(pair.found)) for pair in found]
    lowest = float(np.quantile([chance for pair, chance in told if pair.right], lost))
    return fitted(found).model_copy(update={"threshold": round(lowest, 4)}), [chance >= lowest for _, chance in told]


def looked_closer(sets: Iterable[ScopeSet], model: MiniLM, gate: GateModel) -> GateModel:
    """Return the gate with what looks again at what it lets through, and print the figures."""
    found = pairs(sets, model, gate)
    weights: dict[bool, Weights] = {}
    stays: dict[tuple[str, str], list[bool]] = {}
    for by_name in (True, False):
        ours = [pair for pair in found if bool(pair.found[BY_NAME]) == by_name]
        weights[by_name], stay = measured(ours, lost=LOST[by_name])
        for pair, each in zip(ours, stay, strict=True):
            stays.setdefault((pair.name, pair.kind), []).append(each)
    told = "asked alike, of what is compared stay:"
    for (name, kind), each in stays.items():
        share = sum(each) / len(each)
        line = {"bench": "fit_gate", "case": f"asked alike, {name}, {kind}", "metric": "share that stays"}
        print(json.dumps(line | {"value": round(share, 4), "n": len(each)}), flush=True)
        told += f" {name}, {kind} {share:.3f} (n {len(each)})"
    weighing = Weighing(named=weights[True], unnamed=weights[False])
    return gate.model_copy(update={"asked_alike": weighing, "figures": (*gate.figures, told)})
