"""MQuAKE: a question that follows from several corrections at once. Are all of them found, and in order?

Without a model to take the question apart: each round asks the store for the question together with the answer of the
last hop, and goes on with the nearest correction that speaks of that answer; the first hop is the nearest whose names
all stand in the question itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.learning.arms import READER
from benchmarks.learning.matching import same
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, named, said
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import correction, teach
from feedback_store.events import Correction
from feedback_store.pair_features import missing, topic_words
from feedback_store.recall import CorrectionMemory
from feedback_store.store import Candidate, FeedbackStore
from feedback_store.words import words

ROUNDS: Final = 4
CANDIDATES: Final = 50
SINGLE_SHOT: Final = 8
_NAME: Final = re.compile(r"[A-Z0-9][\w'.&-]*(?:\s+(?:(?:of|the|de|and|in|for)\s+)*[A-Z0-9][\w'.&-]*)*")
SUITE: Final = "mquake"


@dataclass(frozen=True)
class Chain:
    """A question, the corrections that it follows from in order, and the names of its answer."""

    questions: tuple[str, ...]
    hops: tuple[str, ...]
    answers: tuple[str, ...]


def chains(rows: Sequence[Row]) -> tuple[list[Chain], list[tuple[str, str]]]:
    """Read the rows; returns chains, and every (question, answer) to teach, each question once.

    A question that is corrected in two ways is a fault of the data set; the first way stays, and chains that need the
    other are dropped.
    """
    facts: dict[str, str] = {}
    found: list[Chain] = []
    for row in rows:
        edits = [(said(edit, "question", "cloze"), said(edit, "target_new")) for edit in row.get("edits") or ()]
        if not edits or any(facts.get(question, answer) != answer for question, answer in edits):
            continue
        facts |= dict(edits)
        answers = tuple(named(row, "answer_after", "answer_after_alias"))
        found.append(Chain(tuple(named(row, "multihop_questions")), tuple(question for question, _ in edits), answers))
    return found, list(facts.items())


def run(results: Results, rows: Sequence[Row], setup: Setup) -> None:
    """Measure, for each question of each chain: one look-up, the gate, and chained look-ups."""
    found, facts = chains(rows)
    case = f"{len(facts)} facts"
    with setup.opened() as store:
        teach(store, [correction(question, corrected=answer) for question, answer in facts])
        memory = CorrectionMemory(store)
        asked = [(chain, question) for chain in found for question in chain.questions]
        once = [_first(store, question, SINGLE_SHOT) for _, question in asked]
        hit = [set(chain.hops) <= {each.question for each in one} for (chain, _), one in zip(asked, once, strict=True)]
        results.sheet(SUITE, case).share("A2", f"all hops in the top {SINGLE_SHOT}", hit)
        gated = [{each.known.correction.question for each in memory.recall(q, scope=READER)} for _, q in asked]
        hit = [set(chain.hops) <= one for (chain, _), one in zip(asked, gated, strict=True)]
        results.sheet(SUITE, case).share("A3", "all hops through the gate at once", hit)
        walked = [chained(store, question) for _, question in asked]
    pairs = list(zip(asked, walked, strict=True))
    paths = [[each.question for each in path] for path in walked]
    all_hops = [list(chain.hops) == path[: len(chain.hops)] for (chain, _), path in zip(asked, paths, strict=True)]
    results.sheet(SUITE, case).share("A3", "all hops retrieved", all_hops)
    first = [bool(path) and path[0] == chain.hops[0] for (chain, _), path in zip(asked, paths, strict=True)]
    results.sheet(SUITE, case).share("A3", "first hop retrieved", first)
    reached = [bool(path) and same(path[-1].corrected, chain.answers) for (chain, _), path in pairs]
    results.sheet(SUITE, case).share("A3", "answer", reached)
    chosen = [any(each) for each in _by_chain(found, reached)]
    results.sheet(SUITE, case).share("A3", "answer, one of the three wordings", chosen)


def chained(store: FeedbackStore, question: str) -> list[Correction]:
    """Return the corrections from which the answer to `question` follows, in order; at most one a round."""
    path: list[Correction] = []
    told = words(question)
    for _ in range(ROUNDS):
        if path:
            answer = path[-1].corrected
            near = [each for each in _near(store, f"{answer} {question}") if _speaks_of(each, answer)]
        else:
            near = [each for each in _near(store, question) if _all_named(each, told)]
        near = [each for each in near if each.known.correction not in path]
        if not near:
            break
        path.append(max(near, key=lambda each: _fit(each, question, path)).known.correction)
    return path


def _near(store: FeedbackStore, query: str) -> list[Candidate]:
    return store.similar_corrections(query, scope=READER, limit=CANDIDATES)


def _first(store: FeedbackStore, question: str, depth: int) -> list[Correction]:
    return [each.known.correction for each in store.similar_corrections(question, scope=READER, limit=depth)]


def _speaks_of(candidate: Candidate, answer: str) -> bool:
    about, name = words(candidate.known.correction.question), words(answer)
    return bool(name) and f" {' '.join(name)} " in f" {' '.join(about)} "


def _all_named(candidate: Candidate, told: Sequence[str]) -> bool:
    """Tell whether every name in a stored question stands in the question asked."""
    about = candidate.known.correction.question
    names = [found.group() for found in _NAME.finditer(about) if found.start() > 0]
    return bool(names) and all(f" {' '.join(words(name))} " in f" {' '.join(told)} " for name in names)


def _fit(candidate: Candidate, question: str, path: Sequence[Correction]) -> tuple[float, float]:
    """Rank by the words of the relation that the question has too, then by nearness."""
    spent = words(" ".join(each.corrected for each in path))
    relation = {word for word in topic_words(candidate.known.correction.question) if word not in spent}
    shared = 1 - len(missing(relation, words(question))) / len(relation) if relation else 0.0
    return shared, candidate.similarity or 0.0


def _by_chain(found: Sequence[Chain], reached: Sequence[bool]) -> list[list[bool]]:
    left = list(reached)
    grouped: list[list[bool]] = []
    for chain in found:
        grouped.append(left[: len(chain.questions)])
        left = left[len(chain.questions) :]
    return grouped
