"""The guide for operators says what is: its commands are run on a real store, and print what stands below them."""

import re
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_store.cli import main
from feedback_store.cli_commands import COMMANDS
from feedback_store.lancedb import LanceStore
from feedback_store.places import ASIDE, LOCK, SPOOL
from tests.embeddings import TrigramEmbeddings
from tests.guide import ROOT
from tests.records import a_correction, a_rating, a_review, a_turn

GUIDE = ROOT / "docs" / "operating.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)
STEPS = [step for block in BLOCKS for step in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, flags=re.MULTILINE)]
"""Each command with what it prints."""
HERE = "/srv/app"
MODEL = "all-MiniLM-L6-v2"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the guide could have been written."""
    day = datetime(2026, 11, 15, tzinfo=UTC)
    store = LanceStore(tmp_path / "data" / "feedback", embeddings=TrigramEmbeddings(), embedding_name=MODEL)
    hers: dict[str, Any] = {"user_id": "ada", "created_at": day}
    correction = a_correction(**hers)
    store.append([a_turn(turn_id="t-1", **hers), a_turn(user_id="ben", session_id="s-2", created_at=day)])
    store.append([a_rating(turn_id="t-1", **hers), correction, a_review(correction, **hers)])
    store.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain(text: str) -> list[str]:
    """Return the lines without their numbers, which depend on the day and the machine, and without the columns."""
    return [" ".join(re.sub(r"[\d.,]*\d( [kM]?B)?|bytes", "N", line).split()) for line in text.splitlines()]


def test_what_the_guide_shows_is_what_the_commands_print(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for command, shown in STEPS:
        program, *words = shlex.split(command)
        if program == "feedback-store":
            main(words)
        else:
            subprocess.run(["sh", "-c", command], check=True)
        printed = "".join(capfd.readouterr()).replace(str(place), HERE)
        assert plain(printed) == plain(shown), f"{command}\n{printed}"


def test_every_command_is_shown() -> None:
    assert {command.split()[1] for command, _ in STEPS if command.startswith("feedback-store ")} == COMMANDS.keys()


def test_what_lies_in_the_directory_is_told(place: Path) -> None:
    table = TEXT.split("## What is guaranteed")[0]
    told = set(re.findall(r"`([a-z_\d]+)….lance`|`([\w.-]+?)(?:\.lance)?/?`", table))
    names = {first or second for first, second in told}
    found = {path.name.removesuffix(".lance") for path in (place / "data/feedback").iterdir()}
    assert {name.split("_")[0] for name in found} <= {name.split("_")[0] for name in names}
    assert {SPOOL, LOCK, ASIDE} <= names


def test_the_code_that_changes_the_embedding_model_works(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    LanceStore("data/feedback", embeddings=TrigramEmbeddings(), embedding_name=MODEL).close()
    [code] = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)
    code = code.replace("embeddings=old_model", f"embeddings=old_model, embedding_name={MODEL!r}")
    names = {"old_model": TrigramEmbeddings(), "new_model": TrigramEmbeddings(32)}
    exec(compile(code.replace("model@1", MODEL), GUIDE.name, "exec"), names)  # noqa: S102  # it is our own
    assert capsys.readouterr().out == "1 of 1\n"
    store = LanceStore("data/feedback", embeddings=TrigramEmbeddings(32), embedding_name="model@2")
    assert {*store.status().models.values()} == {"model@2"}
    store.close()


def test_every_link_leads_somewhere() -> None:
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", TEXT):
        target = GUIDE.parent / path if path else GUIDE
        heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
