"""What the tiny apps store with: one JSON line per event in the file EVENTS, and an outage while EVENTS.outage exists."""

import os
from pathlib import Path

from feedback_store.events import Feedback, Turn

EVENTS = Path(os.environ["EVENTS"])


def append(event: Feedback) -> None:
    if EVENTS.with_suffix(".outage").exists():
        msg = "the disk is full"
        raise OSError(msg)
    with EVENTS.open("a") as lines:
        lines.write(event.model_dump_json() + "\n")


def turn(turn_id: str, **fields: object) -> Turn:
    """A turn that is the same in every session, as one read back from a store would be."""
    asked: dict[str, object] = {
        "turn_id": turn_id,
        "session_id": "session-1",
        "user_id": "ada",
        "prompt": f"How do I pack the parcel {turn_id}?",
        "response": "Put it into a **box**.\n\nThen close the box with tape.",
    }
    return Turn.model_validate(asked | fields)
