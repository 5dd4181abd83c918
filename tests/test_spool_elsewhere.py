"""A store whose spool lies in another folder: nobody begins a second spool by mistake, in which nothing waits."""

from datetime import timedelta
from pathlib import Path

import pytest

from feedback_store.cli import main
from feedback_store.lancedb import LanceStore
from feedback_store.places import ELSEWHERE
from feedback_store.store import StoreError
from tests.opener import Opener
from tests.records import a_turn


@pytest.fixture
def spool(opener: Opener, tmp_path: Path) -> Path:
    """The spool of an app that has the store open, in which a turn waits."""
    folder = tmp_path / "spool"
    opener(spool=folder, freshness=timedelta(hours=1)).append(a_turn())
    return folder


def test_a_store_is_not_opened_without_its_spool(opener: Opener, spool: Path) -> None:
    with pytest.raises(StoreError, match=rf"is in {spool}: open it with spool='{spool}' \(--spool\)"):
        opener()
    assert not (opener.folder / "spool.sqlite").exists()


def test_an_erasure_without_the_spool_says_where_it_is_and_with_it_reaches_what_waits(
    opener: Opener, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["erase", str(opener.folder), "--user", "ann", "--yes"]
    assert main(given) == 2
    assert f"the spool of this store is in {spool}" in capsys.readouterr().err
    assert main([*given, "--spool", str(spool / "typo")]) == 2
    assert "there is no spool.sqlite in" in capsys.readouterr().err
    assert not (spool / "typo").exists()
    assert len(opener.opened[0].turns()) == 1
    assert main([*given, "--spool", str(spool)]) == 0
    assert opener.opened[0].turns() == []


def test_a_spool_beside_that_of_the_directory_is_for_reading_alone(opener: Opener, tmp_path: Path) -> None:
    """As the guide for operators has it for a directory that may not be written."""
    opener().append(a_turn())
    opener.opened[0].close()
    elsewhere = ["--spool", str(tmp_path / "reading")]
    assert main(["erase", str(opener.folder), "--user", "ann", "--yes", *elsewhere]) == 2
    assert not (tmp_path / "reading").exists()
    assert main(["export", str(opener.folder), "--out", str(tmp_path / "records.jsonl"), *elsewhere]) == 0
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 1


def test_a_copy_is_opened_with_a_spool_of_its_own_once_the_note_is_deleted(opener: Opener, spool: Path) -> None:
    (opener.folder / ELSEWHERE).unlink()
    store = opener()
    assert (spool / "spool.sqlite").exists()
    assert store.status().waiting == 0


def test_a_spool_in_the_directory_of_the_store_is_not_noted(opener: Opener) -> None:
    opener(spool=opener.folder).close()
    opener().append(a_turn())
    assert not (opener.folder / ELSEWHERE).exists()
    assert isinstance(opener(), LanceStore)
