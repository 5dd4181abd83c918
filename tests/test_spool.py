"""The spool: what is in the file when an append returns, what is found in it, and what is said when it is damaged."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_store import spool_file
from feedback_store.events import AnyRecord, Turn, parse_record
from feedback_store.intake import take_in
from feedback_store.spool import Spool, stamp
from feedback_store.spool_ledger import Ledger
from feedback_store.store import IncompatibleStore, StoreError
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn

ROOT = Path(__file__).parent.parent
PUT = """
import sys
from pathlib import Path
from feedback_store.intake import take_in
from feedback_store.spool import Spool
from tests.records import a_rating
spool = Spool(Path(sys.argv[1]))
print(*[number for number in range(40) if spool.put(take_in([a_rating(event_id=f"r-{number}")]))])
spool.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    spool = Spool(path)
    yield spool
    spool.close()


def put(spool: Spool, *records: AnyRecord) -> set[str]:
    return spool.put(take_in(records))


def rows(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read the file as another program would."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query, values).fetchall()


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


def test_an_append_is_in_the_file_when_it_returns(path: Path, spool: Spool) -> None:
    records = [a_turn(), a_rating(), a_correction(question="Grüße \U0001f642 ' \\"), a_review("c")]
    put(spool, *records)
    found = [parse_record(row[0]) for row in rows(path, "SELECT record FROM queue ORDER BY seq")]
    assert found == records


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(path: Path, spool: Spool) -> None:
    settings = {name: spool.file.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}


def test_what_is_known_is_told_apart_over_processes(path: Path) -> None:
    Spool(path).close()
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen([sys.executable, "-c", PUT, path], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    stored = [int(number) for process in processes for number in process.communicate(timeout=120)[0].split()]
    assert sorted(stored) == list(range(40))
    assert len(rows(path, "SELECT id FROM queue")) == 40


def test_an_ended_turn_takes_the_place_of_the_asked_one_in_the_queue(spool: Spool) -> None:
    asked, ended = a_turn(turn_id="t", status="asked"), a_turn(turn_id="t", response="Ten days.")
    assert put(spool, asked) == put(spool, ended) == {"t"}
    assert put(spool, asked) == put(spool, ended.model_copy(update={"response": "Other."})) == set()
    assert [parse_record(each.record) for each in spool.batch(10)] == [ended]


def test_an_ended_turn_is_new_also_when_the_asked_one_has_left_the_queue(spool: Spool) -> None:
    put(spool, a_turn(turn_id="t", status="asked"))
    Ledger(spool.file).drained([spool.batch(10)[0].seq], versions={})
    assert put(spool, a_turn(turn_id="t", status="asked")) == set()
    assert put(spool, a_turn(turn_id="t")) == {"t"}


def test_a_turn_that_ended_in_another_month_is_looked_for_in_one_month(spool: Spool) -> None:
    october, november = datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    put(spool, a_turn(turn_id="t", status="asked", created_at=october))
    put(spool, a_turn(turn_id="t", created_at=november, user_id="ben"))
    assert [each.month for each in spool.batch(10)] == [202610]
    assert spool.memory.months({"id": "t"}, "t") == spool.memory.months({"user_id": "ben"}, "t") == {202610}


@pytest.mark.parametrize("key", ["x", "01a22b0f-48f6-7d78-a817-90f257104f0f", "01A22B0F-48F6-7D78-A817-90F257104F0F"])
def test_a_turn_and_an_event_may_have_the_same_id(spool: Spool, key: str) -> None:
    turn, rating = a_turn(turn_id=key), a_rating(event_id=key)
    assert put(spool, turn) == put(spool, rating) == {key}
    assert put(spool, turn) == put(spool, rating) == set()
    assert spool.pending(["turns"], {"id": key}, None) == [turn.model_dump_json()]
    assert spool.pending(["events"], {"id": key}, None) == [rating.model_dump_json()]


def test_ids_that_differ_in_case_are_two_ids(spool: Spool) -> None:
    lower = "01a22b0f-48f6-7d78-a817-90f257104f0f"
    assert put(spool, a_rating(event_id=lower), a_rating(event_id=lower.upper())) == {lower, lower.upper()}


def test_to_forget_a_turn_leaves_an_event_with_its_id_in_the_queue(spool: Spool) -> None:
    put(spool, a_turn(turn_id="x"), a_rating(event_id="x"), a_turn(turn_id="y"), a_rating(event_id="y"))
    spool.forget(["x"], ["y"])
    left = [parse_record(record) for record in spool.pending(["turns", "events"], {}, None)]
    assert {(one.kind, one.turn_id if isinstance(one, Turn) else one.event_id) for one in left} == {
        ("turn", "y"),
        ("rating", "x"),
    }
    assert put(spool, a_turn(turn_id="y"), a_rating(event_id="x")) == set()
    assert put(spool, a_turn(turn_id="x"), a_rating(event_id="y")) == {"x", "y"}


def test_times_sort_as_texts(spool: Spool) -> None:
    times = [datetime(year, 1, 2, 3, 4, 5, micro, UTC) for year in (1, 999, 2026, 9999) for micro in (0, 1, 999_999)]
    assert [stamp(time) for time in times] == sorted(stamp(time) for time in times)
    for number, time in enumerate(times):
        put(spool, a_rating(event_id=f"r-{number}", created_at=time))
    newest = [parse_record(record).created_at for record in spool.pending(["events"], {}, 5)]
    assert newest == times[:-6:-1]


def test_a_newer_spool_is_refused_and_left_alone(path: Path) -> None:
    Spool(path).close()
    change(path, "PRAGMA user_version = 7")
    before = path.read_bytes()
    with pytest.raises(IncompatibleStore, match=re.escape("is of version 7, this feedback_store knows 1")):
        Spool(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all, whatever its name says" * 100, b"SQLite format 3\0" * 300])
def test_a_file_that_is_no_spool_is_refused_with_what_to_do(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"it is damaged: run `feedback-store repair`"):
        Spool(path)
    assert path.read_bytes() == content


def test_a_damaged_page_is_told_where_it_is_read(path: Path) -> None:
    spool = Spool(path)
    put(spool, *(a_rating(comment="x" * 2_000) for _ in range(50)))
    spool.close()
    content = bytearray(path.read_bytes())
    content[3 * 4_096 :] = b"\xff" * (len(content) - 3 * 4_096)
    path.write_bytes(content)
    damaged = Spool(path)
    with pytest.raises(StoreError, match="it is damaged"):
        damaged.pending(["events"], {}, None)
    damaged.close()


def test_a_folder_in_the_place_of_the_spool_is_told(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match=r"could not open the spool .* cannot be opened"):
        Spool(path)


@pytest.mark.parametrize("replaced", [False, True])
def test_an_append_to_a_spool_that_was_taken_away_is_not_acknowledged(opener: Opener, replaced: bool) -> None:
    store = opener()
    store.append(a_turn())
    for file in opener.folder.glob("spool.sqlite*"):
        file.unlink()
    if replaced:
        Spool(opener.folder / "spool.sqlite").close()
    with pytest.raises(StoreError, match=r"was removed or replaced while the store was open.*append this again"):
        store.append(a_rating())


def test_an_append_that_cannot_be_committed_is_not_acknowledged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_file, "PATIENCE_S", 0.01)
    with closing(Spool(path)) as spool, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process holds it"):
            put(spool, a_rating(event_id="r"))
        other.rollback()
        assert spool.pending(["events"], {}, None) == []
        assert put(spool, a_rating(event_id="r")) == {"r"}


def test_bytes_that_somebody_still_reads_are_not_said_to_be_gone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_file, "PATIENCE_S", 0.01)
    with closing(Spool(path)) as spool, closing(sqlite3.connect(path)) as other:
        put(spool, a_turn(turn_id="t", prompt="a secret"))
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM queue").fetchall() == [(1,)]
        spool.forget(["t"], [])
        with pytest.raises(StoreError, match="another process"):
            spool.file.forget_bytes()
        other.rollback()
        spool.file.forget_bytes()
        assert not any(b"a secret" in file.read_bytes() for file in path.parent.iterdir())


def test_an_answer_is_there_until_whoever_asked_has_come_for_it(spool: Spool) -> None:
    ledger = Ledger(spool.file)
    first, second = ledger.ask({"task": "compact"}), ledger.ask({"task": "compact"})
    ledger.answer(first, {"number": 1})
    ledger.answer(second, {"number": 2})
    assert ledger.outcome(first) == ({"number": 1}, None)
    for _ in range(200):
        ledger.answer(ledger.ask({"task": "compact"}), {})
    assert len(ledger.requests()) == 0
    assert len(spool.file.rows("SELECT id FROM requests")) < 150


def test_who_is_too_far_behind_reads_the_view_anew(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback_store.spool_ledger.REMEMBERED", 3)
    ledger = Ledger(spool.file)
    assert spool.changed_since(0) == set()
    for number in range(1, 7):
        ledger.drained([], changed=[f"c-{number}"], versions={})
    assert spool.teachings("corrections").change == 6
    assert [spool.changed_since(change) for change in (2, 3, 5, 6)] == [
        None,
        {"c-4", "c-5", "c-6"},
        {"c-6"},
        set(),
    ]
    ledger.forget_changes()
    assert spool.changed_since(6) is None
    assert spool.changed_since(spool.teachings("corrections").change) == set()
