"""Each question of a scope set against stores of several sizes, as the gate would see it."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scope_data import Asked, Kind, ScopeSet
from demo.models import MiniLM
from feedback_store.events import Correction
from feedback_store.gate import pairs
from feedback_store.scoping import CANDIDATES
from feedback_store.standing import KnownCorrection
from feedback_store.store import Candidate

Array = NDArray[np.float64]
Places = NDArray[np.int_]
HELPED: Final = ("in scope", "verbatim")
"""The kinds of question for which a correction is in scope."""
STORE_SIZES: Final = (None, 1, 3, 10)
"""None is the whole set; the small ones teach the gate not to lean on there being a better candidate."""
TOP: Final = 5
"""So many of the candidates are looked at: the one in scope is nearly always among them."""


@dataclass(frozen=True)
class Case:
    """A question against the candidates of one store."""

    fold: int
    size: int | None
    kind: Kind
    right: NDArray[np.bool_]
    pairs: list[dict[str, float]]


def cases(given: ScopeSet, model: MiniLM) -> Iterator[Case]:
    """Yield each question against stores of several sizes, and each question in scope with its record left out."""
    chance = random.Random(7)
    candidates = [Candidate(known=_known(each.key, each.question, each.right)) for each in given.stored]
    keys = np.array([each.key for each in given.stored])
    subjects = np.array([each.subject or each.key for each in given.stored])
    subject_of = dict(zip(keys.tolist(), subjects.tolist(), strict=True))
    questions = np.array(model.embed_documents([each.question for each in given.stored]))
    answered = np.array(model.embed_documents([f"{each.question}\n{each.right}" for each in given.stored]))
    every = [*given.asked, *(Asked(each.key, each.question, "verbatim") for each in given.stored)]
    for asked, vector in zip(every, model.embed_documents([each.text for each in every]), strict=True):
        near = np.maximum(questions @ vector, answered @ vector)
        for kind in _kinds(asked):
            wanted = keys == asked.key
            about = subjects == subject_of.get(asked.key)
            usable = np.flatnonzero(~about) if kind == "left out" else np.arange(len(keys))
            for size in STORE_SIZES:
                held = usable if size is None else _sample(usable, wanted, near, size, chance)
                best = sorted(held.tolist(), key=lambda place: -near[place])[:CANDIDATES]
                found = [_near(candidates[place], float(near[place])) for place in best]
                right = wanted[best[:TOP]] & (kind in HELPED)
                yield Case(fold_of(asked.key), size, kind, right, pairs(asked.text, found)[:TOP])


def _kinds(asked: Asked) -> Sequence[Kind]:
    return ("in scope", "left out") if asked.kind == "in scope" else (asked.kind,)


def _near(candidate: Candidate, similarity: float) -> Candidate:
    return candidate.model_copy(update={"similarity": similarity})


def _sample(usable: Places, wanted: NDArray[np.bool_], near: Array, size: int, chance: random.Random) -> Places:
    """Choose a small store that holds the record asked about, or else the one most easily mistaken for it."""
    there = [place for place in usable if wanted[place]]
    first = max(there or usable, key=lambda place: near[place])
    rest = [place for place in usable if place != first and not wanted[place]]
    return np.array([first, *chance.sample(rest, min(len(rest), size - 1))])


def _known(key: str, question: str, right: str) -> KnownCorrection:
    correction = Correction(session_id="s", question=question, corrected=right or key)
    return KnownCorrection(correction=correction, updated_at=correction.created_at)


def fold_of(key: str) -> int:
    """Return in which half a record is, 0 or 1."""
    return hashlib.sha256(key.encode()).digest()[0] % 2
