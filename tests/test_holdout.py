"""The hold-out: who goes without corrections, how it is told, and what it proves; false alarms are counted."""

from typing import Any

import numpy as np
import pytest

from feedback_store.e_values import ENOUGH, Counts, better_with, rate_above
from feedback_store.events import Turn
from feedback_store.holdout import SHOWN, WITHHELD, lift, withholds
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.store import Scope
from tests.records import a_correction, a_rating, a_review, a_turn

QUESTION = "How long do refunds take?"
BOB, ANN = Scope(user_id="bob", tenant="default"), Scope(user_id="ann", tenant="default")
TURNS = [f"turn-{n}" for n in range(4_000)]


def a_memory(holdout: float, **fields: Any) -> CorrectionMemory:
    store = MemoryStore()
    correction = a_correction(**fields)
    store.append([correction, a_review(correction)])
    return CorrectionMemory(store, holdout=holdout)


def test_the_draw_is_the_same_for_the_same_turn_and_hits_the_share_asked_for() -> None:
    drawn = [withholds(turn_id, 0.05) for turn_id in TURNS]
    assert drawn == [withholds(turn_id, 0.05) for turn_id in TURNS]
    assert 0.035 < np.mean(drawn) < 0.065
    assert not any(withholds(turn_id, 0) for turn_id in TURNS)
    assert all(withholds(turn_id, 1) for turn_id in TURNS)


def test_off_by_default_and_without_a_turn_nothing_is_held_back() -> None:
    assert len(a_memory(0).recall(QUESTION, scope=BOB, turn_id="t")) == 1
    assert len(a_memory(1).recall(QUESTION, scope=BOB)) == 1
    assert a_memory(0).recollect(QUESTION, scope=BOB, turn_id="t").tags == ()


def test_a_turn_that_goes_without_says_so_and_names_what_was_held_back() -> None:
    found = a_memory(1).recollect(QUESTION, scope=BOB, turn_id="t")
    assert (found.recalled, len(found.withheld), found.tags) == ((), 1, (WITHHELD,))
    assert a_memory(1).recall(QUESTION, scope=BOB, turn_id="t") == []
    shown = next(turn_id for turn_id in TURNS if not withholds(turn_id, 0.5))
    found = a_memory(0.5).recollect(QUESTION, scope=BOB, turn_id=shown)
    assert (len(found.recalled), found.withheld, found.tags) == (1, (), (SHOWN,))


def test_a_turn_with_nothing_in_scope_takes_no_part() -> None:
    assert a_memory(1).recollect("Do you sell tents?", scope=BOB, turn_id="t").tags == ()


def test_a_persons_own_correction_and_a_boundary_are_never_held_back() -> None:
    for memory, scope in ((a_memory(1), ANN), (a_memory(1, type="boundary"), BOB)):
        found = memory.recollect(QUESTION, scope=scope, turn_id="t")
        assert (len(found.recalled), found.withheld, found.tags) == (1, (), ())


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        CorrectionMemory(MemoryStore(), holdout=share)


def test_the_lift_is_the_difference_of_the_rates_of_good_ratings() -> None:
    def answered(tag: str, scores: list[float]) -> tuple[list[Turn], list[Any]]:
        turns = [a_turn(tags=("other", tag)) for _ in scores]
        return turns, [a_rating(turn_id=one.turn_id, score=score) for one, score in zip(turns, scores, strict=True)]

    shown, withheld, others = answered(SHOWN, [1, 1, 1, 0]), answered(WITHHELD, [1, 0]), answered("x", [0, 0])
    turns = [*shown[0], *withheld[0], *others[0], a_turn(tags=(SHOWN,))]
    ratings = [*shown[1], *withheld[1], *others[1]]
    ratings += [a_rating(turn_id=shown[0][0].turn_id, score=0.2, key="tone"), a_rating(session_id="whole", score=0)]
    ratings += [a_rating(turn_id=shown[0][1].turn_id, score=0, key="correction:c1")]
    found = lift(turns, ratings, share=0.5)
    assert (found.shown, found.withheld, found.lift) == (Counts(3, 1), Counts(1, 1), 0.25)
    assert not found.is_shown
    assert lift([], [], share=0.5).lift is None


def streams(treated: float, control: float, share: float, *, seed: int, length: int = 200) -> list[float]:
    """Return, of 1,000 streams, the greatest evidence that somebody sees who looks after every rating."""
    chance = np.random.default_rng(seed)
    greatest: list[float] = []
    for _ in range(1_000):
        counts = {True: [0, 0], False: [0, 0]}
        best = 0.0
        for held_back in chance.random(length) < share:
            good = chance.random() < (control if held_back else treated)
            counts[bool(held_back)][0 if good else 1] += 1
            best = max(best, better_with(Counts(*counts[False]), Counts(*counts[True]), share))
        greatest.append(best)
    return greatest


@pytest.mark.parametrize(("rate", "share"), [(0.8, 0.05), (0.5, 0.2)])
def test_where_corrections_do_nothing_at_most_one_look_in_twenty_streams_says_that_they_help(
    rate: float, share: float
) -> None:
    assert sum(best >= ENOUGH for best in streams(rate, rate, share, seed=11)) <= 50


def test_where_corrections_do_harm_hardly_any_says_that_they_help() -> None:
    assert sum(best >= ENOUGH for best in streams(0.5, 0.8, 0.2, seed=12, length=100)) <= 10


def test_where_corrections_help_a_lot_it_is_shown() -> None:
    assert sum(best >= ENOUGH for best in streams(0.9, 0.4, 0.2, seed=13, length=150)) > 900


def test_evidence_stays_a_number_however_much_there_is() -> None:
    assert 1e200 < rate_above(0.5, Counts(10**6, 0)) < float("inf")
    assert 1e200 < better_with(Counts(10**6, 0), Counts(0, 10**6), 0.5) < float("inf")
    assert rate_above(0.5, Counts()) == pytest.approx(1)
    assert better_with(Counts(), Counts(), 0.05) == pytest.approx(1)
