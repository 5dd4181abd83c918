"""What the store on LanceDB keeps when processes are killed, forked, or stopped between two of its tables."""

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from feedback_store.events import Correction, Review
from feedback_store.lance_table import LanceTable
from feedback_store.lance_view import CorrectionView
from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn

ROOT = Path(__file__).parent.parent
ANN = Scope(user_id="ann", tenant="default")


class Known:
    """Events as a fold reads them."""

    def __init__(self, corrections: list[Correction], reviews: list[Review]) -> None:
        self._corrections, self._reviews = corrections, reviews

    def corrections(self, event_ids: Collection[str]) -> list[Correction]:
        return [one for one in self._corrections if one.event_id in event_ids]

    def successors(self, event_ids: Collection[str]) -> list[Correction]:
        return []

    def reviews(self, event_ids: Collection[str]) -> list[Review]:
        return [one for one in self._reviews if one.about in event_ids]


FORK = """
import os, sys
from feedback_store.lancedb import LanceStore
from feedback_store.store import StoreError
store = LanceStore(sys.argv[1])
child = os.fork()
if not child:
    try:
        store.turns()
    except StoreError as error:
        os.write(1, str(error).encode())
    os._exit(0)
os.waitpid(child, 0)
"""


def run(*arguments: str | Path) -> str:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=300
    ).stdout


def test_what_was_acknowledged_before_a_kill_is_there_once_and_whole(tmp_path: Path) -> None:
    acknowledged = run("-m", "tests.lance_writer", tmp_path / "feedback").split()
    assert len(acknowledged) > 20
    store = LanceStore(tmp_path / "feedback", embeddings=TrigramEmbeddings())
    events = store.events()
    ids = [turn.turn_id for turn in store.turns()] + [event.event_id for event in events]
    assert set(acknowledged) - set(ids) == set()
    assert len(ids) == len(set(ids))

    reviewed = {event.about for event in events if event.kind == "review"}
    corrections = {event.event_id for event in events if event.kind == "correction"}
    states = {known.id: known.state for known in store.corrections()}
    assert states == {key: "active" if key in reviewed else "pending" for key in corrections}
    found = store.similar_corrections("How long do refunds take?", scope=ANN, limit=10_000)
    assert {candidate.known.id for candidate in found} == corrections
    store.close()


def test_a_handle_that_went_through_a_fork_says_what_to_do(tmp_path: Path) -> None:
    said = run("-c", FORK, tmp_path / "feedback")
    assert said == "the store was opened before a fork: open it in each process, and start processes by spawn"


@pytest.mark.parametrize("lost", ["true", "event_id = 'old'", "event_id = 'new'"])
def test_a_view_that_was_left_behind_is_completed_when_the_store_opens(opener: Opener, lost: str) -> None:
    store = opener(TrigramEmbeddings())
    store.append([a_turn(), a_rating(), a_correction(event_id="old"), a_correction(event_id="other")])
    store.append([a_correction(event_id="new", supersedes="old"), a_review("new"), a_review("old"), a_review("new")])
    store.flush()
    before = (store.corrections(), found(store))
    store.close()
    opener.table("corrections").delete(lost)
    again = opener(TrigramEmbeddings())
    assert (again.corrections(), found(again)) == before


def test_a_review_that_never_reached_the_view_is_heard_when_the_store_opens(opener: Opener) -> None:
    store = opener()
    store.append(a_correction(event_id="c"))
    store.flush()
    view: Any = opener.table("corrections")
    before = view.to_arrow()
    store.append(a_review("c", verdict="reject"))
    store.close()
    view.checkout_latest()
    view.delete("true")
    view.add(before)
    assert [known.state for known in opener().corrections()] == ["rejected"]


def test_a_drainer_that_read_fewer_events_does_not_undo_what_another_knew(opener: Opener) -> None:
    store = opener()
    correction, approval, withdrawal = a_correction(event_id="c"), a_review("c"), a_review("c", verdict="withdraw")
    store.append([correction, approval, withdrawal])
    store.close()
    table: Any = LanceTable(opener.table("corrections"), "corrections", indices={})
    view = CorrectionView(table)
    view.refresh(["c"], Known([correction], [approval]))
    assert [known.state for known in opener().corrections()] == ["withdrawn"]
    view.refresh(["c"], Known([correction], [approval]), anew=True)
    assert [known.state for known in view.known("true", None, None)] == ["active"]


def test_a_view_that_is_rebuilt_is_as_before_and_without_what_no_event_tells(opener: Opener) -> None:
    store = opener(TrigramEmbeddings())
    store.append([a_correction(event_id="old"), a_correction(event_id="new", supersedes="old"), a_review("new")])
    store.flush()
    before = (store.corrections(), found(store))
    view: Any = opener.table("corrections")
    view.update(where="event_id = 'old'", values={"state": "active", "audience": "everyone", "revision": 99})
    view.add(view.search().where("event_id = 'new'").to_arrow().set_column(0, "event_id", [["orphan"]]))
    assert opener.table("corrections").count_rows("state = 'active'") == 3
    store.rebuild()
    assert opener.table("corrections").count_rows("state = 'active'") == 1
    assert (store.corrections(), found(store)) == before
    assert [known.state for known in before[0]] == ["superseded", "active"]


def found(store: LanceStore) -> list[tuple[str, float]]:
    candidates = store.similar_corrections("refunds", scope=ANN)
    return [(candidate.known.id, round(candidate.similarity or 0, 5)) for candidate in candidates]
