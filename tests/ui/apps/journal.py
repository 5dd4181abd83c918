"""The store of the tiny apps: a JSON line per event in the file EVENTS; an outage while EVENTS with .outage exists."""

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from feedback_store.events import Feedback, Turn

EVENTS = Path(os.environ["EVENTS"])
_appending = threading.Lock()


def append(event: Feedback) -> None:
    if EVENTS.with_suffix(".outage").exists():
        msg = "the disk is full"
        raise OSError(msg)
    with _appending, EVENTS.open("a+") as lines:
        lines.seek(0)
        if event.event_id not in {json.loads(line)["event_id"] for line in lines}:  # as every store does
            lines.write(event.model_dump_json() + "\n")


def turn(turn_id: str, **fields: object) -> Turn:
    """A turn that is the same in every session, as one read back from a store would be."""
    asked: dict[str, object] = {
        "turn_id": turn_id,
        "session_id": "session-1",
        "user_id": "ada",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "prompt": f"How do I pack the parcel {turn_id}?",
        "response": "Put it into a **box**.\n\nThen close the box with tape.",
    }
    return Turn.model_validate(asked | fields)
