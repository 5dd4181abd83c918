"""Whether there is memory to spare: of this computer, and of the container that this process may be in."""

from pathlib import Path
from typing import Final

_GROUPS: Final = (
    ("memory.max", "memory.current"),  # version 2 of Linux's control groups
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),  # version 1
)


def is_plenty(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> bool:
    """Tell whether more than half of the memory is free, or would be at once; False where that is not told.

    Only Linux tells. In a container with a limit what its files take in the cache counts as taken: less is kept then
    than could be.

    Args:
        proc: where the kernel tells of this computer's memory.
        groups: where it tells of the container's.

    """
    try:
        told = dict(line.split(":", 1) for line in (proc / "meminfo").read_text().splitlines())
        total, free = (int(told[name].removesuffix("kB")) for name in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError, ValueError):
        return False
    return 2 * free > total and not any(_is_half_full(groups / most, groups / taken) for most, taken in _GROUPS)


def _is_half_full(most: Path, taken: Path) -> bool:
    try:
        return 2 * int(taken.read_text()) >= int(most.read_text())
    except (OSError, ValueError):  # there is no such group, or it has no limit
        return False
