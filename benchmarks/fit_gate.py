"""Fits the gate's weights and says how good they are: of questions in scope, how many get the right correction (CI);
of questions with nothing in scope, how many get one all the same (FIR).

Run `python -m benchmarks.fit_gate [--data DIR] [--write]`. Figures are two-fold by record: never of a record that was
fitted. `--write` fits on everything and writes `feedback_store/gate_weights.py`.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.scope_cases import HELPED, Array, Case, cases
from benchmarks.scope_data import scope_sets
from demo.models import MiniLM

Scored = dict[str, list[tuple[Case, float]]]
Shares = dict[str, dict[str, tuple[float, int]]]
SHARE: Final = {"own": 2.0, "help desk": 2.0, "banking77": 0.5, "zsre": 1.0, "counterfact": 1.0}
"""How much a set counts: help desks are what the gate is for; the intents of BANKING77 are wider than a question."""
MEAN_FIR: Final = 0.03
WIDER: Final = ("banking77",)
"""Sets that have no say in the threshold."""
LIMITS: Final = (0.005, 0.01, 0.05)
WRITTEN: Final = Path(__file__).parents[1] / "feedback_store" / "gate_weights.py"


@dataclass(frozen=True)
class Fitted:
    """Weights over features as they are, not standardised."""

    names: list[str]
    weights: Array
    intercept: float

    def scores(self, case: Case) -> Array:
        """Return the logit of each candidate."""
        return _matrix(case.pairs, self.names) @ self.weights + self.intercept


def _matrix(pairs: list[dict[str, float]], names: list[str]) -> Array:
    return np.array([[each[name] for name in names] for each in pairs])


def fit(found: dict[str, list[Case]], *, ridge: float = 1.0) -> Fitted:
    """Fit a logistic model by Newton's method; in every set both classes weigh the same."""
    names = list(next(iter(found.values()))[0].pairs[0])
    rows: list[Array] = []
    truths: list[Array] = []
    importance: list[Array] = []
    for name, each in found.items():
        truth = np.concatenate([case.right for case in each]).astype(float)
        rows.append(np.concatenate([_matrix(case.pairs, names) for case in each]))
        truths.append(truth)
        held = float(truth.sum())
        importance.append(SHARE[name] * 1000 * (truth / held + (1 - truth) / (len(truth) - held)))
    matrix, truth, share = np.concatenate(rows), np.concatenate(truths), np.concatenate(importance)
    middle, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    scaled = np.column_stack([(matrix - middle) / spread, np.ones(len(matrix))])
    penalty = ridge * np.append(np.ones(len(names)), 0)
    solution = np.zeros(len(names) + 1)
    for _ in range(50):
        guess = 1 / (1 + np.exp(-scaled @ solution))
        gradient = scaled.T @ (share * (guess - truth)) + penalty * solution
        curvature = (scaled * (share * guess * (1 - guess))[:, None]).T @ scaled + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        solution -= step
        if np.abs(step).max() < 1e-9:
            break
    weights = solution[:-1] / spread
    return Fitted(names, weights, float(solution[-1] - weights @ middle))


def held_out_scores(found: dict[str, list[Case]]) -> Scored:
    """Score each case by weights that were fitted on the other half of the records.

    The score of a case is the logit of the right candidate where one is in scope, else the highest one.
    """
    halves = [
        fit({name: [case for case in each if case.fold == fold] for name, each in found.items()}) for fold in (0, 1)
    ]
    return {name: [(case, _score(halves[1 - case.fold], case)) for case in each] for name, each in found.items()}


def _score(fitted: Fitted, case: Case) -> float:
    scores = fitted.scores(case)
    if case.kind not in HELPED:
        return float(scores.max())
    return max(scores[case.right].tolist(), default=-np.inf)


def shares(scored: Scored, threshold: float) -> Shares:
    """Return, by set and kind of question, the share that a correction is injected for, and the number of questions."""
    found: Shares = {}
    for name, each in scored.items():
        by_kind: dict[str, list[float]] = {}
        for case, score in each:
            if case.size is None:
                by_kind.setdefault(case.kind, []).append(score)
        found[name] = {kind: (float(np.mean(np.array(s) >= threshold)), len(s)) for kind, s in by_kind.items()}
    return found


def choose_threshold(scored: Scored) -> float:
    """Return the lowest logit at which the mean FIR over sets and kinds of question is at most `MEAN_FIR`."""
    for threshold in np.arange(0, 8, 0.05):
        found = shares(scored, float(threshold))
        wrong = [
            share
            for name, kinds in found.items()
            if name not in WIDER
            for kind, (share, _) in kinds.items()
            if kind not in HELPED
        ]
        if np.mean(wrong) <= MEAN_FIR:
            return float(threshold)
    return 8.0


def report(scored: Scored, threshold: float, inputs: str) -> None:
    """Print the figures as JSON lines."""
    for name, kinds in shares(scored, threshold).items():
        for kind, (share, n) in kinds.items():
            metric = "CI" if kind in HELPED else "FIR"
            _print(case=f"{name}, {kind}, {inputs}", metric=metric, value=round(share, 4), n=n)
        whole = [(case.kind, score) for case, score in scored[name] if case.size is None]
        right = np.array([score for kind, score in whole if kind == "in scope"])
        wrong = np.array([score for kind, score in whole if kind not in HELPED])
        for limit in LIMITS:
            value = float((right > float(np.quantile(wrong, 1 - limit))).mean())
            _print(case=f"{name}, {inputs}", metric=f"CI at FIR {limit:.1%}", value=round(value, 4), n=len(right))


def _print(**line: object) -> None:
    print(json.dumps({"bench": "fit_gate", **line}))


def write(fitted: dict[str, tuple[Fitted, float, Shares]]) -> None:
    """Write the module of weights, with where they come from and how good they are."""
    lines = [
        '"""The weights of the gate, written by `python -m benchmarks.fit_gate --write`: do not edit.',
        "",
        f"Fitted on {datetime.now(UTC):%Y-%m-%d} with cosines of all-MiniLM-L6-v2 (int8) on the project's own pairs,",
        "zsRE as prepared for MEND (MIT), CounterFact (MIT), BANKING77 and NLU++ samples (CC BY 4.0) and a set of",
        "help-desk questions. The figures are two-fold by record: the share of questions that get the right correction",
        "(CI) or a wrong one (FIR).",
        '"""',
        "",
        "from typing import Final",
    ]
    for constant, (model, threshold, found) in fitted.items():
        lines.append("")
        for name, kinds in found.items():
            told = (f"{'CI' if kind in HELPED else 'FIR'} {kind} {share:.3f}" for kind, (share, _) in kinds.items())
            lines.append(f"# {name}: {', '.join(told)}")
        lines.append(f"{constant}: Final = {{")
        lines += [f'    "{name}": {weight:.4f},' for name, weight in zip(model.names, model.weights, strict=True)]
        lines += ["}", f"{constant}_INTERCEPT: Final = {model.intercept:.4f}"]
        lines.append(f"{constant}_THRESHOLD: Final = {1 / (1 + np.exp(-threshold)):.4f}")
    WRITTEN.write_text("\n".join(lines) + "\n", encoding="utf-8")


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
    fitted: dict[str, tuple[Fitted, float, Shares]] = {}
    for constant, embedded in (("WITH_EMBEDDINGS", True), ("WORDS_ALONE", False)):
        found = {each.name: list(cases(each, model, embedded=embedded)) for each in sets}
        scored = held_out_scores(found)
        threshold = choose_threshold(scored)
        report(scored, threshold, constant.casefold().replace("_", " "))
        fitted[constant] = fit(found), threshold, shares(scored, threshold)
    if options.write:
        write(fitted)


if __name__ == "__main__":
    main()
