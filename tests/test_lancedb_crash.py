"""What the store on LanceDB keeps when processes are killed, forked, or stopped between two of its tables."""

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import lancedb
import pytest

from feedback_store.events import Review
from feedback_store.lance_view import CorrectionView
from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope
from tests.embeddings import TrigramEmbeddings
from tests.records import a_correction, a_rating, a_review, a_turn

ROOT = Path(__file__).parent.parent
ANN = Scope(user_id="ann", tenant="default")

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
def test_a_view_that_was_left_behind_is_completed_when_the_store_opens(tmp_path: Path, lost: str) -> None:
    store = LanceStore(tmp_path, embeddings=TrigramEmbeddings())
    store.append([a_turn(), a_rating(), a_correction(event_id="old"), a_correction(event_id="other")])
    store.append([a_correction(event_id="new", supersedes="old"), a_review("new"), a_review("old"), a_review("new")])
    before = (store.corrections(), store.similar_corrections("refunds", scope=ANN))
    store.close()
    lancedb.connect(tmp_path).open_table("corrections").delete(lost)
    again = LanceStore(tmp_path, embeddings=TrigramEmbeddings())
    assert (again.corrections(), again.similar_corrections("refunds", scope=ANN)) == before
    again.close()


def test_a_review_that_never_reached_the_view_is_heard_when_the_store_opens(tmp_path: Path) -> None:
    store = LanceStore(tmp_path)
    store.append(a_correction(event_id="c"))
    view: Any = lancedb.connect(tmp_path).open_table("corrections")
    before = view.to_arrow()
    store.append(a_review("c", verdict="reject"))
    store.close()
    view.checkout_latest()
    view.delete("true")
    view.add(before)
    again = LanceStore(tmp_path)
    assert [known.state for known in again.corrections()] == ["rejected"]
    again.close()


def test_a_slow_writer_does_not_undo_what_a_faster_one_knew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, fast = LanceStore(tmp_path), LanceStore(tmp_path)
    slow.append(a_correction(event_id="c"))
    real = CorrectionView.reviews

    def overtaken(view: CorrectionView, event_ids: Collection[str]) -> list[Review]:
        read = real(view, event_ids)
        monkeypatch.setattr(CorrectionView, "reviews", real)
        fast.append(a_review("c", verdict="withdraw"))
        return read

    monkeypatch.setattr(CorrectionView, "reviews", overtaken)
    slow.append(a_review("c", audience="everyone"))
    for store in (slow, fast):
        assert [known.state for known in store.corrections()] == ["withdrawn"]
        store.close()


def test_a_view_that_is_rebuilt_is_as_before_and_without_what_no_event_tells(tmp_path: Path) -> None:
    store = LanceStore(tmp_path, embeddings=TrigramEmbeddings())
    store.append([a_correction(event_id="old"), a_correction(event_id="new", supersedes="old"), a_review("new")])
    before = (store.corrections(), store.similar_corrections("refunds", scope=ANN))
    view: Any = lancedb.connect(tmp_path).open_table("corrections")
    view.update(where="event_id = 'old'", values={"state": "active", "audience": "everyone", "revision": 99})
    view.add(view.search().where("event_id = 'new'").to_arrow().set_column(0, "event_id", [["orphan"]]))
    assert len(store.corrections(states=["active"])) == 3
    store.rebuild()
    assert (store.corrections(), store.similar_corrections("refunds", scope=ANN)) == before
    assert [known.state for known in before[0]] == ["superseded", "active"]
    store.close()
