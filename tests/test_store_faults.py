"""Faults of the disk, the folder, the lock, the clock and the process that drains, each of them real.

Whatever happens: what was acknowledged is there once, what is refused says what is safe and what to do, and when the
fault is gone the store goes on by itself.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

import pytest

from feedback_store import spool_file
from feedback_store.events import AnyRecord
from feedback_store.lancedb import LanceStore
from feedback_store.places import LOCK, SPOOL
from feedback_store.store import Scope, StoreError
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.other_process import Other
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.waiting import until

if sys.platform == "win32":
    pytest.skip("these faults are made with means of Unix", allow_module_level=True)

import resource

HOUR: Final = timedelta(hours=1)
AT_ONCE: Final = timedelta(0)
SOON: Final = timedelta(seconds=0.5)
ANN: Final = Scope(user_id="ann", tenant="default")
NOBODY: Final = 65_534
"""A user without rights."""
STOPPED_WHILE_IT_WRITES: Final = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("writes", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


class Kept:
    """A store, and the ids of what it acknowledged."""

    def __init__(self, opener: Opener, **options: Any) -> None:
        self._opener, self._options = opener, options
        self.ids: list[str] = []
        self.open()

    def open(self) -> None:
        """Open the store, anew where it was open before."""
        self.store: LanceStore = self._opener(TrigramEmbeddings(), **self._options)

    def append(self, *records: AnyRecord) -> None:
        """Append, and remember what was acknowledged."""
        self.ids += self.store.append(records).stored

    def some_of_each(self) -> None:
        """Append a turn, a rating, a correction and its approval."""
        correction = a_correction()
        self.append(a_turn(), a_rating(), correction, a_review(correction))

    def append_until_refused(self) -> None:
        """Append ratings, and raise what the first one that is refused raises."""
        while True:  # the journal may have some room of its own
            self.append(a_rating(comment="It was wrong. " * 100))

    def found(self) -> list[str]:
        """Return the ids of what reads find, sorted."""
        return sorted([turn.turn_id for turn in self.store.turns()] + [event.event_id for event in self.store.events()])

    def check(self) -> None:
        """Have all moved to the tables, where it is to be once, and nothing else."""
        self.store.flush()
        assert self.found() == sorted(self.ids)
        assert self.store.verify().well
        rows = Counter[str]()
        for path in self._opener.folder.glob("*.lance"):
            key = {"turns": "turn_id", "events": "event_id", "teachings": "event_id"}.get(path.stem.split("_")[0])
            if key:
                rows.update(self._opener.table(path.stem).to_arrow()[key].to_pylist())
        assert rows == Counter(self.ids)


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


@contextmanager
def filled(disk: Path) -> Generator[None]:
    """Leave no byte of a disk free."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


@contextmanager
def nothing_may_grow() -> Generator[None]:
    """Let this process write to no file, as a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def open_files(folder: Path) -> list[str]:
    """Return the files of a folder that this process has open."""
    found: list[str] = []
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of the listing
            found.append(str(handle.readlink()))
    return [path for path in found if path.startswith(f"{folder}/")]


def give_away(*paths: Path) -> None:
    """Make these an ordinary user's, where this process is root's."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, -1)


@contextmanager
def rights(folder: Path, *, folders: int, files: int) -> Generator[None]:
    """Give a store's folders and files these rights, to a user who is not root, and be that user."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(folders if path.is_dir() else files)
    was_root = os.geteuid() == 0
    if was_root:  # who may write anywhere
        give_away(folder.parent, *paths)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)
            os.chown(folder.parent, 0, -1)
        for path in paths:
            if path.exists():
                path.chmod(0o700 if path.is_dir() else 0o600)


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
        for _ in range(14):  # more than the versions that stay
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


def set_clock(patch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Set the clock that the store looks at; LanceDB's own, which dates the versions of tables, stays."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + by

    real: Callable[[], int] = time.time_ns
    patch.setattr(time, "time_ns", lambda: real() + int(by.total_seconds()) * 10**9)
    for name, module in [*sys.modules.items()]:
        if name.startswith("feedback_store.") and vars(module).get("datetime") is datetime:
            patch.setattr(module, "datetime", Shifted)
