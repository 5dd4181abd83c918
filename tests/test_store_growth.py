"""What becomes of a store's files while it is written to again and again, and what they cost when it is opened."""

import os
import shutil
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_store import drainer, lance_table
from feedback_store.lancedb import LanceStore
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.waiting import until


def files(folder: Path) -> Counter[str]:
    """Count the files of each table."""
    return Counter(path.relative_to(folder).parts[0] for path in folder.glob("*.lance/**/*") if path.is_file())


def test_no_table_comes_to_a_hundred_files(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lance_table, "MOMENT", timedelta(0))  # as if there were hours between the writes
    store = opener(TrigramEmbeddings())
    most = Counter[str]()
    for _ in range(55):
        correction = a_correction()
        store.append([a_turn(), a_rating(), correction, a_review(correction)])
        store.flush()
        most |= files(opener.folder)
    assert len(most) == 5
    assert max(most.values()) < 100


def test_a_correction_is_written_once_with_its_vectors(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drainer, "POLL_S", 60)  # it looks when it is woken, not by chance while the vectors are made
    store = opener(TrigramEmbeddings())
    waking: Any = store._parts.drainer._wake  # pyright: ignore[reportPrivateUsage]
    [versions] = opener.folder.glob("corrections*.lance/_versions")
    before = len([*versions.glob("*.manifest")])
    for _ in range(12):  # fewer than make them worth tidying
        until(lambda: waking._cond._waiters)
        store.append(a_correction())
        store.flush()
    made = len([*versions.glob("*.manifest")]) - before
    assert 12 <= made < 18  # 24, were each written before its vectors come


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the name of an open file")
def test_what_was_on_the_disk_when_the_store_was_closed_is_not_synced_again_when_it_is_opened(
    opener: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = opener()
    for _ in range(3):
        store.append([a_turn(), a_rating(), a_correction()])
        store.flush()
    store.close()
    copy = tmp_path / "copy"
    shutil.copytree(opener.folder, copy)
    there = sum(files(copy).values())
    opener.table("teachings").optimize()  # another program, which syncs nothing
    synced: list[str] = []
    fsync = os.fsync

    def told(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", told)
    opener().close()
    assert {Path(path).relative_to(opener.folder).parts[0] for path in synced if Path(path).is_file()} <= {
        "teachings.lance"
    }
    assert synced
    synced.clear()
    LanceStore(copy).close()  # nobody made the copy durable
    assert len([path for path in synced if Path(path).is_file()]) >= there
