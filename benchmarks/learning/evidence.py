"""LongMemEval: is what a person once said found among everything that everybody said?

Every sentence of all conversations lies in one store, as a note with its whole turn; a turn is as near as the nearest
of its notes: by the store's cosine, plus a share of its score by words. The look-up is the store's own, not the gate's:
a question about one's past is no question that a correction is about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.learning.arms import READER
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, said
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import correction, teach
from feedback_store.events import Correction
from feedback_store.limits import MAX_NOTE
from feedback_store.store import FeedbackStore

SUITE: Final = "longmemeval"
DEPTHS: Final = (1, 5, 10)
CANDIDATES: Final = 100
WORDS: Final = 0.3
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Wanted:
    """A question with the places of its evidence among all turns."""

    question: str
    kind: str
    gold: frozenset[int]


def pool(rows: Sequence[Row]) -> tuple[list[Wanted], list[str]]:
    """Return the questions, and every turn; equal turns are one."""
    turns: dict[str, int] = {}
    wanted: list[Wanted] = []
    for row in rows:
        gold: set[int] = set()
        for session in row.get("evidence") or ():
            date = said(session, "date")
            each: dict[str, Any]
            for each in session.get("turns") or ():
                if content := said(each, "content"):
                    gold.add(turns.setdefault(f"{date}\n{content}", len(turns)))
        if gold and said(row, "question") and not row.get("is_abstention"):
            wanted.append(Wanted(said(row, "question"), said(row, "question_type") or "unknown", frozenset(gold)))
    return wanted, list(turns)


def run(results: Results, rows: Sequence[Row], setup: Setup) -> None:
    """Measure how many questions find a gold turn among the nearest 5, and all of them among the nearest 10."""
    wanted, turns = pool(rows)
    with setup.opened() as store:
        notes = [(note, place) for place, turn in enumerate(turns) for note in _notes(turn)]
        teach(store, [note for note, _ in notes])
        places = {note.event_id: place for note, place in notes}
        found = [nearest(store, each.question, places) for each in wanted]
    case = f"{len(turns)} turns"
    for depth in DEPTHS:
        any_gold = [bool(each.gold & set(near[:depth])) for each, near in zip(wanted, found, strict=True)]
        all_gold = [each.gold <= set(near[:depth]) for each, near in zip(wanted, found, strict=True)]
        results.sheet(SUITE, case).share("A3", f"recall@{depth}, any", any_gold)
        results.sheet(SUITE, case).share("A3", f"all gold@{depth}", all_gold)
    for kind in dict.fromkeys(each.kind for each in wanted):
        hits = [bool(each.gold & set(near[:5])) for each, near in zip(wanted, found, strict=True) if each.kind == kind]
        results.sheet(SUITE, f"{case}, {kind}").share("A3", "recall@5, any", hits)


def nearest(store: FeedbackStore, question: str, places: dict[str, int]) -> list[int]:
    """Return the places of the turns nearest to a question, the nearest first, each once."""
    found = store.similar_corrections(question, scope=READER, limit=CANDIDATES)
    best = max((each.text_score or 0.0 for each in found), default=0.0) or 1.0
    near: dict[int, float] = {}
    for each in found:
        place = places[each.known.id]
        score = (each.similarity or 0.0) + WORDS * (each.text_score or 0.0) / best
        near[place] = max(near.get(place, score), score)
    return sorted(near, key=lambda place: -near[place])


def _notes(turn: str) -> list[Correction]:
    date, _, content = turn.partition("\n")
    about = {"said on": date or "unknown"}
    sentences = [each for each in _SENTENCE.split(content) if each.strip()]
    return [correction(each, guidance=content[:MAX_NOTE], metadata=about) for each in sentences]
