"""Fits the gate's weights and says how good they are: of questions in scope, how many get the right correction (CI);
of questions with nothing in scope, how many get one all the same (FIR).

Run `python -m benchmarks fit_gate [--data DIR] [--write]`. Figures are two-fold by record: never of a record that was
fitted; "fitted on zsre alone" is of a data set of which nothing was fitted. `--write` fits on everything and writes
`feedback_store/gate_weights.json`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import fit_asked_alike
from benchmarks.scope_cases import HELPED, Case, cases
from benchmarks.scope_data import scope_sets
from demo.models import MiniLM
from feedback_store import gate_fitting
from feedback_store.gate_model import HAS_NAMES, NEARNESS, SHIPPED, GateModel, Weighing, Weights

Found = dict[str, list[Case]]
Scored = dict[str, list[tuple[Case, float]]]
Pair = dict[str, float]
UNNAMED_SHARE: Final = {"own": 2.0, "help desk": 2.0, "banking77": 0.5}
"""How much a set counts (default 1): help desks are what the gate is for; an intent of BANKING77 is wide."""
NAMED_SHARE: Final = {"own": 0.1, "help desk": 0.1, "banking77": 0.02, "mquake": 0.3}
"""The few names in those say little about names, and another question about a name is looked at again."""
BY_NAME: Final = (
    "names_there", "names_share", "names_gone", "names_foreign", "rare_covered", "rarest_absent", "rarest_common",
    "own_word_common", "own_words_absent", "asks_nothing_known", "asks_another_thing", "frame", "same_words",
    "replaced_in_frame", "swapped_in_frame", "swapped", *NEARNESS,
)  # fmt: skip
"""What is weighed where there is a name: with more, weights fitted on one data set do not hold on another."""
RARITY: Final = ("rare", "own_word")
"""How features begin that are left out where there is no name: one rival or none says nothing about rarity."""
FACTS: Final = ("zsre", "counterfact")
TELLING: Final = {True: FACTS, False: ("own", "help desk")}
"""The sets that set the threshold where there is a name, and where there is none."""
MOST_WRONG: Final = {True: 0.003, False: 0.04}
"""The share of wrong injections of theirs that is let through: of all questions, or the mean of kinds."""
LIMITS: Final = (0.005, 0.01, 0.05)
WRITTEN: Final = Path(__file__).parents[1] / "feedback_store" / SHIPPED


def weighing(found: Found, *, embedded: bool) -> Weighing:
    """Fit both kinds of weights; in every set both classes weigh the same. Without pairs of one kind, both are one."""
    names = [name for name in next(iter(found.values()))[0].pairs[0] if embedded or name not in NEARNESS]
    by_name = [name for name in BY_NAME if name in names]
    by_words = [name for name in names if not name.startswith(RARITY) and not name.startswith("names_")]
    by_words.remove(HAS_NAMES)
    named = _fit(found, by_name, NAMED_SHARE, lambda pair: bool(pair[HAS_NAMES]))
    unnamed = _fit(found, by_words, UNNAMED_SHARE, lambda pair: not pair[HAS_NAMES])
    one = named or unnamed
    assert one
    return Weighing(named=named or one, unnamed=unnamed or one)


def _fit(
    found: Found, names: Sequence[str], shares: dict[str, float], wanted: Callable[[Pair], bool]
) -> Weights | None:
    pairs: list[Pair] = []
    right: list[bool] = []
    importance: list[float] = []
    for name, each in found.items():
        ours = [
            (pair, bool(truth))
            for case in each
            for pair, truth in zip(case.pairs, case.right, strict=True)
            if wanted(pair)
        ]
        held = sum(truth for _, truth in ours)
        if held and held < len(ours):
            pairs += [pair for pair, _ in ours]
            right += [truth for _, truth in ours]
            weight = shares.get(name, 1.0) * 1000
            importance += [weight / (held if truth else len(ours) - held) for _, truth in ours]
    return gate_fitting.fit(pairs, right, names, importance=importance) if pairs else None


def scored(found: Found, weighings: Callable[[Case], Weighing], *, named: bool | None = None) -> Scored:
    """Score each case: the logit of the right candidate where one is in scope, else the highest one.

    With `named`, only the candidates with a name, or without one, are looked at.
    """

    def score(case: Case) -> float:
        weights = weighings(case)
        logits = [
            _logit(weights.of(pair).probability(pair))
            for pair, right in zip(case.pairs, case.right, strict=True)
            if (right or case.kind not in HELPED) and named in (None, bool(pair[HAS_NAMES]))
        ]
        return max(logits, default=-np.inf)

    return {name: [(case, score(case)) for case in each if case.size is None] for name, each in found.items()}


def halves(found: Found, *, embedded: bool) -> Callable[[Case], Weighing]:
    """Return, for each case, weights that were fitted on the other half of the records."""
    fitted = [
        weighing(
            {name: [case for case in each if case.fold == fold] for name, each in found.items()}, embedded=embedded
        )
        for fold in (0, 1)
    ]
    return lambda case: fitted[1 - case.fold]


def threshold(found: Found, weighings: Callable[[Case], Weighing], *, named: bool) -> float:
    """Return the lowest logit, from 0, with no more than `MOST_WRONG` injected wrongly, by all sets if need be."""
    every = scored(found, weighings, named=named)
    telling = [name for name in every if name in TELLING[named]] or [*every]
    for logit in np.arange(0, 8, 0.05):
        groups = [
            [score >= logit for case, score in every[name] if case.kind == kind]
            for name in telling
            for kind in sorted({case.kind for case, _ in every[name]} - set(HELPED))
        ]
        wrong = np.mean(np.concatenate(groups)) if named else np.mean([np.mean(group) for group in groups])
        if wrong <= MOST_WRONG[named]:
            return float(logit)
    return 8.0


def judged(weights: Weighing, logits: dict[bool, float]) -> Weighing:
    """Return the weights with their thresholds."""
    kinds = {True: weights.named, False: weights.unnamed}
    told = {
        named: each.model_copy(update={"threshold": round(1 / (1 + float(np.exp(-logits[named]))), 4)})
        for named, each in kinds.items()
    }
    return Weighing(named=told[True], unnamed=told[False])


def report(found: Found, weighings: Callable[[Case], Weighing], logits: dict[bool, float], inputs: str) -> list[str]:
    """Print the figures as JSON lines, and return them in words."""
    told: list[str] = []
    through = {named: scored(found, weighings, named=named) for named in (True, False)}
    for name, whole in scored(found, weighings).items():
        told.append(f"{inputs}, {name}:")
        for kind in dict.fromkeys(case.kind for case, _ in whole):
            chosen = [place for place, (case, _) in enumerate(whole) if case.kind == kind]
            hits = [any(through[n][name][place][1] >= logits[n] for n in (True, False)) for place in chosen]
            share, metric = float(np.mean(hits)), "CI" if kind in HELPED else "FIR"
            _print(case=f"{name}, {kind}, {inputs}", metric=metric, value=round(share, 4), n=len(hits))
            told[-1] += f" {metric} {kind} {share:.3f} (n {len(hits)})"
        _limits(f"{name}, {inputs}", whole)
    return told


def _limits(case: str, whole: list[tuple[Case, float]]) -> None:
    right = np.array([score for case, score in whole if case.kind == "in scope"])
    wrong = np.array([score for case, score in whole if case.kind not in HELPED])
    for limit in LIMITS if len(right) else ():
        value = float((right > float(np.quantile(wrong, 1 - limit))).mean())
        _print(case=case, metric=f"CI at FIR {limit:.1%}", value=round(value, 4), n=len(right))


def across(found: Found, *, embedded: bool, inputs: str) -> None:
    """Print how weights that were fitted on one set of facts do on the other, of which they saw nothing."""
    for one, other in (FACTS, FACTS[::-1]):
        if one in found and other in found:
            weights = weighing({one: found[one]}, embedded=embedded)
            whole = scored({other: found[other]}, lambda _, weights=weights: weights)[other]
            _limits(f"{other}, fitted on {one} alone, {inputs}", whole)


def _logit(probability: float) -> float:
    bounded = min(1 - 1e-12, max(1e-12, probability))
    return log(bounded / (1 - bounded))


def _print(**line: object) -> None:
    print(json.dumps({"bench": "fit_gate", **line}), flush=True)


def main() -> None:
    """Fit, measure and, where asked, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    sets = list(scope_sets(options.data))
    if len(sets) == 1:
        print(f"no public data in {options.data}: measuring on the project's own pairs alone", file=sys.stderr)
    model = MiniLM()
    gate = measure({each.name: list(cases(each, model)) for each in sets})
    gate = fit_asked_alike.looked_closer(sets, model, gate)
    if options.write:
        WRITTEN.write_text(gate.model_dump_json(indent=1) + "\n", encoding="utf-8")


def measure(found: Found) -> GateModel:
    """Fit on these cases and print the figures."""
    weights: dict[bool, Weighing] = {}
    figures: list[str] = []
    for embedded, inputs in ((True, "with embeddings"), (False, "words alone")):
        weighings = halves(found, embedded=embedded)
        logits = {named: threshold(found, weighings, named=named) for named in (True, False)}
        figures += report(found, weighings, logits, inputs)
        across(found, embedded=embedded, inputs=inputs)
        weights[embedded] = judged(weighing(found, embedded=embedded), logits)
    told = (
        f"{datetime.now(UTC):%Y-%m-%d}, with cosines of all-MiniLM-L6-v2 (int8), on the project's own pairs, zsRE"
        " as prepared for MEND (MIT), CounterFact (MIT), MQuAKE (MIT), samples of BANKING77 and NLU++ (CC BY 4.0)"
        " and a set of help-desk questions; the figures are two-fold by record"
    )
    return GateModel(fitted=told, figures=tuple(figures), with_embeddings=weights[True], words_alone=weights[False])


if __name__ == "__main__":
    main()
