"""What the apps of the browser tests have in common: one answer on a page that moves, and a place for the events.

The events of a run (`?run=<name>`) are JSON lines in `$KEPT/<name>.jsonl`; while `$KEPT/<name>.refuse` exists, none is
kept.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import streamlit as st
from playwright.sync_api import Page, expect

from feedback_store.events import Correction, Feedback, Turn, parse_feedback
from tests.ui.server import Server

QUESTION = "What is the meal cap in Norway?"
ANSWER = "The **cap** is 60 EUR per day.\n\n- Breakfast is included.\n- Alcohol is not.\n"


def scene(*, user_id: str = "ada", answer: str = ANSWER, **more: object) -> Turn:
    """Draw a page that can rerun, shift and stream, with one answer on it, and return its turn."""
    st.button("Rerun")
    stream = st.container()
    if st.button("Stream"):
        stream.write_stream(_slowly())
    if st.toggle("Banner"):
        st.info("A banner has appeared and moved everything below it.")
    with st.chat_message("assistant"):
        st.text(answer)
    run = st.query_params.get("run", "default")
    return Turn.model_validate(
        {
            "turn_id": f"turn-{run}",
            "session_id": run,
            "user_id": user_id,
            "prompt": QUESTION,
            "response": answer,
            **more,
        }
    )


def keep(event: Feedback) -> None:
    """Keep an event of this run, or refuse it like a store on a full disk."""
    place = Path(os.environ["KEPT"])
    if (place / f"{event.session_id}.refuse").exists():
        message = "no space left on device"
        raise OSError(message)
    with (place / f"{event.session_id}.jsonl").open("a", encoding="utf-8") as file:
        file.write(event.model_dump_json() + "\n")


class Kept:
    """The events of one run, as the test sees them."""

    def __init__(self, place: Path, run: str) -> None:
        self._file, self._refuse = place / f"{run}.jsonl", place / f"{run}.refuse"
        self.run = run

    def events(self) -> list[Feedback]:
        return [parse_feedback(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []

    def corrections(self) -> list[Correction]:
        return [event for event in self.events() if isinstance(event, Correction)]

    def refuse(self, *, until_further_notice: bool = True) -> None:
        if until_further_notice:
            self._refuse.touch()
        else:
            self._refuse.unlink()


def open_scene(page: Page, server: Server, **query: str) -> Kept:
    """Open the app in a run of its own and wait until it has been drawn."""
    run = uuid4().hex[:12]
    more = "".join(f"&{name}={value}" for name, value in query.items())
    page.goto(f"{server.url}/?run={run}{more}")
    expect(page.get_by_role("button", name="Rerun")).to_be_visible()
    return Kept(Path(server.env["KEPT"]), run)


def _slowly() -> Iterator[str]:
    for number in range(20):
        yield f"word{number} "
        time.sleep(0.1)  # the pace of a model, on the server's side
    yield "the end of the stream"
