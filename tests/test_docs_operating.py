"""The guide for operators says what is: each of its commands is run on a real store."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from feedback_store.lancedb import LanceStore
from tests.records import a_correction, a_rating, a_turn

GUIDE = (Path(__file__).parent.parent / "docs" / "operating.md").read_text()
COMMANDS = re.findall(r"^feedback-store (.*?)(?:\s+#.*)?$", GUIDE, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("operator")
    (place / "backups").mkdir()
    store = LanceStore(place / "data" / "feedback")
    store.append([a_turn(), a_rating(), a_correction(), a_turn(user_id="ada")])
    store.close()
    return place


def test_the_guide_has_every_command() -> None:
    assert len(COMMANDS) >= 10


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guide_works(place: Path, command: str) -> None:
    run = [sys.executable, "-m", "feedback_store.cli", *command.split()]
    done = subprocess.run(run, cwd=place, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
