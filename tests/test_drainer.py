"""The drainer: when it moves what was acknowledged, who has it, and what it does when something fails."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lancedb.background_loop import LOOP

from feedback_store import drainer
from feedback_store.drain_lock import DrainLock
from feedback_store.lance_drain import Drain
from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
from feedback_store.places import LOCK, SPOOL
from feedback_store.spool import Spool
from feedback_store.spool_ledger import Ledger
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
LEFT_OPEN = """
import sys
from feedback_store.lancedb import LanceStore
from tests.records import a_turn
store = LanceStore(sys.argv[1])
store.append(a_turn())
"""


@pytest.fixture
def other() -> Iterator[Other]:
    with Other() as other:
        yield other


def in_tables(opener: Opener, family: str) -> int:
    return sum(opener.table(path.stem).count_rows() for path in opener.folder.glob(f"{family}*.lance"))


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


def test_who_opens_a_store_that_another_is_still_bringing_in_order_waits_for_it(
    opener: Opener, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the process before was killed, and had told everybody that the store was in order."""
    other.do("open", str(opener.folder))
    other.append(a_turn())
    other.kill()
    looks, at_work, in_order, opened = 0, threading.Event(), threading.Event(), list[bool]()

    def acquire(lock: DrainLock) -> bool:
        nonlocal looks
        looks += threading.current_thread() is second
        taken = was(lock)
        if threading.current_thread() is first and not at_work.is_set() and is_held(opener.folder / LOCK):
            at_work.set()  # it has the lock, and did nothing yet
            until(lambda: looks >= 3 or opened)
            in_order.set()
        return taken

    def is_held(path: Path) -> bool:
        lock = DrainLock(path)
        free = was(lock)
        lock.release()
        return not free

    def open_second() -> None:
        store = opener()
        opened.append(in_order.is_set())
        assert len(store.turns()) == 1

    was = DrainLock.acquire
    monkeypatch.setattr(DrainLock, "acquire", acquire)
    first, second = threading.Thread(target=opener), threading.Thread(target=open_second)
    first.start()
    assert at_work.wait(60)
    second.start()
    first.join(60)
    second.join(60)
    assert opened == [True]


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


@pytest.mark.parametrize("torn", [False, True])
def test_a_table_whose_making_failed_is_made_when_it_can_be(
    opener: Opener, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    class Full:
        """A connection to a full disk."""

        def __init__(self, db: Any) -> None:
            self._db = db

        def __getattr__(self, name: str) -> Any:
            return getattr(self._db, name)

        def create_table(self, name: str, **options: Any) -> Any:
            self._db.create_table(name, **options)
            if torn:
                shutil.rmtree(opener.folder / f"{name}.lance" / "_versions")
            raise OSError

    store = opener(freshness=HOUR)
    tables: Any = store._parts.tables  # pyright: ignore[reportPrivateUsage]
    store.append(a_turn())
    with monkeypatch.context() as patch:
        patch.setattr(tables, "_db", Full(tables._db))
        with pytest.raises(StoreError, match="has not moved all"):
            store.flush(timeout=timedelta(seconds=0.5))
    store.flush()
    assert len(store.turns()) == in_tables(opener, "turns") == 1


def test_a_store_that_nobody_has_any_more_ends_by_itself_in_whatever_thread_it_is_dropped(opener: Opener) -> None:
    other = opener(freshness=HOUR)
    held = [LanceStore(opener.folder.parent / "dropped", freshness=HOUR)]
    held[0].append(a_turn())
    other.append(a_turn())
    LOOP.loop.call_soon_threadsafe(held.clear)  # as garbage collection may, in the thread that LanceDB waits for
    within: list[int] = []
    threading.Thread(target=lambda: within.append(len(other.turns())), daemon=True).start()
    until(lambda: within == [1], within=20)
    again = LanceStore(opener.folder.parent / "dropped")
    until(lambda: again.status().drainer == "this process")
    assert (again.status().waiting, len(again.turns())) == (0, 1)
    again.close()


def test_a_store_that_is_open_at_the_end_of_the_program_is_closed(opener: Opener) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", LEFT_OPEN, opener.folder], cwd=ROOT, env=env, check=True)
    assert in_tables(opener, "turns") == 1
    spool = Spool(opener.folder / SPOOL)
    assert (spool.newest().record, Ledger(spool.file).get("dirty")) == (0, None)
    spool.close()
