"""What the tests of reading signals have in common: the app on both channels, and states of the page."""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from feedback_store.events import Signal, parse_feedback
from tests.ui.conftest import Serve

PATIENCE_SECONDS = 30

# A headless browser has no other tab that could cover this one, and always has the focus: both are told to the page.
_STATES = """
  const visible = state => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  };
  const focused = state => {
    document.hasFocus = () => state;
    window.dispatchEvent(new Event(state ? "focus" : "blur"));
  };
  const wait = ms => new Promise(done => setTimeout(done, ms));
  const container = turn => document.querySelector(`.st-key-fbw-turn-${turn}`);
  const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));

  // A busy computer takes its time: a moment is [not before, not after], and so is the time between two.
  const at = act => { const from = performance.now(); act(); return [from, performance.now()]; };
  const told = () => new Promise(done => // after the observer of the page, which is older
    new IntersectionObserver((_, watcher) => { watcher.disconnect(); done(); }).observe(document.body));
  const scrolled = async act => { const [from] = at(act); await told(); return [from, performance.now()]; };
  const between = (from, to) => [to[0] - from[1], to[1] - from[0]];
  const come = () => at(() => visible("visible"));
  const leave = () => at(() => visible("hidden"));
"""


class App:
    """The tiny app of the observer, and the signals that came of it."""

    def __init__(self, url: str, events: Path, *, posts: bool = True) -> None:
        self.url = url
        self.events = events
        self.posts = posts
        """Whether signals go by POST to a route, or else in Streamlit's own messages."""

    def visit(self, page: Page, *turns: str, **more: object) -> None:
        query = "&".join([*(f"turn={turn}" for turn in turns), *(f"{name}={value}" for name, value in more.items())])
        page.goto(f"{self.url}/?{query}")
        expect(page.get_by_text(f"first {turns[0]}")).to_be_visible()
        expect(page.get_by_role("button", name="Good answer")).to_have_count(len(turns))
        if more.get("consent") != "no":
            await_observer(page)

    def signals(self, turn: str, name: str) -> list[Signal]:
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        events = [parse_feedback(line) for line in lines]
        return [event for event in events if isinstance(event, Signal) and (event.turn_id, event.name) == (turn, name)]

    def total(self, turn: str, name: str) -> float:
        return max(self.signals(turn, name), key=lambda signal: signal.seq).value if self.signals(turn, name) else 0

    def await_total(self, turn: str, name: str, *, at_least: float) -> None:
        """Wait for what arrives although no page is there any more that could say so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.total(turn, name) < at_least:
            assert time.monotonic() < deadline, f"{name} of {turn} is {self.total(turn, name)}, not {at_least}"
            time.sleep(0.05)  # the interval of a poll, not a wait for luck


def start_app(serve: Serve, places: pytest.TempPathFactory, *, posts: bool) -> App:
    events = places.mktemp("events") / "signals.jsonl"
    stem = "routed" if posts else "reading_signals"
    server = serve(stem, EVENTS=str(events), SCRIPT="reading_signals.py", SECRET="s" * 32)
    return App(server.url, events, posts=posts)


def await_observer(page: Page) -> None:
    """Wait until the observer has seen the answers: what it measures from now on is to be exact."""
    wrapper = page.get_by_test_id("stLayoutWrapper").filter(has=page.locator(".st-key-fbw-reading-signals"))
    expect(wrapper.last).to_have_css("position", "absolute")
    happen(page, "await frames(); await frames(); return 0;")


def happen(page: Page, script: str) -> Any:
    """Return what the script returns in the page, where `_STATES` is known. Times are ms of the page's clock."""
    return page.evaluate(f"async () => {{ {_STATES} {script} }}")


def hide(page: Page) -> None:
    """Make the observer report, as when the reader goes to another tab, and await that all is stored."""
    happen(page, "visible('hidden'); return 0;")
    await_delivery(page)


def await_delivery(page: Page) -> None:
    until(page, "Object.keys(localStorage).every(name => !name.startsWith('feedback-widgets.act.'))")


def until(page: Page, condition: str) -> None:
    """Wait for a condition; Playwright's own way is forbidden by a Content Security Policy."""
    happen(page, f"while (!({condition})) await wait(20); return 0;")
