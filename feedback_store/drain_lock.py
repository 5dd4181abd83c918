"""One drainer per store, and one at a time that opens it: locks that the system frees however their process ends."""

import os
import time
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from feedback_store.places import OPENING
from feedback_store.store import StoreError

if os.name == "nt":
    import msvcrt
else:
    import fcntl

OPENING_S: Final = 600
"""How long to wait for another process that is just repairing the store or bringing it up to date."""
AWAIT_S: Final = 0.005
_held: Final["weakref.WeakSet[DrainLock]"] = weakref.WeakSet()


class DrainLock:
    """A right that one has: to write to the tables of a store, or to open it. A forked process does not inherit it.

    Args:
        path: the lock file, made where it is missing.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; tell whether this one has it now. A deleted lock file is made anew.

        Raises:
            StoreError: the file cannot be opened.

        """
        if self._handle is not None:
            if self._in_place(self._handle):
                return True
            self.release()
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            msg = (
                f"the store could not take its lock ({self._path.name}: {error.strerror}): give this process the right "
                "to read and write its folder, or name another; what was kept before is not touched"
            )
            raise StoreError(msg) from error
        try:
            if os.name == "nt":
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        if not self._in_place(handle):
            os.close(handle)
            return False
        self._handle = handle
        _held.add(self)
        return True

    def release(self) -> None:
        """Let others have it."""
        if self._handle is not None and os.name != "nt":
            fcntl.flock(self._handle, fcntl.LOCK_UN)  # a child that was forked in a bad moment has a copy of the handle
        self.let_go()

    def let_go(self) -> None:
        """Close this process's handle: who else has a copy of it, as the parent of a child, has the lock still."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        _held.discard(self)

    def _in_place(self, handle: int) -> bool:
        """Tell whether the file that is locked is still the one at the path: another could lock a new one there."""
        try:
            return os.path.samestat(os.fstat(handle), self._path.stat())
        except OSError:
            return False


@contextmanager
def opening(folder: Path) -> Generator[DrainLock]:
    """Be the only one that opens a store or takes its drainer over, until the lock that is given is released.

    Whoever takes a store over has this one until all is in order. So where somebody who has it finds that another has
    the drainer's lock, the store is in order, whatever the process before may have left behind.

    Args:
        folder: of the spool.

    Raises:
        StoreError: another process is still at it.

    """
    lock = DrainLock(folder / OPENING)
    deadline = time.monotonic() + OPENING_S
    while not lock.acquire():
        if time.monotonic() > deadline:
            msg = (
                f"another process has been bringing the store in order for {OPENING_S} seconds; nothing was "
                "changed here, look at that process, or wait and open the store again"
            )
            raise StoreError(msg)
        time.sleep(AWAIT_S)
    try:
        yield lock
    finally:
        lock.release()


def _let_go_in_child() -> None:
    """Close a child's copies of the handles: with them it would hold the lock for as long as it lives."""
    for lock in [*_held]:
        lock.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
