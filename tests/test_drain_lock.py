"""The lock that the system frees when its process ends: who has a copy of its handle does not keep it."""

import os
from pathlib import Path

import pytest

from feedback_store.drain_lock import DrainLock


def test_a_lock_that_is_released_is_free_also_where_a_forked_process_has_a_copy_of_its_handle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another thread forks in the moment between the lock and the note that it is held."""
    handles: list[int] = []
    really_open = os.open

    def remembered(path: Path, flags: int, mode: int) -> int:
        handles.append(really_open(path, flags, mode))
        return handles[-1]

    one, other = DrainLock(tmp_path / "lock"), DrainLock(tmp_path / "lock")
    with monkeypatch.context() as patch:
        patch.setattr("feedback_store.drain_lock.os.open", remembered)
        assert one.acquire()
    copy = os.dup(handles[0])
    assert not other.acquire()
    one.release()
    assert other.acquire()
    other.release()
    os.close(copy)
