"""What the gate does, without a model: right injections (CI), wrong ones (FIR) by kind of question, and retrieval."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from benchmarks.learning.edits import HELPED, Outcome
from benchmarks.learning.results import Sheet

LIMITS: Final = (0.005, 0.01, 0.05)
DEPTHS: Final = (1, 5, 20)


def report(sheet: Sheet, found: Sequence[Outcome]) -> None:
    """Report the figures of one store."""
    for kind in HELPED:
        each = [one for one in found if one.probe.kind == kind]
        sheet.share("A3", f"CI, {kind}", [one.hit for one in each])
        sheet.share("A3", f"CI, {kind}, nothing else", [one.hit and len(one.used) == 1 for one in each])
        for depth in DEPTHS:
            hits = [one.rank is not None and one.rank <= depth for one in each]
            sheet.share("A3", f"recall@{depth}, {kind}", hits)
    wrong = [one for one in found if one.probe.kind not in HELPED]
    for kind in dict.fromkeys(one.probe.kind for one in wrong):
        injected = [bool(one.used) for one in wrong if one.probe.kind == kind]
        sheet.share("A3", f"FIR, {kind}", injected)
    sheet.share("A3", "FIR", [bool(one.used) for one in wrong])
    for limit, value, n in at_limits(found):
        sheet.share("A3", f"CI at FIR {limit:.1%}", [True] * value + [False] * (n - value))


def at_limits(found: Sequence[Outcome]) -> list[tuple[float, int, int]]:
    """Return (limit, hits, n): how many of n paraphrases get the right correction at a FIR on the hard questions."""
    hard = np.array([one.highest for one in found if one.probe.kind in ("sibling", "left out")])
    right = np.array([one.right for one in found if one.probe.kind == "paraphrase"])
    if not len(hard) or not len(right):
        return []
    return [(limit, int((right > np.quantile(hard, 1 - limit, method="higher")).sum()), len(right)) for limit in LIMITS]


def curve(found: Sequence[Outcome]) -> list[tuple[float, float]]:
    """Return (FIR, CI) over every threshold, FIR on the hard questions and CI on the paraphrases."""
    hard = np.array([one.highest for one in found if one.probe.kind in ("sibling", "left out")])
    right = np.array([one.right for one in found if one.probe.kind == "paraphrase"])
    if not len(hard) or not len(right):
        return []
    thresholds = np.unique(np.concatenate([hard, right, [2.0]]))[::-1]
    return [(float((hard >= each).mean()), float((right >= each).mean())) for each in thresholds]
