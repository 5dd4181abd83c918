"""Looks at processes as the operating system sees them."""

import contextlib
import os
import select
from pathlib import Path


def children() -> set[int]:
    """The process ids of our children, dead ones that nobody has waited for included."""
    found: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended while we looked
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            found |= {int(process.name)} if int(parent) == os.getpid() else set()
    return found


def await_end(pid: int, seconds: float = 20) -> None:
    """Wait until the process has ended; a process of any parent will do."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            assert select.select([handle], [], [], seconds)[0], f"process {pid} still runs after {seconds} s"
        finally:
            os.close(handle)
