"""What the store keeps when the power fails at any sync, while it drains, tidies, erases, rebuilds or is opened."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from feedback_store import lance_keeper, lance_upkeep
from feedback_store.lancedb import LanceStore
from tests.embeddings import TrigramEmbeddings
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.torture_unsynced import Told, Unsynced

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what was synced is read from /proc")
SEED = os.environ.get("TORTURE_SEED", "1")
"""Of the dice: which syncs, and which harm."""
EVERY = 40
"""A copy is taken at one of so many syncs."""
OLD = datetime(2026, 1, 31, tzinfo=UTC)


def open_store(folder: Path) -> LanceStore:
    return LanceStore(folder, embeddings=TrigramEmbeddings(), freshness=timedelta(milliseconds=20), small_files=3)


class Life:
    """A store in use, with what must be there after a loss of power and what must not."""

    def __init__(self, folder: Path, told: Told) -> None:
        self.folder = folder
        self.told = told
        self.store = open_store(folder)

    def append(self, number: int) -> None:
        """Append records of one who stays and of one who leaves."""
        for user, kept in (("ann", True), ("leaver", False)):
            name = f"{user}-{number}"
            correction = a_correction(event_id=f"c-{name}", user_id=user, question=f"What of {name}?")
            records = [
                a_turn(turn_id=f"t-{name}", user_id=user, status="asked"),
                a_rating(event_id=f"r-{name}", user_id=user, session_id=user),
                correction,
                a_review(correction, event_id=f"v-{name}", session_id=user),
            ]
            stored = self.store.append(records).stored
            if kept:
                self.told.there.update(stored)

    def erase(self) -> None:
        gone = {event.event_id for event in self.store.events(user_id="leaver")}
        self.store.erase(user_id="leaver")
        self.told.gone.update(gone)


def check(folder: Path, told: Told) -> None:
    store = open_store(folder)
    try:
        for _ in range(2):
            ids = [turn.turn_id for turn in store.turns()] + [event.event_id for event in store.events()]
            assert told.there - {*ids} == set()
            assert told.gone & {*ids} == set()
            assert len(ids) == len({*ids})
            corrections = {known.id: known.state for known in store.corrections(user_id="ann")}
            assert corrections == {each: "active" for each in ids if each.startswith("c-ann")}
            store.flush()
        health = store.verify()
        assert health.well, health
        store.append(a_rating(event_id="later"))
        store.flush()
        assert len(store.events(event_ids=["later"])) == 1
    finally:
        store.close()


def drained(life: Life) -> None:
    for number in range(2, 8):
        life.append(number)
        life.store.flush()


def compacted(life: Life) -> None:
    life.append(2)
    life.store.compact()
    life.store.rebuild()
    life.store.reindex()


def erased(life: Life) -> None:
    life.erase()
    life.append(2)
    life.store.flush()
    life.erase()


def retained(life: Life) -> None:
    life.store.append([a_rating(event_id="old", created_at=OLD), a_turn(turn_id="old-turn", created_at=OLD)])
    life.store.retain(days=30)
    life.told.gone.update(("old", "old-turn"))


def opened(life: Life) -> None:
    for number in range(2, 4):
        life.append(number)
        life.store.close()
        life.store = open_store(life.folder)


@pytest.mark.parametrize(
    "happens",
    [drained, *(pytest.param(each, marks=pytest.mark.slow) for each in (compacted, erased, retained, opened))],
    ids=lambda each: each.__name__,
)
def test_a_loss_of_power_at_any_sync_costs_nothing_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Life], None]
) -> None:
    monkeypatch.setattr(lance_upkeep, "KEPT", timedelta(milliseconds=1))  # as after a night: every older version may go
    random = Random(f"{SEED} {happens.__name__}")  # noqa: S311  # repeatable dice, no secret
    (tmp_path / "cuts").mkdir()
    with Unsynced(tmp_path / "feedback", tmp_path / "cuts", every=EVERY, random=random) as power:
        life = Life(tmp_path / "feedback", power.told)
        life.append(1)
        life.store.flush()
        happens(life)
        life.store.close()
        power.cut()
    monkeypatch.setattr(lance_keeper, "this_boot", lambda: "the next one")
    for folder, told in power.cuts:
        check(folder, told)
