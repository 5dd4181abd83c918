"""What the files of a store tell from outside, on Linux: who drains it, and when a file is written in it."""

import ctypes
import os
import select
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

Sign = Literal["modify", "move", "create", "delete"]
_MASKS: Final[dict[Sign, int]] = {"modify": 0x2, "move": 0x80, "create": 0x100, "delete": 0x200}
_HEAD: Final = struct.Struct("iIII")


def lock_holder(path: Path) -> int | None:
    """Return the process that holds the lock on a file; None where nobody does."""
    try:
        inode = path.stat().st_ino
        locks = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in locks:
        words = line.split()
        if "->" not in words and words[3] == "WRITE" and words[5].rsplit(":", 1)[-1] == str(inode):
            return int(words[4])
    return None


class Watch:
    """Watches every folder of a store by inotify.

    Args:
        folder: the store's.

    """

    def __init__(self, folder: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._folder = folder
        self._handle = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._paths: dict[int, Path] = {}

    def refresh(self) -> None:
        """Watch the folders that are new too, and forget what has happened so far."""
        for path in [Path(parent) for parent, _, _ in os.walk(self._folder)]:  # folders go meanwhile
            watch = self._libc.inotify_add_watch(self._handle, os.fsencode(path), sum(_MASKS.values()))
            if watch >= 0:
                self._paths[watch] = path
        while list(self._read()):
            pass

    def await_signs(self, count: int, signs: set[Sign], *, within: float, inside: str = "") -> bool:
        """Wait for so many signs below a folder whose name holds `inside`; tell whether they came in time."""
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._handle], [], [], left)[0]:
                return False
            for path, sign in self._read():
                count -= sign in signs and inside in str(path)
                if count <= 0:
                    return True
        return False

    def close(self) -> None:
        """Stop watching."""
        os.close(self._handle)

    def _read(self) -> Iterator[tuple[Path, Sign]]:
        try:
            data = os.read(self._handle, 65536)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(data):
            watch, mask, _, length = _HEAD.unpack_from(data, offset)
            name = data[offset + _HEAD.size : offset + _HEAD.size + length].rstrip(b"\0").decode()
            offset += _HEAD.size + length
            for sign, bit in _MASKS.items():
                if mask & bit and watch in self._paths:
                    yield self._paths[watch] / name, sign
