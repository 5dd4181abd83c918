"""An erasure that does not come to its end: it is completed, by this process or by the next."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
from feedback_store.store import StoreError
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.waiting import until

ROOT = Path(__file__).parent.parent
KILLED_WHILE_ERASING = """
import os, sys
from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
store = LanceStore(sys.argv[1])
setattr(LanceTable, sys.argv[2], lambda *_, **__: os.kill(os.getpid(), 9))
store.erase(user_id="leaver")
"""


def requests(store: LanceStore) -> int:
    return len(store._parts.ledger.requests())  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("at", ["delete", "rewrite", "refresh"])
def test_an_erasure_whose_process_is_killed_in_the_middle_is_completed(opener: Opener, at: str) -> None:
    store = opener()
    store.append(
        [a_correction(event_id="old", user_id="ben"), a_review("old"), a_turn(user_id="leaver", prompt="a secret")]
    )
    store.append(
        [a_correction(event_id="new", user_id="leaver", supersedes="old", guidance="a secret"), a_review("new")]
    )
    store.append(a_turn(turn_id="ben-1", user_id="ben", session_id="session-2"))
    store.close()
    script = KILLED_WHILE_ERASING
    if at == "refresh":
        script = script.replace(
            "feedback_store.lance_table import LanceTable",
            "feedback_store.lance_view import (\n    CorrectionView as LanceTable)",
        )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script, opener.folder, at], cwd=ROOT, env=env, check=False)
    assert done.returncode == -9
    again = opener()
    until(lambda: requests(again) == 0)
    until(lambda: opener.files_with(b"leaver") == opener.files_with(b"a secret") == set())
    assert {known.id: known.state for known in again.corrections()} == {"old": "active"}
    assert [turn.turn_id for turn in again.turns()] == ["ben-1"]
    assert again.append(a_turn(turn_id="ben-1")).known == ("ben-1",)


def test_an_erasure_that_fails_in_the_middle_is_told_and_completed(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opener()
    turn = a_turn(prompt="a secret")
    store.append([turn, a_turn(user_id="ben", session_id="session-2")])
    store.flush()
    rewrite = LanceTable.rewrite

    def fail(*_: Any, **__: Any) -> None:
        msg = "the disk is full"
        raise StoreError(msg)

    monkeypatch.setattr(LanceTable, "rewrite", fail)
    with pytest.raises(StoreError, match="the disk is full"):
        store.erase(user_id="ann")
    until(lambda: store.status().fault)
    assert len(store.turns()) == 1
    monkeypatch.setattr(LanceTable, "rewrite", rewrite)
    store.erase(user_id="ann")
    assert opener.files_with(b"a secret") == set()
    assert store.append(turn).stored
    until(lambda: store.status().fault is None)


def test_tables_that_an_erasure_removed_are_of_no_concern_to_upkeep(
    opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    store = opener()
    for _ in range(3):
        store.append(a_rating(created_at=datetime.fromisoformat("2026-01-31T12:00:00Z")))
        store.flush()
    store.erase(user_id="ann")
    for _ in range(3):
        store.append(a_rating(user_id="ben"))
        store.flush()
    store.close()
    assert caplog.messages == []
