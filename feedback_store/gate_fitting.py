"""Fits the weights of the gate on judged pairs: logistic regression by Newton's method, with a Gaussian prior.

The prior stands at zero, or at weights that are known already: few pairs then move them a little, many a lot (maximum a
posteriori, Bishop 2006, section 4.5).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from feedback_store.gate_model import Weights

Array = NDArray[np.float64]
ROUNDS = 50
EXACT = 1e-9


def fit(
    pairs: Sequence[Mapping[str, float]],
    right: Sequence[bool],
    names: Sequence[str],
    *,
    importance: Sequence[float] | None = None,
    ridge: float = 1.0,
    around: Weights | None = None,
) -> Weights:
    """Fit weights.

    Args:
        pairs: the features of each pair, by name.
        right: whether each pair is in scope.
        names: the features to weigh.
        importance: how much each pair counts; by default 1.
        ridge: how strongly weights are held where the prior has them.
        around: the weights at which the prior stands; by default 0. Its threshold is kept.

    Returns:
        The weights; without `around`, the threshold is 0.5.

    Raises:
        ValueError: there is no pair of one of the two kinds.

    """
    truth = np.array(right, dtype=float)
    if not 0 < truth.sum() < len(truth):
        msg = f"a gate is fitted on pairs in scope and pairs that are not, given {int(truth.sum())} of {len(truth)}"
        raise ValueError(msg)
    matrix = np.array([[each[name] for name in names] for each in pairs])
    share = np.ones(len(truth)) if importance is None else np.array(importance, dtype=float)
    middle, spread = (matrix.mean(axis=0), matrix.std(axis=0) + EXACT) if around is None else (0.0, np.ones(len(names)))
    scaled = np.column_stack([(matrix - middle) / spread, np.ones(len(matrix))])
    prior = np.zeros(len(names) + 1)
    penalty = ridge * np.append(np.ones(len(names)), 0.0)
    if around is not None:
        prior = np.array([*(around.weights.get(name, 0.0) for name in names), around.intercept])
        penalty = ridge * np.ones(len(names) + 1)
    solution = _newton(scaled, truth, share, prior, penalty)
    weights = solution[:-1] / spread
    return Weights(
        weights=dict(zip(names, weights.round(4).tolist(), strict=True)),
        intercept=round(float(solution[-1] - np.sum(weights * middle)), 4),
        threshold=0.5 if around is None else around.threshold,
    )


def _newton(scaled: Array, truth: Array, share: Array, prior: Array, penalty: Array) -> Array:
    """Go down to the one lowest point, by whole steps, or by parts of them where the whole leads too far."""

    def loss(solution: Array) -> float:
        logits = scaled @ solution
        return float(share @ (np.logaddexp(0, logits) - truth * logits) + penalty @ (solution - prior) ** 2 / 2)

    solution = prior.copy()
    for _ in range(ROUNDS):
        guess = 1 / (1 + np.exp(-np.clip(scaled @ solution, -500, 500)))
        gradient = scaled.T @ (share * (guess - truth)) + penalty * (solution - prior)
        curvature = (scaled * (share * guess * (1 - guess))[:, None]).T @ scaled + np.diag(penalty)
        step = np.linalg.solve(curvature + EXACT * np.eye(len(prior)), gradient)
        whole, before = 1.0, loss(solution)
        while whole > EXACT and loss(solution - whole * step) > before:
            whole /= 2
        solution = solution - whole * step
        if whole * np.abs(step).max() < EXACT:
            break
    return solution
