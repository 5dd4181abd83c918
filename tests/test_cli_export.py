"""Records written as a file: all of them, once each, in order, and harmless in a spreadsheet."""

import csv
import io
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_store import cli_export
from feedback_store.cli import main
from feedback_store.events import AnyRecord, Turn, parse_feedback, parse_record
from feedback_store.lancedb import LanceStore
from feedback_store.standing import KnownCorrection
from tests.records import a_correction, a_rating, a_review, a_turn

ROOT = Path(__file__).parent.parent
CLI = [sys.executable, "-m", "feedback_store.cli", "export"]
HOUR = timedelta(hours=1)
AUTUMN = [datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LanceStore]:
    """A store of three months: some in LanceDB, some in the spool, a turn asked in the one and ended in the other."""
    store = LanceStore(tmp_path / "feedback", freshness=HOUR)
    store.append([a_turn(turn_id=f"t-{at.month}", created_at=at) for at in AUTUMN])
    store.append([a_rating(event_id=f"r-{at.month}", created_at=at + HOUR) for at in AUTUMN])
    store.append(a_turn(turn_id="t-asked", status="asked", created_at=AUTUMN[1] + HOUR))
    store.flush()
    store.append(a_turn(turn_id="t-asked", response="Ten days.", created_at=AUTUMN[2] + HOUR))
    store.append([a_turn(turn_id="t-8", created_at=AUTUMN[0] - HOUR), a_rating(event_id="r-12", created_at=AUTUMN[2])])
    store.append(a_correction(event_id="c-1", guidance="=1+1", created_at=AUTUMN[1] + 2 * HOUR))
    store.append(a_review("c-1", event_id="v-1", created_at=AUTUMN[1] + 3 * HOUR))
    yield store
    store.close()


def written(store: LanceStore, *words: str) -> str:
    """Return what is written to a file, while the store is open here."""
    file = Path(store.status().uri).with_name("written")
    assert main(["export", store.status().uri, "--out", str(file), *words]) == 0
    return file.read_bytes().decode()


def identity(record: AnyRecord) -> str:
    return record.turn_id if isinstance(record, Turn) else record.event_id


def test_without_a_kind_everything_is_written_once_turns_first_each_in_the_order_of_time(store: LanceStore) -> None:
    found = [parse_record(line) for line in written(store).splitlines()]
    assert [identity(record) for record in found] == [
        *("t-8", "t-9", "t-10", "t-asked", "t-11"),
        *("r-9", "r-10", "c-1", "v-1", "r-12", "r-11"),
    ]
    assert sorted(found, key=identity) == sorted([*store.turns(), *store.events()], key=identity)


def test_a_turn_that_ended_is_written_as_it_ended_wherever_the_parts_lie(store: LanceStore) -> None:
    for _ in ("one in the spool", "both in LanceDB"):
        ended = [turn for line in written(store, "--kind", "turns").splitlines() if "t-asked" in (turn := line)]
        assert [parse_record(line) for line in ended] == store.turns(turn_ids=["t-asked"])
        assert "Ten days." in ended[0]
        store.flush()


def test_corrections_are_written_with_what_became_of_them(store: LanceStore) -> None:
    found = [KnownCorrection.model_validate_json(line) for line in written(store, "--kind", "corrections").splitlines()]
    assert found == store.corrections()
    assert found[0].state == "active"


def test_csv_has_a_row_for_each_record_and_a_column_for_each_field(store: LanceStore) -> None:
    rows: list[dict[str, str]] = []
    for kind in cli_export.KINDS:
        rows = [*csv.DictReader(io.StringIO(written(store, "--kind", kind, "--format", "csv"), newline=""))]
        assert tuple(rows[0]) == cli_export.COLUMNS[kind]
        counts = {"turns": len(store.turns()), "events": len(store.events()), "corrections": len(store.corrections())}
        assert len(rows) == counts[kind]
    assert (rows[0]["guidance"], rows[0]["state"], rows[0]["details"]) == ("'=1+1", "active", "{}")


@given(st.text(max_size=20), st.floats(0, 1))
def test_no_text_in_a_csv_file_is_a_formula_and_a_number_stays_one(text: str, score: float) -> None:
    rating = parse_feedback(a_rating(score=score).model_dump_json())
    line = rating.model_copy(update={"comment": text.replace("\0", "")}).model_dump_json()
    file = io.StringIO(newline="")
    assert cli_export.write_csv([line], "events", file) == 1
    file.seek(0)
    [row] = csv.DictReader(file)
    assert not row["comment"].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
    assert row["comment"].removeprefix("'") == text.replace("\0", "").removeprefix("'")
    assert float(row["score"]) == score


def test_a_file_is_for_its_owner_alone(store: LanceStore, tmp_path: Path) -> None:
    written(store)
    assert (tmp_path / "written").stat().st_mode & 0o777 == 0o600


def test_an_export_that_fails_leaves_the_file_that_was_there(store: LanceStore, tmp_path: Path) -> None:
    before = written(store)
    store.flush()
    [events] = (tmp_path / "feedback").glob("events_2026_11.lance")
    for file in (events / "data").iterdir():
        file.unlink()
    assert main(["export", str(tmp_path / "feedback"), "--out", str(tmp_path / "written")]) == 2
    assert (tmp_path / "written").read_text() == before
    assert {path.name for path in tmp_path.iterdir()} == {"feedback", "written"}


def test_what_is_appended_while_an_export_runs_disturbs_it_not(store: LanceStore) -> None:
    rows = store.export("events")
    first = next(rows)
    store.append([a_rating(event_id="r-new", created_at=AUTUMN[2] + 9 * HOUR)])
    store.flush()
    store.retain(days=0)
    found = [identity(parse_record(line)) for line in (first, *rows)]
    assert len(found) == len(set(found))
    assert {"r-9", "c-1", "v-1", "r-12"} <= {*found}


def test_who_reads_only_the_beginning_gets_it_without_a_complaint(tmp_path: Path) -> None:
    store = LanceStore(tmp_path / "feedback")
    store.append([a_turn(prompt="x" * 1_000) for _ in range(400)])
    store.close()
    process = subprocess.Popen(
        [*CLI, tmp_path / "feedback"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdout
    assert process.stderr
    assert process.stdout.read(100).startswith(b'{"schema_version":1')
    process.stdout.close()
    assert (process.wait(60), process.stderr.read()) == (141, b"")
    process.stderr.close()


def test_a_terminal_sees_how_far_it_is_and_the_records_stay_clean(store: LanceStore) -> None:
    ours, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    done = subprocess.run([*CLI, store.status().uri], cwd=ROOT, stdout=subprocess.PIPE, stderr=terminal, check=True)
    os.close(terminal)
    shown = b""
    while b"11 records" not in shown:
        shown += os.read(ours, 1_000)
    os.close(ours)
    assert len([parse_record(line) for line in done.stdout.splitlines()]) == 11
