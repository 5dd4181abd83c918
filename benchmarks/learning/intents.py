"""CLINC150: does a note about an intent reach the requests of that intent, and no others?"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from benchmarks.learning.arms import Recall
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, said
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import correction, teach

SUITE: Final = "clinc"
LIMITS: Final = (0.01, 0.05, 0.08)


def run(results: Results, rows: Sequence[Row], setup: Setup) -> list[tuple[float, float]]:
    """Measure CI and FIR, and CI at given FIRs; returns the curve of (FIR, CI)."""
    notes = {
        (note := _note(row)).event_id: (note, said(row, "intent")) for row in rows if said(row, "split") == "memory"
    }
    queries = [row for row in rows if said(row, "split") == "query" and said(row, "text")]
    with setup.opened() as store:
        teach(store, [note for note, _ in notes.values()])
        asking = setup.asking(store, "")
        found = [(row, asking.recall(said(row, "text"))) for row in queries]
    intents = {event_id: intent for event_id, (_, intent) in notes.items()}
    case = f"{len(notes)} notes on {len(set(intents.values()))} intents"
    inside = [(said(row, "intent"), recall) for row, recall in found if row.get("in_scope")]
    outside = [recall for row, recall in found if not row.get("in_scope")]
    told = [(intent, [intents[used] for used in recall.used]) for intent, recall in inside]
    results.sheet(SUITE, case).share("A3", "CI", [intent in each for intent, each in told])
    results.sheet(SUITE, case).share("A3", "right intent first", [each[:1] == [intent] for intent, each in told])
    results.sheet(SUITE, case).share(
        "A3", "another intent injected too", [bool({*each} - {intent}) for intent, each in told]
    )
    results.sheet(SUITE, case).share("A3", "FIR", [bool(recall.used) for recall in outside])
    near = [[intents[each.candidate.known.id] for each in recall.verdicts] for _, recall in inside]
    for depth in (1, 5):
        hits = [intent in each[:depth] for (intent, _), each in zip(inside, near, strict=True)]
        results.sheet(SUITE, case).share("A2", f"recall@{depth}", hits)
    return _curve(results, case, inside, outside, intents)


def _note(row: Row):
    return correction(said(row, "text"), guidance=f"note about {said(row, 'intent')}", type="rule")


def _curve(
    results: Results,
    case: str,
    inside: Sequence[tuple[str, Recall]],
    outside: Sequence[Recall],
    intents: dict[str, str],
) -> list[tuple[float, float]]:
    wrong = np.array([recall.highest() for recall in outside])
    right = np.array(
        [
            max((v.probability for v in recall.verdicts if intents[v.candidate.known.id] == intent), default=0.0)
            for intent, recall in inside
        ]
    )
    if not len(wrong) or not len(right):
        return []
    for limit in LIMITS:
        hits = right > np.quantile(wrong, 1 - limit, method="higher")
        results.sheet(SUITE, case).share("A3", f"CI at FIR {limit:.1%}", hits.tolist())
    thresholds = np.unique(np.concatenate([wrong, right, [2.0]]))[::-1]
    return [(float((wrong >= each).mean()), float((right >= each).mean())) for each in thresholds]
