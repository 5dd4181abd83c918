"""Faults of the disk, the folder, the lock, the clock and the process that drains, each of them real.

Whatever happens: what was acknowledged is there once, what is refused says what is safe and what to do, and when the
fault is gone the store goes on by itself.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from feedback_store import spool_file
from feedback_store.lancedb import LanceStore
from feedback_store.places import LOCK, SPOOL
from feedback_store.store import Scope, StoreError
from tests.opener import Opener
from tests.other_process import Other
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.waiting import until

if sys.platform == "win32":
    pytest.skip("these faults are made with means of Unix", allow_module_level=True)

from tests.faults import Kept, filled, give_away, nothing_may_grow, open_files, rights, set_clock

HOUR: Final = timedelta(hours=1)
AT_ONCE: Final = timedelta(0)
SOON: Final = timedelta(seconds=0.5)
ANN: Final = Scope(user_id="ann", tenant="default")
STOPPED_WHILE_IT_WRITES: Final = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("writes", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 8 MB."""
    at = tmp_path / "disk"
    at.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", at], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk is mounted, which needs root on Linux: {mounted.stderr.strip()}")
    yield at
    subprocess.run(["umount", "--lazy", at], check=True)


@pytest.fixture
def on_disk(disk: Path) -> Iterator[Opener]:
    """Open stores on the small disk."""
    yield from opened_in(disk / "feedback")


@pytest.fixture
def on_owned() -> Iterator[Opener]:
    """Open stores in a folder that an ordinary user can be given."""
    with tempfile.TemporaryDirectory() as folder:
        yield from opened_in(Path(folder) / "feedback")


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    """A second process, which takes seconds to start."""
    with Other() as other:
        yield other


def opened_in(folder: Path) -> Iterator[Opener]:
    opener = Opener(folder)
    yield opener
    for store in opener.opened:
        store.close()


def test_what_a_full_disk_does_not_take_is_refused_and_goes_when_there_is_space(on_disk: Opener, disk: Path) -> None:
    kept = Kept(on_disk, freshness=HOUR)
    kept.some_of_each()
    kept.append(a_turn())
    refused = a_rating(comment="It was wrong. " * 100)
    with filled(disk):
        with pytest.raises(StoreError, match="disk is full: free some space and do it again; what was kept before is"):
            kept.append_until_refused()
        with pytest.raises(StoreError, match="the disk is full"):
            kept.store.append(refused)
        assert kept.found() == sorted(kept.ids)
        assert len(kept.store.similar_corrections("How long do refunds take?", scope=ANN)) == 1
        with pytest.raises(StoreError):
            kept.store.flush(timeout=SOON)
    kept.append(refused)
    kept.check()


def test_what_was_acknowledged_before_the_disk_was_full_is_moved_when_it_is_not(on_disk: Opener, disk: Path) -> None:
    kept = Kept(on_disk, freshness=HOUR)
    kept.some_of_each()
    with filled(disk):
        with pytest.raises(StoreError):
            kept.store.flush(timeout=SOON)
        until(lambda: kept.store.status().fault)
        assert kept.found() == sorted(kept.ids)
    kept.check()


def test_a_store_is_not_opened_on_a_full_disk_and_is_whole_when_there_is_space(on_disk: Opener, disk: Path) -> None:
    kept = Kept(on_disk, freshness=HOUR)
    kept.some_of_each()
    kept.store.close()
    with filled(disk):
        for folder in (on_disk.folder, disk / "another"):
            with pytest.raises(StoreError, match=r"the disk is full.*: free some space"):
                LanceStore(folder)
        assert open_files(disk) == []
    kept.open()
    kept.check()


def test_what_may_not_be_written_for_a_quota_is_refused_and_goes_when_it_may(opener: Opener) -> None:
    kept = Kept(opener, freshness=HOUR)
    kept.some_of_each()
    refused = a_rating()
    with nothing_may_grow():
        with pytest.raises(StoreError, match="what was kept before is not touched"):
            kept.store.append(refused)
        assert kept.found() == sorted(kept.ids)
        with pytest.raises(StoreError):
            kept.store.flush(timeout=SOON)
    kept.append(refused)
    kept.check()


@pytest.mark.parametrize("files", [0o600, 0o400], ids=["folders alone", "files too"])
def test_a_store_that_may_not_be_written_is_not_opened_and_can_be_read_from_elsewhere(
    on_owned: Opener, tmp_path_factory: pytest.TempPathFactory, files: int
) -> None:
    kept = Kept(on_owned, freshness=HOUR)
    kept.some_of_each()
    kept.store.close()
    with tempfile.TemporaryDirectory() as elsewhere:
        Path(elsewhere).chmod(0o700)
        give_away(Path(elsewhere))
        with rights(on_owned.folder, folders=0o500, files=files):
            with pytest.raises(StoreError, match=r"give this process the right to (read and )?write"):
                kept.open()
            reader = LanceStore(on_owned.folder, spool=elsewhere)
            assert {*kept.ids} == {turn.turn_id for turn in reader.turns()} | {one.event_id for one in reader.events()}
            reader.close()
    kept.open()
    kept.append(a_rating())
    kept.check()


def test_an_open_store_goes_on_acknowledging_where_only_the_tables_may_not_be_written(on_owned: Opener) -> None:
    kept = Kept(on_owned, freshness=AT_ONCE)
    kept.some_of_each()
    kept.store.flush()
    with rights(on_owned.folder, folders=0o500, files=0o600):
        kept.some_of_each()
        until(lambda: kept.store.status().fault)
        with pytest.raises(StoreError, match="nothing is lost"):
            kept.store.flush(timeout=SOON)
        assert kept.found() == sorted(kept.ids)
    kept.check()


def test_a_store_whose_folder_may_not_be_entered_any_more_says_so_and_recovers(on_owned: Opener) -> None:
    kept = Kept(on_owned, freshness=HOUR)
    kept.some_of_each()
    refused = a_rating()
    told = pytest.raises(StoreError, match="give this process the right to read and write its folder")
    with rights(on_owned.folder, folders=0o000, files=0o600), told:
        kept.store.append(refused)
    kept.store.append(refused)  # it may be there already: what is not acknowledged may be kept all the same
    kept.ids.append(refused.event_id)
    kept.check()


def test_a_lock_file_that_is_deleted_is_made_anew_and_nothing_is_moved_twice(opener: Opener, other: Other) -> None:
    kept = Kept(opener, freshness=AT_ONCE)
    other.do("open", str(opener.folder))
    lock = opener.folder / LOCK
    for _ in range(3):
        lock.unlink()
        kept.some_of_each()
        kept.ids += other.append(a_turn(), a_rating(), a_correction())
        until(lock.exists)
    until(lambda: {kept.store.status().drainer, other.do("status")} == {"this process", "another process"})
    kept.check()


def test_a_clock_that_is_set_back_loses_and_hides_nothing(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(opener, freshness=AT_ONCE, small_files=3)
    kept.some_of_each()
    [withdrawn] = [known.id for known in kept.store.corrections()]
    kept.store.flush()
    with monkeypatch.context() as patch:
        set_clock(patch, timedelta(days=-40))
        kept.append(a_review(withdrawn, user_id="ann", verdict="withdraw", by="author"))
        for _ in range(6):  # more than the versions that stay
            kept.append(a_turn(), a_rating())
            kept.store.flush()
        later = a_correction()
        kept.append(later)
        assert later.created_at < datetime.now(UTC) - timedelta(days=39)
        found = kept.store.similar_corrections("How long do refunds take?", scope=ANN)
        assert [one.known.id for one in found] == [later.event_id]
        kept.store.compact()
        kept.check()
    kept.append(a_turn())
    kept.check()
    kept.store.close()
    kept.open()
    kept.check()


def test_while_the_process_that_moves_records_is_stopped_appends_and_reads_go_on(opener: Opener, other: Other) -> None:
    assert other.do("open", str(opener.folder)) == "this process"
    kept = Kept(opener, freshness=AT_ONCE)
    kept.some_of_each()
    other.stop()
    kept.some_of_each()
    assert kept.found() == sorted(kept.ids)
    assert len(kept.store.similar_corrections("How long do refunds take?", scope=ANN)) == 2
    with pytest.raises(StoreError, match=r"in 0\.5 seconds; nothing is lost, it goes on with it"):
        kept.store.flush(timeout=SOON)
    other.go_on()
    kept.check()


def test_a_process_that_is_stopped_while_it_writes_is_named_and_can_be_ended(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_file, "PATIENCE_S", 0.2)
    kept = Kept(opener, freshness=HOUR)
    kept.some_of_each()
    kept.store.flush()
    command = [sys.executable, "-c", STOPPED_WHILE_IT_WRITES, opener.folder / SPOOL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "writes\n"
            refused = a_turn()
            with pytest.raises(StoreError, match=r"another process holds it .*: end that process and do it again"):
                kept.store.append(refused)
            assert kept.found() == sorted(kept.ids)
        finally:
            holder.send_signal(signal.SIGKILL)
    kept.append(refused)
    kept.check()
