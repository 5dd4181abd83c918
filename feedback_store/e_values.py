"""Evidence that may be looked at after every observation: e-values.

An e-value is what a bet against a hypothesis has made of a stake of 1. If the hypothesis is true it is expected to stay
at 1 or below, however often and whenever one looks, so that it ever reaches 20 has a probability of at most 1 in 20
(Ville's inequality; Ramdas et al. 2023, "Game-theoretic statistics and safe anytime-valid inference"). A p-value that
is looked at after each observation goes wrong in a quarter of all cases and more (Johari et al. 2017).

Each e-value here spreads its stake evenly over a few bets, so that it need not know beforehand how large the effect is.
"""

from functools import lru_cache
from math import exp, log
from operator import mul
from typing import Final, NamedTuple

ENOUGH: Final = 20.0
"""The e-value at which a hypothesis is given up: in one of 20 cases at most it was true."""
_PLACES: Final = (1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6)
"""Where between the rate in question and 1 the bets lie."""
_BEFORE: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
_STEPS: Final = (0.25, 0.5, 0.75)
"""Rates without, and how far of the way from there to 1 the rate with is."""
_MOST: Final = 700.0
"""exp() of more is no number."""


class Counts(NamedTuple):
    """How often something came out well, and how often not."""

    good: int = 0
    bad: int = 0

    @property
    def total(self) -> int:
        """How often it was judged."""
        return self.good + self.bad


def rate_above(rate: float, counts: Counts) -> float:
    """Return the e-value against "what is good comes at most at this rate".

    Args:
        rate: above 0 and below 1.
        counts: what was observed; `good` is that of which the rate is.

    """
    bets = [rate + (1 - rate) * place for place in _PLACES]
    return _mean([counts.good * log(bet / rate) + counts.bad * log((1 - bet) / (1 - rate)) for bet in bets])


def better_with(treated: Counts, control: Counts, share: float) -> float:
    """Return the e-value against "with it, outcomes are no better than without", under random assignment.

    An outcome y in an arm a earns q(y|a) / (share·q(y|control) + (1 - share)·q(y|treated)): a bet on which arm an
    outcome comes from. Its expectation is 1 where the outcome does not depend on the arm, and below 1 where the arm
    does harm, since each q has the better rate in the treated arm (two-sample e-values: Turner, Ly and Grünwald 2024).

    Args:
        treated: outcomes with it.
        control: outcomes without it.
        share: probability with which a case was assigned to the control arm.

    """
    seen = (treated.good, treated.bad, control.good, control.bad)
    return _mean([sum(map(mul, seen, earned)) for earned in _earned(share)])


@lru_cache(64)
def _earned(share: float) -> tuple[tuple[float, ...], ...]:
    """Return for each bet the logarithms of what a good and a bad outcome earn, treated and in the control arm."""
    bets: list[tuple[float, ...]] = []
    for without in _BEFORE:
        for step in _STEPS:
            with_it = without + (1 - without) * step
            good = share * without + (1 - share) * with_it
            ways = (with_it / good, (1 - with_it) / (1 - good), without / good, (1 - without) / (1 - good))
            bets.append(tuple(map(log, ways)))
    return tuple(bets)


def _mean(logarithms: list[float]) -> float:
    largest = max(logarithms)
    return exp(min(_MOST, largest)) * sum(exp(each - largest) for each in logarithms) / len(logarithms)
