"""The drainer: when it moves what was acknowledged, who has it, and what it does when something fails."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_store import drainer
from feedback_store.lance_drain import Drain
from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope, StoreError
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.other_process import Other
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.waiting import until

ROOT = Path(__file__).parent.parent
HOUR = timedelta(hours=1)
ANN = Scope(user_id="ann", tenant="default")
FORK = """
import os, sys
from feedback_store.lancedb import LanceStore
store = LanceStore(sys.argv[1])
if not os.fork():
    sys.stdin.read()  # until the end of the test
    os._exit(0)
store.close()
print("closed", flush=True)
os.wait()
"""
KILLED_WHILE_ERASING = """
import os, sys
from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
store = LanceStore(sys.argv[1])
setattr(LanceTable, sys.argv[2], lambda *_, **__: os.kill(os.getpid(), 9))
store.erase(user_id="leaver")
"""


@pytest.fixture
def other() -> Iterator[Other]:
    with Other() as other:
        yield other


def in_tables(opener: Opener, family: str) -> int:
    return sum(opener.table(path.stem).count_rows() for path in opener.folder.glob(f"{family}*.lance"))


def requests(store: LanceStore) -> int:
    return len(store._parts.ledger.requests())  # pyright: ignore[reportPrivateUsage]


def test_a_correction_is_moved_at_once_and_a_rating_waits(opener: Opener) -> None:
    store = opener(freshness=HOUR)
    store.append([a_rating(), a_turn()])
    correction = a_correction()
    store.append([correction, a_review(correction)])
    until(lambda: store.status().waiting == 2)
    assert (in_tables(opener, "teachings"), in_tables(opener, "corrections")) == (2, 1)
    assert (in_tables(opener, "turns"), in_tables(opener, "events")) == (0, 0)


def test_a_record_is_moved_when_it_has_waited_for_as_long_as_is_allowed(opener: Opener) -> None:
    store = opener(freshness=timedelta(milliseconds=100))
    store.append([a_rating(), a_turn()])
    until(lambda: store.status().waiting == 0)
    assert (in_tables(opener, "turns"), in_tables(opener, "events")) == (1, 1)


def test_a_full_batch_is_moved_however_young(opener: Opener) -> None:
    store = opener(freshness=HOUR)
    store.append(a_rating() for _ in range(drainer.ENOUGH))
    until(lambda: store.status().waiting == 0)
    assert in_tables(opener, "events") == drainer.ENOUGH


def test_a_flush_moves_all_that_was_acknowledged_before_it(opener: Opener) -> None:
    store = opener(freshness=HOUR)
    store.append([a_rating(), a_turn(), a_correction()])
    store.flush()
    assert store.status().waiting == 0


def test_a_store_that_is_closed_leaves_nothing_in_the_spool(opener: Opener) -> None:
    store = opener(TrigramEmbeddings(), freshness=HOUR)
    store.append([a_rating(), a_turn(), a_correction()])
    store.close()
    assert (in_tables(opener, "turns"), in_tables(opener, "events"), in_tables(opener, "teachings")) == (1, 1, 1)


def test_the_lock_goes_to_another_handle_when_the_first_is_closed(opener: Opener) -> None:
    first, second = opener(), opener(freshness=timedelta(0))
    assert (first.status().drainer, second.status().drainer) == ("this process", "another process")
    first.close()
    until(lambda: second.status().drainer == "this process")
    second.append(a_rating())
    second.flush()


def test_the_lock_goes_to_another_process_when_the_one_that_has_it_is_killed(opener: Opener, other: Other) -> None:
    assert other.do("open", str(opener.folder)) == "this process"
    store = opener()
    ids = other.append(a_turn(), a_rating(), a_correction())
    assert store.status().drainer == "another process"
    other.kill()
    until(lambda: store.status().drainer == "this process")
    store.flush()
    assert {*ids} == {turn.turn_id for turn in store.turns()} | {event.event_id for event in store.events()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_does_not_keep_the_lock(opener: Opener) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", FORK, opener.folder], cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"closed\n"
        assert opener().status().drainer == "this process"


def test_what_lancedb_does_not_take_stays_acknowledged_and_goes_when_it_does(opener: Opener) -> None:
    store = opener(freshness=timedelta(0))
    store.append([a_turn(turn_id="first"), a_rating()])
    store.flush()
    table = opener.folder / f"{opener.table_name('turns')}.lance"
    table.rename(opener.folder / "away")
    assert store.append(a_turn(turn_id="second")).stored == ("second",)
    with pytest.raises(StoreError, match=r"has not moved all that is acknowledged in 0\.5 seconds; nothing is lost"):
        store.flush(timeout=timedelta(seconds=0.5))
    assert not table.exists()
    status = store.status()
    assert (status.waiting, status.drainer) == (1, "this process")
    assert status.fault
    assert status.fault.startswith(f"the store could not write to {table.stem}: nothing or a part was kept")
    assert table.stem not in status.rows
    (opener.folder / "away").rename(table)
    store.flush()
    assert {turn.turn_id for turn in store.turns()} == {"first", "second"}
    until(lambda: store.status().fault is None)


def test_the_drainer_outlives_any_number_of_failures(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        """As LanceDB's own core raises one: it is no Exception."""

    failures = 0

    def fail(*_: Any, **__: Any) -> int:
        nonlocal failures
        failures += 1
        raise Panic if failures % 2 else OSError

    store = opener()
    monkeypatch.setattr(drainer, "MOST_PATIENT_S", 0)
    drain = Drain.__call__
    monkeypatch.setattr(Drain, "__call__", fail)
    store.append(a_correction())
    until(lambda: failures > 1_100)
    monkeypatch.setattr(Drain, "__call__", drain)
    store.flush()
    assert len(store.corrections()) == 1


def test_the_process_that_drains_serves_the_others(opener: Opener, other: Other) -> None:
    assert other.do("open", str(opener.folder)) == "this process"
    store = opener(TrigramEmbeddings())
    store.append([a_turn(prompt="a secret"), a_correction(user_id="ben")])
    store.compact()
    store.rebuild()
    assert store.erase(user_id="ann").turns == 1
    assert (store.turns(), other.do("ids")) == ([], [event.event_id for event in store.events()])
    assert opener.files_with(b"a secret") == set()
    assert store.status().drainer == "another process"


@pytest.mark.parametrize("at", ["delete", "rewrite", "refresh"])
def test_an_erasure_whose_process_is_killed_in_the_middle_is_completed(opener: Opener, at: str) -> None:
    store = opener()
    store.append(
        [a_correction(event_id="old", user_id="ben"), a_review("old"), a_turn(user_id="leaver", prompt="a secret")]
    )
    store.append(
        [a_correction(event_id="new", user_id="leaver", supersedes="old", guidance="a secret"), a_review("new")]
    )
    store.append(a_turn(turn_id="ben-1", user_id="ben", session_id="session-2"))
    store.close()
    script = KILLED_WHILE_ERASING
    if at == "refresh":
        script = script.replace(
            "feedback_store.lance_table import LanceTable",
            "feedback_store.lance_view import (\n    CorrectionView as LanceTable)",
        )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script, opener.folder, at], cwd=ROOT, env=env, check=False)
    assert done.returncode == -9
    again = opener()
    until(lambda: requests(again) == 0)
    until(lambda: opener.files_with(b"leaver") == opener.files_with(b"a secret") == set())
    assert {known.id: known.state for known in again.corrections()} == {"old": "active"}
    assert [turn.turn_id for turn in again.turns()] == ["ben-1"]
    assert again.append(a_turn(turn_id="ben-1")).known == ("ben-1",)


def test_an_erasure_that_fails_in_the_middle_is_told_and_completed(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opener()
    turn = a_turn(prompt="a secret")
    store.append([turn, a_turn(user_id="ben", session_id="session-2")])
    store.flush()
    rewrite = LanceTable.rewrite

    def fail(*_: Any, **__: Any) -> None:
        msg = "the disk is full"
        raise StoreError(msg)

    monkeypatch.setattr(LanceTable, "rewrite", fail)
    with pytest.raises(StoreError, match="the disk is full"):
        store.erase(user_id="ann")
    until(lambda: store.status().fault)
    assert len(store.turns()) == 1
    monkeypatch.setattr(LanceTable, "rewrite", rewrite)
    store.erase(user_id="ann")
    assert opener.files_with(b"a secret") == set()
    assert store.append(turn).stored
    until(lambda: store.status().fault is None)


def test_a_task_that_fails_in_an_unforeseen_way_is_answered(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    store = opener()
    monkeypatch.setattr(LanceTable, "index_anew", fail)
    with pytest.raises(StoreError, match="could not do its task"):
        store.reindex()
    store.append(a_rating())
    store.flush()


def test_a_task_that_the_draining_process_does_not_know_is_answered(opener: Opener) -> None:
    with pytest.raises(StoreError, match="is of another version"):
        opener()._parts.ask("polish")  # pyright: ignore[reportPrivateUsage]


def test_tables_that_an_erasure_removed_are_of_no_concern_to_upkeep(
    opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    store = opener()
    for _ in range(3):
        store.append(a_rating(created_at=datetime.fromisoformat("2026-01-31T12:00:00Z")))
        store.flush()
    store.erase(user_id="ann")
    for _ in range(3):
        store.append(a_rating(user_id="ben"))
        store.flush()
    store.close()
    assert caplog.messages == []
