"""How sure a figure is: Wilson's interval of a share, and the paired comparison of two arms."""

from collections.abc import Sequence
from math import comb, sqrt
from typing import Final

import numpy as np

Z: Final = 1.959964
"""Of two-sided 95 %."""
RESAMPLED: Final = 10_000


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); 0 to 1 where nothing was measured."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = share + Z * Z / (2 * n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, (middle - half) / (1 + Z * Z / n)), min(1.0, (middle + half) / (1 + Z * Z / n))


def gain(ours: Sequence[bool], theirs: Sequence[bool]) -> tuple[float, float, float]:
    """Return by how much more of the same items are right in `ours`, with the 95 % interval of a paired bootstrap.

    An item adds 1, 0 or -1, so that drawing items anew is drawing from a multinomial.
    """
    won, lost = _discordant(ours, theirs)
    n = len(ours)
    drawn = np.random.default_rng(1).multinomial(n, [won / n, lost / n, 1 - (won + lost) / n], size=RESAMPLED)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / n, [0.025, 0.975])
    return (won - lost) / n, float(low), float(high)


def mcnemar(ours: Sequence[bool], theirs: Sequence[bool]) -> float:
    """Return the two-sided p of McNemar's exact test: may the items that only one arm got right be chance?"""
    won, lost = _discordant(ours, theirs)
    both = won + lost
    return min(1.0, 2 * sum(comb(both, k) for k in range(min(won, lost) + 1)) / 2**both)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a mean by bootstrap (10,000)."""
    drawn = np.random.default_rng(1).choice(np.asarray(values, dtype=float), (RESAMPLED, len(values)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _discordant(ours: Sequence[bool], theirs: Sequence[bool]) -> tuple[int, int]:
    pairs = list(zip(ours, theirs, strict=True))
    return sum(one and not other for one, other in pairs), sum(other and not one for one, other in pairs)
