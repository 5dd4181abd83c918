"""One drainer per store directory: a lock of the operating system, which frees it however its process ends."""

import os
import weakref
from pathlib import Path
from typing import Final

if os.name == "nt":
    import msvcrt
else:
    import fcntl

_held: Final["weakref.WeakSet[DrainLock]"] = weakref.WeakSet()


class DrainLock:
    """The right to write to the tables of a store. A process that is forked does not inherit it.

    Args:
        path: the lock file, made where it is missing.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; tell whether this one has it now. A deleted lock file is made anew."""
        if self._handle is not None:
            if self._in_place(self._handle):
                return True
            self.release()
        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
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


def _let_go_in_child() -> None:
    """Close a child's copies of the handles: with them it would hold the lock for as long as it lives."""
    for lock in [*_held]:
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
