"""The command `feedback-store`, run on real stores: alone, beside an app that has the store open, and at a terminal."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_store import cli_commands
from feedback_store.cli import main
from feedback_store.drain_lock import DrainLock
from feedback_store.lancedb import LanceStore
from feedback_store.store import Status
from tests import spool_damage
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.s3_server import S3Server

ROOT = Path(__file__).parent.parent
CLI = [sys.executable, "-m", "feedback_store.cli"]
REST: dict[str, list[str]] = {
    "erase": ["--user", "ann", "--yes"],
    "gate": ["--out", "gate.json"],
    "retain": ["--days", "1", "--yes"],
    "backup": ["copy"],
    "restore": ["copy"],
}
"""What a command needs beside the store."""
ACT = {"gate": ["fit"]}
"""What it needs before the store."""
Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command; return its exit code, and what it printed or, where that is nothing, its complaint."""

    def run(*words: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        try:
            code = main([*map(str, words)])
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return code, printed.out or printed.err

    return run


@pytest.fixture(params=["alone", "beside an app"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A store with records of two users, closed, or held open by a second process while records wait in its spool."""
    folder = tmp_path / "feedback"
    if request.param == "alone":
        fill(folder)
        yield folder
        return
    keeper = request.getfixturevalue("keeper")
    keeper.open(folder)
    fill(folder)
    yield folder
    keeper.close(folder)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    fill(tmp_path / "feedback")
    return tmp_path / "feedback"


def fill(folder: Path) -> None:
    store = LanceStore(folder, freshness=timedelta(hours=1))
    correction = a_correction(event_id="c-1")
    store.append([a_turn(turn_id="t-1"), a_turn(turn_id="t-2", user_id="ben"), a_rating(event_id="r-1")])
    store.append([correction, a_review(correction, event_id="v-1")])
    store.close()


def test_help_is_there_before_anything_heavy_is_loaded() -> None:
    code = (
        "import sys\nfrom feedback_store.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sorted({'lancedb', 'pyarrow', 'numpy', 'tqdm', 'sqlite3'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr.strip() == ""
    assert set(re.findall(r"^    (\w+) ", done.stdout, re.MULTILINE)) == cli_commands.COMMANDS.keys()


@pytest.mark.parametrize("verb", cli_commands.COMMANDS)
def test_where_no_store_is_a_command_says_so_and_makes_none(
    say: Say, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for place in ("photos", "nothing"):
        code, said = say(verb, *ACT.get(verb, []), place, *REST.get(verb, []))
        assert code == 2
        assert re.match(r"feedback-store: (there is no store at|photos is no backup)", said)
        assert said.count("\n") == 1
    assert [*tmp_path.rglob("*")] == [tmp_path / "photos"]


def test_status_says_what_a_store_holds(say: Say, folder: Path) -> None:
    code, said = say("status", folder)
    assert code == 0
    assert re.search(r"^teachings +2 +\d+$", said, re.MULTILINE)
    assert re.search(r"^searched by +words alone$", said, re.MULTILINE)
    code, said = say("status", folder, "--json")
    assert (code, said.count("\n")) == (0, 1)
    found = Status.model_validate_json(said)
    assert (
        sum(found.rows.get(name, 0) for name in found.rows if name.startswith(("turns", "events"))) + found.waiting == 3
    )


@pytest.mark.parametrize("verb", ["verify", "repair", "compact", "reindex", "rebuild"])
def test_a_store_that_is_well_stays_so(say: Say, folder: Path, verb: str) -> None:
    code, said = say(verb, folder)
    assert code == 0, said
    code, said = say(verb, folder, "--json")
    assert code == 0
    assert isinstance(json.loads(said), dict)
    assert say("verify", folder)[1].endswith("all is well\n")
    assert ids(folder) == {"t-1", "t-2", "r-1", "c-1", "v-1"}


def ids(folder: Path) -> set[str]:
    store = LanceStore(folder)
    found = {turn.turn_id for turn in store.turns()} | {event.event_id for event in store.events()}
    store.close()
    return found


def test_a_user_is_erased_with_a_receipt(say: Say, folder: Path) -> None:
    code, said = say("erase", folder, "--user", "ann", "--yes")
    assert code == 0
    assert re.findall(r"(\w+) +(\d)$", said, re.MULTILINE) == [("turns", "1"), ("events", "3"), ("corrections", "1")]
    assert ids(folder) == {"t-2"}


def test_old_records_go_and_corrections_that_act_stay_unless_they_shall_go_too(say: Say, folder: Path) -> None:
    assert say("retain", folder, "--days", "3", "--yes")[0] == 0
    assert len(ids(folder)) == 5
    code, said = say("retain", folder, "--days", "0", "--yes", "--json")
    assert (code, json.loads(said)["turns"]) == (0, 2)
    assert ids(folder) == {"c-1", "v-1"}
    assert say("retain", folder, "--days", "0", "--corrections", "--yes")[0] == 0
    assert ids(folder) == set()


def test_a_backup_is_restored_to_another_place(say: Say, folder: Path, tmp_path: Path) -> None:
    assert say("backup", folder, tmp_path / "copy")[0] == 0
    say("erase", folder, "--user", "ann", "--yes")
    assert say("restore", tmp_path / "copy", tmp_path / "new")[0] == 0
    assert ids(tmp_path / "new") == {"t-1", "t-2", "r-1", "c-1", "v-1"}
    code, said = say("restore", tmp_path / "copy", folder)
    assert (code, "is not empty" in said) == (2, True)


def test_a_store_that_is_open_elsewhere_is_not_taken_for_a_backup(say: Say, closed: Path, tmp_path: Path) -> None:
    lock = DrainLock(closed / "drain.lock")
    assert lock.acquire()
    code, said = say("restore", closed, tmp_path / "new")
    assert (code, "is open in another process: `backup` copies" in said) == (2, True)
    lock.release()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["erase", "x", "--yes"], "give --user, --session or both"),
        (["erase", "x", "--user", "ann"], "give --yes, since nobody can be asked here"),
        (["retain", "x", "--days", "-1", "--yes"], "--days is 0 or more, given -1"),
        (["retain", "x", "--days", "nan", "--yes"], "--days is 0 or more, given nan"),
        (["export", "x", "--format", "csv"], "a CSV file is of one --kind"),
        (["export", "x", "--json"], "give --out"),
        (["status", "x", "--option", "region"], "--option is KEY=VALUE, given 'region'"),
    ],
)
def test_wrong_usage_is_told(
    say: Say, words: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "no terminal").open("w+") as file:
        monkeypatch.setattr(sys, "stdin", file)
        code, said = say(*words)
    assert (code, complaint in said) == (2, True)


def test_a_failure_is_told_in_one_line_and_to_machines_as_json(say: Say, closed: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "file").touch()
    code, said = say("backup", closed, tmp_path / "copy")
    assert (code, said.count("\n"), "copy is not empty" in said) == (2, 1, True)
    code, said = say("backup", closed, tmp_path / "copy", "--json")
    assert (code, "copy is not empty" in json.loads(said)["error"]) == (2, True)


def test_a_damaged_spool_is_told_by_verify_and_mended_by_repair(say: Say, closed: Path) -> None:
    spool_damage.header_garbled(closed / "spool.sqlite")
    code, said = say("verify", closed)
    assert (code, "run `feedback-store repair`" in said) == (2, True)
    code, said = say("repair", closed)
    assert code == 0
    assert f"set aside: {closed / 'set-aside' / 'spool-1'}" in said
    assert ids(closed) == {"t-1", "t-2", "r-1", "c-1", "v-1"}
    store = LanceStore(closed)
    assert store.append(a_rating(event_id="r-1")).known == ("r-1",)
    store.close()
    assert (closed / "set-aside").is_dir()
    say("erase", closed, "--user", "ann", "--yes")
    assert [*(closed / "set-aside").iterdir()] == []


def test_a_table_that_was_damaged_is_told_and_can_be_gone_on_without(say: Say, closed: Path) -> None:
    [events] = closed.glob("events_*.lance")
    for file in (events / "data").iterdir():
        file.write_bytes(b"\xff" * 10)
    code, said = say("verify", closed)
    assert code == 1
    assert f"{events.stem}: the store could not read all of {events.stem}" in said
    assert "Run `feedback-store repair`" in said
    code, said = say("repair", closed)
    assert code == 2
    assert f"to go on without that table, move {events.name} away and run `feedback-store repair`" in said
    events.rename(closed.parent / "away")
    assert say("status", closed)[0] == 2
    code, said = say("repair", closed, "--json")
    assert (code, json.loads(said)["done"]) == (
        0,
        [f"the table {events.stem} is not there any more: the store goes on without it"],
    )
    assert ids(closed) == {"t-1", "t-2", "c-1", "v-1"}


def _hear_interrupts() -> None:
    """Undo what a shell does to the tests that it runs in the background: they, and so their children, ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def at_terminal(*words: str | Path, answer: bytes | None) -> tuple[int, str]:
    """Run a command whose input and complaints are a terminal, and answer its question, or interrupt it there."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [*CLI, *words],
        cwd=ROOT,
        stdin=terminal,
        stderr=terminal,
        stdout=subprocess.PIPE,
        preexec_fn=_hear_interrupts,  # noqa: PLW1509  # it only sets a signal
    )
    os.close(terminal)
    asked = b""
    while b"[y/N]" not in asked:
        asked += os.read(keyboard, 1_000)
    os.write(keyboard, answer) if answer else process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=120)
    os.close(keyboard)
    return process.returncode, asked.decode() + printed.decode()


def test_at_a_terminal_an_erasure_asks_first(closed: Path) -> None:
    code, said = at_terminal("erase", closed, "--user", "ann", answer=b"no\n")
    assert f"Remove all records of user 'ann' of tenant 'default' from {closed}, with their bytes? There is no" in said
    assert (code, "nothing was removed" in said) == (1, True)
    assert len(ids(closed)) == 5
    code, said = at_terminal("erase", closed, "--session", "session-1", answer=b"y\n")
    assert code == 0
    assert ids(closed) == set()


def test_an_interrupted_command_ends_quietly(closed: Path) -> None:
    code, said = at_terminal("retain", closed, "--days", "0", answer=None)
    assert (code, "Traceback" in said) == (130, False)
    assert len(ids(closed)) == 5


@pytest.mark.slow
def test_a_store_on_object_storage_is_looked_after_by_its_address(say: Say, s3: S3Server, tmp_path: Path) -> None:
    bucket: Any = s3.bucket()
    given = ["--spool", tmp_path / "spool", *(w for k, v in bucket.options.items() for w in ("--option", f"{k}={v}"))]
    code, said = say("status", bucket.uri, *given)
    assert (code, f"there is no store at {bucket.uri}: look at the path" in said) == (2, True)
    store = LanceStore(bucket.uri, storage_options=bucket.options, spool=tmp_path / "spool")
    store.append([a_turn(), a_rating()])
    store.close()
    assert say("verify", bucket.uri, *given)[0] == say("repair", bucket.uri, *given)[0] == 0
    assert say("backup", bucket.uri, tmp_path / "copy", *given)[0] == 0
    assert len(ids(tmp_path / "copy")) == 2
