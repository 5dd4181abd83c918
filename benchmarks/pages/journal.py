"""Where the page of answers notes what reached Python: events, callbacks and runs, a line each, with its time in ms."""

import os
import time
from pathlib import Path

from feedback_store import Feedback


def keep(event: Feedback) -> None:
    """Store an event."""
    _add("events", event.model_dump_json())


def called(key: object) -> None:
    """Note that a peer's callback ran."""
    _add("callbacks", str(key))


def ran(session: str) -> None:
    """Note a full run of the script."""
    _add("runs", session)


def _add(name: str, line: str) -> None:
    with (Path(os.environ["JOURNAL"]) / name).open("a", encoding="utf-8") as file:
        file.write(f"{time.time() * 1000:.3f} {line}\n")
