"""A team's own judged pairs, and a gate that is fitted on them: a question, a correction, and whether it was in scope.

They come from a file, or from what readers said: an answer that used a correction and was found good had it in scope;
one on which "not right here" was said had not.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from feedback_store import gate_fitting
from feedback_store.events import Rating, Turn
from feedback_store.gate import pairs as features_of
from feedback_store.gate_model import HAS_NAMES, NEARNESS, GateModel, Weighing, Weights
from feedback_store.limits import Id, Text
from feedback_store.outcome import DISPUTE
from feedback_store.scoping import CANDIDATES
from feedback_store.standing import standing_ratings
from feedback_store.store import FeedbackStore, Scope

GOOD: Final = 0.5
"""A verdict above this says that the answer was right, and so that its correction belonged there."""
FEW: Final = 10
"""Pairs of each kind without which the weights stay as they are."""


class JudgedPair(BaseModel):
    """A question, the event id of a correction, and whether that correction was in scope for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    question: Text
    correction: Id
    in_scope: bool


def read_pairs(path: Path) -> list[JudgedPair]:
    """Read pairs from a file of JSON lines: {"question": "…", "correction": "an event id", "in_scope": true}.

    Raises:
        ValueError: a line is no such pair.

    """
    found: list[JudgedPair] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found += [JudgedPair.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            told = json.dumps({"question": "…", "correction": "an event id", "in_scope": True}, ensure_ascii=False)
            msg = f"line {number} of {path} is no judged pair, such as {told}: {error.errors()[0]['msg']}"
            raise ValueError(msg) from error
    return found


def judged_by_readers(store: FeedbackStore) -> list[JudgedPair]:
    """Return what readers said of the corrections that their answers used."""
    used = {turn.turn_id: turn for turn in store.turns() if turn.correction_ids}
    ratings = standing_ratings(store.events(kinds=["rating", "review"], turn_ids=sorted(used))) if used else {}
    verdicts: dict[tuple[str, str], bool] = {}
    for rating in sorted(
        ratings.values(), key=lambda one: one.key.startswith(DISPUTE)
    ):  # what is said of one counts more
        for correction in _meant(rating, used.get(rating.turn_id or "")):
            verdicts[used[str(rating.turn_id)].prompt, correction] = not rating.key.startswith(DISPUTE)
    return [JudgedPair(question=asked, correction=about, in_scope=said) for (asked, about), said in verdicts.items()]


def _meant(rating: Rating, turn: Turn | None) -> Iterable[str]:
    """Return the corrections of which a rating says something: that an answer is bad says nothing of their place."""
    if turn is None or rating.score is None:
        return ()
    if rating.key.startswith(DISPUTE):
        return [rating.key.removeprefix(DISPUTE)] if rating.score < GOOD else []
    return turn.correction_ids if rating.score > GOOD else ()


def refit(model: GateModel, store: FeedbackStore, judged: Sequence[JudgedPair]) -> tuple[GateModel, dict[str, int]]:
    """Fit the weights anew on judged pairs, around those of `model`: few pairs move them a little, many a lot.

    Args:
        model: the weights to begin with.
        store: where the corrections are, with the embedding model that the gate is for; without one, only the weights
            for words alone are fitted.
        judged: the pairs; those whose correction the store does not find for the question any more are passed over.

    Returns:
        The new weights, and how many pairs each kind of them was fitted on. Kinds with fewer than 10 pairs in scope or
        out of scope stay as they were.

    """
    rows = [(row, pair.in_scope) for pair in judged if (row := _row(store, pair)) is not None]
    counts: dict[str, int] = {}

    def weighing(name: str, old: Weighing, *, embedded: bool) -> Weighing:
        new: dict[str, Weights] = {}
        for kind, weights in (("named", old.named), ("unnamed", old.unnamed)):
            ours = [
                (row, said)
                for row, said in rows
                if (NEARNESS[0] in row) == embedded and bool(row[HAS_NAMES]) == (kind == "named")
            ]
            right = sum(said for _, said in ours)
            enough = min(right, len(ours) - right) >= FEW
            counts[f"{name}, {kind}"] = len(ours) if enough else 0
            new[kind] = _around(weights, ours) if enough else weights
        return Weighing(named=new["named"], unnamed=new["unnamed"])

    fitted = model.model_copy(
        update={
            "fitted": f"{model.fitted}; then on {len(rows)} judged pairs of an own store",
            "figures": (),
            "with_embeddings": weighing("with embeddings", model.with_embeddings, embedded=True),
            "words_alone": weighing("words alone", model.words_alone, embedded=False),
        }
    )
    return fitted, counts


def _around(weights: Weights, rows: Sequence[tuple[dict[str, float], bool]]) -> Weights:
    pairs, right = [row for row, _ in rows], [said for _, said in rows]
    return gate_fitting.fit(pairs, right, list(weights.weights), around=weights)


def _row(store: FeedbackStore, pair: JudgedPair) -> dict[str, float] | None:
    """Return the features of a pair as the gate would see them for the correction's own author."""
    known = next(iter(store.corrections(event_ids=[pair.correction])), None)
    if known is None:
        return None
    scope = Scope(user_id=known.correction.user_id, tenant=known.correction.tenant)
    candidates = store.similar_corrections(pair.question, scope=scope, limit=CANDIDATES)
    rows = zip(candidates, features_of(pair.question, candidates), strict=True)
    return next((row for one, row in rows if one.known.id == pair.correction), None)
