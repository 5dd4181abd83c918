"""What a store does that finds its tables torn: by a kill, by a loss of power, or by something else."""

import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lancedb
import pytest

from feedback_store import drainer
from feedback_store.disk_sync import DiskSync
from feedback_store.lance_drain import Drain
from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
from feedback_store.places import ASIDE
from feedback_store.store import StoreError
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.waiting import until

NEWEST = 2**64 - 1
OLD = datetime(2026, 1, 31, tzinfo=UTC)


class Left:
    """A copy of a store as a killed process leaves it, which is opened there."""

    def __init__(self, opener: Opener, to: Path) -> None:
        shutil.copytree(opener.folder, to, ignore=shutil.ignore_patterns(".tmp*"))  # such are renamed meanwhile
        self.folder = to
        self.opener = Opener(to)

    def table(self, family: str) -> Path:
        return self.folder / f"{self.opener.table_name(family)}.lance"

    def head(self, family: str) -> Path:
        return min((self.table(family) / "_versions").glob("*.manifest"), key=lambda path: path.name)

    def tear_head(self, family: str) -> Path:
        """Add a version of which no more than the name came to the disk."""
        head = self.head(family)
        torn = head.with_name(f"{int(head.stem) - 1:020}.manifest")
        torn.touch()
        return torn

    def note(self, statement: str) -> None:
        with closing(sqlite3.connect(self.folder / "spool.sqlite")) as db, db:
            db.execute(statement)

    def lose_power(self) -> None:
        """Have the computer started since."""
        self.note("UPDATE state SET value = 'another' WHERE key = 'dirty'")

    def files(self) -> dict[Path, bytes]:
        found = self.folder.rglob("*")
        return {path: path.read_bytes() for path in found if path.is_file() and "spool" not in path.name}

    def aside(self) -> list[str]:
        return sorted(path.name for path in (self.folder / ASIDE).glob("*"))


MakeLeft = Callable[[], Left]


@pytest.fixture
def left(opener: Opener, tmp_path: Path) -> MakeLeft:
    return lambda: Left(opener, tmp_path / "left")


@pytest.fixture
def store(opener: Opener) -> LanceStore:
    """A store whose records are in its tables."""
    store = opener(TrigramEmbeddings(), freshness=timedelta(hours=1))
    correction = a_correction(event_id="c-1")
    store.append([a_turn(turn_id="t-1"), a_rating(event_id="r-1"), correction, a_review(correction, event_id="v-1")])
    store.flush()
    return store


def everything(store: LanceStore) -> list[str]:
    assert store.verify().well
    ids = [turn.turn_id for turn in store.turns()] + [event.event_id for event in store.events()]
    assert [(known.id, known.state) for known in store.corrections()] == [("c-1", "active")]
    return sorted(ids)


ALL = ["c-1", "r-1", "t-1", "v-1"]


@pytest.mark.parametrize("family", ["turns", "events", "teachings", "corrections", "meta"])
@pytest.mark.parametrize("power", [False, True])
def test_a_version_of_which_only_the_name_is_there_is_set_aside(
    store: LanceStore, left: MakeLeft, family: str, power: bool, caplog: pytest.LogCaptureFixture
) -> None:
    found = left()
    torn = found.tear_head(family)
    if power:
        found.lose_power()
    again = found.opener(TrigramEmbeddings())
    assert everything(again) == ALL
    assert f"{found.table(family).stem}-{torn.name}" in found.aside()
    assert "repaired after an interruption: " in caplog.text
    again.append(a_turn(turn_id="t-2"))
    again.flush()
    assert everything(again) == sorted([*ALL, "t-2"])
    again.close()
    assert everything(found.opener()) == sorted([*ALL, "t-2"])


@contextmanager
def unsynced(store: LanceStore, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Have the records written to the tables, and the disk refuse to make them durable, as long as it is entered."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(drainer, "MOST_PATIENT_S", 0.01)
        patch.setattr(DiskSync, "sync", refuse)
        with pytest.raises(StoreError, match="has not moved all"):
            store.flush(timeout=timedelta(seconds=0.5))
        patch.setattr(Drain, "__call__", refuse)
        until(lambda: store.status().fault)
        yield


@pytest.mark.parametrize("power", [False, True])
@pytest.mark.parametrize("harm", ["empty", "half", "missing", "none"])
def test_what_was_not_on_the_disk_comes_from_the_spool_once_more(
    store: LanceStore, left: MakeLeft, monkeypatch: pytest.MonkeyPatch, harm: str, power: bool
) -> None:
    before = {path.name for path in store_files(left, store)}
    store.append([a_turn(turn_id="t-2"), a_rating(event_id="r-2"), a_turn(turn_id="t-old", created_at=OLD)])
    store.append(a_review("c-1", event_id="v-2"))
    with unsynced(store, monkeypatch):
        found = left()
    for path in [path for path in found.folder.rglob("data/*.lance") if path.name not in before]:
        if harm == "missing":
            path.unlink()
        elif harm != "none":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if harm == "half" else b"")
    if power:
        found.lose_power()
    again = found.opener(TrigramEmbeddings())
    assert everything(again) == sorted([*ALL, "t-2", "r-2", "t-old", "v-2"])
    again.flush()
    assert everything(again) == sorted([*ALL, "t-2", "r-2", "t-old", "v-2"])


def store_files(left: MakeLeft, store: LanceStore) -> list[Path]:
    """Return the files of data that are on the disk already."""
    assert store.status().waiting == 0
    found = left()
    files = [*found.folder.rglob("data/*.lance")]
    shutil.rmtree(found.folder)
    return files


@pytest.mark.parametrize("gone", ["manifests", "first manifest"])
def test_a_new_table_that_never_came_to_be_is_set_aside_and_made_again(
    store: LanceStore, left: MakeLeft, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    store.append(a_turn(turn_id="t-old", created_at=OLD))
    with unsynced(store, monkeypatch):
        found = left()
    for path in (found.folder / "turns_2026_01.lance" / "_versions").iterdir():
        if gone == "manifests":
            path.unlink()
        else:
            path.write_bytes(b"")
    again = found.opener(TrigramEmbeddings())
    assert everything(again) == sorted([*ALL, "t-old"])
    assert "turns_2026_01.lance" in found.aside()


@pytest.mark.parametrize("power", [False, True])
@pytest.mark.parametrize("family", ["turns", "corrections", "meta"])
def test_damage_in_what_was_on_the_disk_is_told_and_nothing_is_changed(
    store: LanceStore, left: MakeLeft, family: str, power: bool
) -> None:
    found = left()
    for path in (found.table(family) / "data").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    torn = found.tear_head(family)
    if power:
        found.lose_power()
    table = found.table(family)
    loose = {torn, table / "_versions" / "latest_version_hint.json"}
    files = {path: path.read_bytes() for path in table.rglob("*") if path.is_file() and path not in loose}
    with pytest.raises(StoreError, match=rf"{table.stem} cannot be read .* Nothing was written\. Restore a backup"):
        found.opener(TrigramEmbeddings())
    assert {path: path.read_bytes() for path in files} == files


def test_tables_of_others_are_not_touched_whatever_state_they_are_in(store: LanceStore, left: MakeLeft) -> None:
    found = left()
    connection: Any = lancedb.connect(found.folder)
    for name in ("theirs", "eventful", "turns_theirs", "events_2026_torn", "corrections_copy"):
        connection.create_table(name, data=[{"id": 1, "text": "theirs"}])
    for path in found.folder.glob("*e*ful.lance/_versions/*.manifest"):
        path.write_bytes(b"")
    for path in found.folder.glob("*_torn.lance/data/*"):
        path.unlink()

    def theirs() -> dict[Path, bytes]:
        return {path: content for path, content in found.files().items() if not our_names & {*path.parts}}

    our_names = {path.name for path in found.folder.glob("*.lance")} - {
        *("theirs.lance", "eventful.lance", "turns_theirs.lance", "events_2026_torn.lance", "corrections_copy.lance")
    }
    our_names |= {ASIDE}
    before = theirs()
    for _ in range(2):
        again = found.opener(TrigramEmbeddings())
        assert everything(again) == ALL
        assert len(again.turns(session_id="session-1")) == 1
        again.close()
        found.lose_power()
    assert theirs() == before
    assert found.aside() == []


def test_a_table_whose_removal_was_cut_off_stops_nothing(
    store: LanceStore, left: MakeLeft, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append([a_rating(event_id=f"old-{number}", created_at=OLD, user_id="leaver") for number in range(3)])
    store.flush()

    class Half:
        """A connection that is killed while it removes a table."""

        def __init__(self, db: Any) -> None:
            self._db = db

        def __getattr__(self, name: str) -> Any:
            return getattr(self._db, name)

        def drop_table(self, name: str) -> None:
            shutil.rmtree(folder / f"{name}.lance" / "_versions")
            raise OSError

    folder = Path(store.status().uri)
    tables: Any = store._parts.tables  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(tables, "_db", Half(tables._db))
    with pytest.raises(StoreError, match="could not remove events_2026_01"):
        store.erase(user_id="leaver")
    again = left().opener(TrigramEmbeddings())
    assert everything(again) == ALL


def test_a_table_that_is_taken_over_and_then_cut_off_is_not_taken_for_a_torn_one(
    store: LanceStore, opener: Opener, left: MakeLeft, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    found = left()
    for path in found.folder.glob("spool.sqlite*"):
        path.unlink()

    def fail(*_: Any, **__: Any) -> None:
        raise OSError

    for method in ("index", "write"):
        for power in (False, True):
            with monkeypatch.context() as patch:
                patch.setattr(LanceTable, method, fail)
                if method == "write":
                    patch.setattr(DiskSync, "sync", fail)
                with pytest.raises((OSError, StoreError)):
                    found.opener(TrigramEmbeddings())
            if power:
                found.lose_power()
    assert everything(found.opener(TrigramEmbeddings())) == ALL
    assert found.aside() == []
