"""The store under SIGKILLs and losses of power without end: what was acknowledged is there, once, and it always opens.

`scripts/test -m slow tests/test_store_torture.py`; KILLS, CUTS and TORTURE_SEED in the environment set the size and the
dice.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SEED = os.environ.get("TORTURE_SEED", "1")


def torture(module: str, *arguments: str | Path) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", f"tests.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_thousand_kills_cost_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    told = torture("torture_kills", tmp_path / "kills", os.environ.get("KILLS", "1000"), SEED)
    assert told["wrong"] == []
    assert told["figures"]["acknowledged"] > told["kills"]


@pytest.mark.slow
@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="a disk that loses power needs root on Linux"
)
def test_sixty_losses_of_power_cost_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    told = torture("torture_cuts", tmp_path / "cuts", os.environ.get("CUTS", "60"), SEED)
    assert told["wrong"] == []
    assert told["figures"]["acknowledged"] > told["cuts"]
