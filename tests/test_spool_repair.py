"""A spool whose file is damaged: set aside as it is, with all that SQLite can read of it saved into a new one."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedback_store.drain_lock import DrainLock
from feedback_store.events import AnyRecord, parse_record
from feedback_store.intake import take_in
from feedback_store.places import ASIDE, LOCK
from feedback_store.spool import Spool
from feedback_store.spool_journal import is_torn
from feedback_store.spool_ledger import Ledger
from feedback_store.spool_repair import fault_of, set_aside_if_damaged
from feedback_store.store import StoreError
from tests import spool_damage
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn

RECORDS: list[AnyRecord] = [
    a_turn(turn_id="t-1", prompt="ß" * 9_000),
    *(a_rating(event_id=f"r-{number}", comment="x" * 300) for number in range(300)),
    a_correction(event_id="c-1"),
    a_review("c-1", event_id="v-1"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool with records, vectors and a request, as a process leaves it that ended well."""
    path = tmp_path / "spool.sqlite"
    spool = Spool(path)
    spool.put(take_in(RECORDS))
    Ledger(spool.file).put_vectors("corrections_1", {"c-1": ([0.5, 0.5], [1.0, 0.0])})
    Ledger(spool.file).ask({"task": "erase", "user_id": "zoe"})
    spool.close()
    return path


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A spool as a killed process leaves it: everything is in the journal still, an append in each commit."""
    (tmp_path / "killed").mkdir()
    spool = Spool(tmp_path / "live.sqlite")
    for record in RECORDS[:40]:
        spool.put(take_in(record))
    for suffix in ("", "-wal", "-shm"):
        shutil.copy(tmp_path / f"live.sqlite{suffix}", tmp_path / "killed" / f"spool.sqlite{suffix}")
    spool.close()
    return tmp_path / "killed" / "spool.sqlite"


def held(path: Path) -> dict[str, AnyRecord]:
    """Return the records that wait in a spool, which SQLite finds sound."""
    assert fault_of(path) is None
    spool = Spool(path)
    found = [parse_record(each.record) for each in spool.batch(10**6)]
    spool.close()
    return {key: record for record in found for key in take_in(record).ids}


def journal(path: Path) -> Path:
    return path.with_name("spool.sqlite-wal")


def test_a_sound_spool_is_left_alone(path: Path, killed: Path) -> None:
    before = {each: each.read_bytes() for each in (path, killed, journal(killed))}
    assert set_aside_if_damaged(path) == set_aside_if_damaged(killed) == []
    assert {each: each.read_bytes() for each in before} == before
    assert len(held(killed)) == 40


def test_where_no_spool_is_none_is_made(tmp_path: Path) -> None:
    assert set_aside_if_damaged(tmp_path / "none" / "spool.sqlite") == []
    assert set_aside_if_damaged(tmp_path / "spool.sqlite") == []
    assert not (tmp_path / "spool.sqlite").exists()


@pytest.mark.parametrize("damage", spool_damage.DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_spool_is_set_aside_to_the_byte_and_what_can_be_read_is_saved(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    damaged = path.read_bytes()
    assert fault_of(path)
    told = " ".join(set_aside_if_damaged(path))
    assert (path.parent / ASIDE / "spool-1" / "spool.sqlite").read_bytes() == damaged
    saved, all_of_them = held(path), {key: record for record in RECORDS for key in take_in(record).ids}
    assert saved.items() <= all_of_them.items()
    assert f"saved into a new spool: {len(saved)} records of " in told
    assert len(saved) >= 100
    assert set_aside_if_damaged(path) == []


@pytest.mark.parametrize("damage", [spool_damage.header_garbled, spool_damage.first_page_zeroed])
def test_without_its_first_page_everything_is_saved_vectors_and_requests_too(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    set_aside_if_damaged(path)
    assert list(held(path)) == [key for record in RECORDS for key in take_in(record).ids]
    spool = Spool(path)
    assert Ledger(spool.file).vectors() == {"corrections_1": {"c-1": ([0.5, 0.5], [1.0, 0.0])}}
    assert [request.what for request in Ledger(spool.file).requests()] == [{"task": "erase", "user_id": "zoe"}]
    spool.close()


def test_a_record_that_could_not_be_saved_is_taken_when_it_is_appended_again(path: Path) -> None:
    spool_damage.middle_zeroed(path)
    set_aside_if_damaged(path)
    saved, spool = held(path), Spool(path)
    lost = {key for record in RECORDS for key in take_in(record).ids} - saved.keys()
    assert lost
    assert spool.put(take_in(RECORDS)) == lost
    spool.close()


def test_a_row_that_was_changed_is_not_taken_for_a_record(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE queue SET record = replace(record, 'x', CAST(x'ff' AS TEXT)) WHERE id = 'r-1'")
        db.execute("UPDATE queue SET record = replace(record, 'r-2', 'r-3') WHERE id = 'r-2'")
    spool_damage.header_garbled(path)
    assert "301 records of 303" in set_aside_if_damaged(path)[-1]
    assert {"r-1", "r-2"} & held(path).keys() == set()


def test_a_turn_that_is_saved_still_goes_to_the_month_in_which_it_was_asked(path: Path) -> None:
    asked, spool = datetime(2026, 10, 31, tzinfo=UTC), Spool(path)
    spool.put(take_in(a_turn(turn_id="t-2", status="asked", created_at=asked)))
    spool.put(take_in(a_turn(turn_id="t-2", created_at=datetime(2026, 11, 1, tzinfo=UTC))))
    spool.close()
    spool_damage.header_garbled(path)
    set_aside_if_damaged(path)
    spool = Spool(path)
    assert [each.month for each in spool.batch(1_000) if "t-2" in each.record] == [202610]
    spool.close()


def test_of_a_journal_that_is_cut_all_that_was_acknowledged_before_the_cut_is_there(killed: Path) -> None:
    whole = journal(killed).read_bytes()
    found = list[int]()
    for share in (1, 0.7, 0.4):
        journal(killed).write_bytes(whole[: int(len(whole) * share)])
        set_aside_if_damaged(killed)
        found.append(len(held_in_copy(killed)))
    assert found == sorted(found, reverse=True)
    assert found[0] == 40
    assert found[1] > found[2] > 0


def test_a_journal_that_is_torn_in_the_middle_is_copied_before_sqlite_deletes_it(killed: Path) -> None:
    with journal(killed).open("r+b") as file:
        file.seek(journal(killed).stat().st_size // 2)
        file.write(b"\xff" * 64)
    torn = journal(killed).read_bytes()
    [told] = set_aside_if_damaged(killed)
    assert "the end of the spool's journal cannot be read" in told
    assert (killed.parent / ASIDE / "spool-1" / "spool.sqlite-wal").read_bytes() == torn
    assert 0 < len(held(killed)) < 40


@pytest.mark.parametrize("left", [0, None])
def test_of_a_spool_that_was_emptied_or_removed_the_journal_is_read(killed: Path, left: int | None) -> None:
    killed.unlink() if left is None else killed.write_bytes(b"")
    assert "40 records of 40" in set_aside_if_damaged(killed)[-1]
    assert len(held(killed)) == 40


def test_a_journal_is_whole_to_its_end_and_also_where_an_older_one_follows(killed: Path) -> None:
    assert not is_torn(journal(killed))
    spool = Spool(killed)
    spool.file.rows("PRAGMA wal_checkpoint(RESTART)")
    spool.put(take_in(a_rating()))
    assert not is_torn(journal(killed))
    spool.close()
    assert not is_torn(journal(killed))


def test_a_damaged_spool_that_is_in_use_is_not_touched(path: Path) -> None:
    spool_damage.header_garbled(path)
    before, lock = path.read_bytes(), DrainLock(path.parent / LOCK)
    assert lock.acquire()
    with pytest.raises(StoreError, match=r"damaged \(file is not a database\), and another process .*: end that"):
        set_aside_if_damaged(path)
    lock.release()
    assert path.read_bytes() == before
    assert not (path.parent / ASIDE).exists()


def test_a_repair_that_was_interrupted_is_completed_by_the_next(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool_damage.header_garbled(path)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("feedback_store.spool_salvage.shutil.copyfile", no_space)
        with pytest.raises(OSError, match="No space left"):
            set_aside_if_damaged(path)
    spool = Spool(path)  # an app that is opened between the two
    spool.put(take_in([a_rating(event_id="r-new"), RECORDS[1]]))
    spool.close()
    assert set_aside_if_damaged(path) == ["saved into a new spool: 303 records of 303 that waited in it"]
    assert held(path).keys() == {"r-new"} | {key for record in RECORDS for key in take_in(record).ids}


def test_what_is_set_aside_twice_is_kept_twice(path: Path) -> None:
    for _ in range(2):
        spool_damage.header_garbled(path)
        set_aside_if_damaged(path)
    assert [each.name for each in sorted((path.parent / ASIDE).iterdir())] == ["spool-1", "spool-2"]


def held_in_copy(path: Path) -> dict[str, AnyRecord]:
    """Look at a copy, so that the journal is there for the next cut."""
    copy = shutil.copytree(path.parent, path.parent.with_name("copy"), dirs_exist_ok=True)
    return held(copy / path.name)


def test_which_versions_of_tables_were_on_the_disk_is_still_known(path: Path) -> None:
    spool = Spool(path)
    Ledger(spool.file).note_tables({"teachings": 7, "turns_2026_11": 3})
    spool.close()
    spool_damage.header_garbled(path)
    set_aside_if_damaged(path)
    spool = Spool(path)
    assert Ledger(spool.file).tables() == {"teachings": 7, "turns_2026_11": 3}
    assert Ledger(spool.file).get("ids") is None
    spool.close()


def test_who_still_holds_the_damaged_file_does_not_take_the_drainer_over(opener: Opener) -> None:
    first, second = opener(), opener()
    first.append(a_turn(turn_id="t-1"))
    first.flush()
    for suffix in ("", "-wal", "-shm"):  # as a repair does
        source = opener.folder / f"spool.sqlite{suffix}"
        source.rename(source.with_name(f"old{suffix}"))
    first.close()
    third = opener()
    assert third.status().drainer == "this process"
    with pytest.raises(StoreError, match="was removed or replaced"):
        second.append(a_rating())
    third.append(a_turn(turn_id="t-2"))
    third.flush()
    assert {turn.turn_id for turn in third.turns()} == {"t-1", "t-2"}


@pytest.mark.parametrize("spool", [None, "elsewhere"])
def test_an_erasure_reaches_all_that_was_set_aside_and_retention_what_is_older(
    opener: Opener, tmp_path: Path, spool: str | None
) -> None:
    store = opener(spool=spool and tmp_path / spool)
    aside = (tmp_path / spool if spool else opener.folder) / ASIDE
    for name, written in (("spool-1", 1.7e9), ("spool-2", time.time())):
        (aside / name).mkdir(parents=True)
        (aside / name / "spool.sqlite").touch()
        os.utime(aside / name / "spool.sqlite", (written, written))
    store.retain(days=30)
    assert [each.name for each in aside.iterdir()] == ["spool-2"]
    store.erase(user_id="zoe")
    assert [*aside.iterdir()] == []
