"""Waits for a condition, never for a time."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], *, within: float = 60) -> None:
    """Return as soon as the condition holds; fail where it does not within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come to hold"
        time.sleep(0.005)
