"""The observer in a real browser: its totals against what really happened, and its silence without consent."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from feedback_store.events import Signal, parse_feedback
from tests.ui.conftest import Serve

# Hides or shows the page as far as a script can see: a headless browser has no other tab that could cover it.
TURN_TO = """state => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
# Resolves after so many milliseconds, with the time that really went by.
GO_BY = """ms => new Promise(done => {
  const from = performance.now();
  setTimeout(() => done(performance.now() - from), ms);
})"""


class App:
    def __init__(self, url: str, events: Path) -> None:
        self.url = url
        self.events = events

    def visit(self, page: Page, turn: str, *more: str) -> None:
        page.goto(f"{self.url}/?turn={turn}&{'&'.join(more)}")
        expect(page.get_by_text(f"first {turn}")).to_be_visible()
        expect(page.get_by_role("button", name="Good answer").last).to_be_visible()
        if not more or "consent=no" not in more:
            await_observer(page)

    def signals(self, turn: str, name: str) -> list[Signal]:
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        events = [parse_feedback(line) for line in lines]
        return [event for event in events if isinstance(event, Signal) and (event.turn_id, event.name) == (turn, name)]

    def total(self, turn: str, name: str) -> float:
        return max(self.signals(turn, name), key=lambda signal: signal.seq).value


def await_observer(page: Page) -> None:
    wrapper = page.get_by_test_id("stLayoutWrapper").filter(has=page.locator(".st-key-fbw-reading-signals"))
    expect(wrapper.last).to_have_css("position", "absolute")


@pytest.fixture(scope="module", params=["route", "trigger"])
def app(request: pytest.FixtureRequest, serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> App:
    events = tmp_path_factory.mktemp("events") / f"{request.param}.jsonl"
    stem = "routed" if request.param == "route" else "reading_signals"
    return App(serve(stem, EVENTS=str(events), SCRIPT="reading_signals.py", SECRET="s" * 32).url, events)


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex


def pass_time(page: Page, milliseconds: int) -> float:
    return page.evaluate(GO_BY, milliseconds)


def report(page: Page) -> None:
    """Make the observer report now, as when the reader goes to another tab, and await that all is stored."""
    page.evaluate(TURN_TO, "hidden")
    page.wait_for_function("Object.keys(localStorage).every(name => !name.startsWith('feedback-widgets.act.'))")


def test_dwell_is_the_time_in_view_of_somebody_who_is_there(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn)
    pass_time(page, 300)
    report(page)
    before = app.total(turn, "dwell")
    page.evaluate(TURN_TO, "visible")
    watched = pass_time(page, 2_000)
    page.evaluate(TURN_TO, "hidden")
    pass_time(page, 1_500)
    page.evaluate(TURN_TO, "visible")
    watched += pass_time(page, 2_000)
    report(page)
    assert app.total(turn, "dwell") - before == pytest.approx(watched, rel=0.05)


def test_an_answer_out_of_view_gathers_nothing(app: App, page: Page, turn: str) -> None:
    below = uuid.uuid4().hex
    page.set_viewport_size({"width": 1200, "height": 500})
    app.visit(page, turn, f"turn={below}")
    pass_time(page, 1_000)
    page.get_by_role("button", name=f"Good answer: How do I pack the parcel {below}?").scroll_into_view_if_needed()
    page.mouse.move(600, 250)
    page.mouse.wheel(0, 20_000)
    watched = pass_time(page, 1_500)
    report(page)
    assert app.total(below, "dwell") == pytest.approx(watched, abs=500)


def test_a_reader_without_input_counts_as_away(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn, "idle=1")
    page.mouse.move(300, 300)
    pass_time(page, 3_000)
    report(page)
    assert app.total(turn, "dwell") < 2_000


def test_a_window_without_focus_gathers_nothing(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn)
    page.evaluate("document.hasFocus = () => false")
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    before = page.evaluate("performance.now()")
    pass_time(page, 2_000)
    report(page)
    signals = app.signals(turn, "dwell")
    assert not signals or signals[-1].value < before


def test_totals_go_on_after_a_reload(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn)
    watched = pass_time(page, 1_500)
    page.reload()
    await_observer(page)
    watched += pass_time(page, 1_500)
    report(page)
    assert app.total(turn, "dwell") >= watched * 0.8
    sequence = [signal.seq for signal in app.signals(turn, "dwell")]
    assert sequence == sorted(sequence)
    assert len(sequence) >= 2


def test_a_copy_tells_its_share_and_never_its_words(app: App, page: Page, turn: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    app.visit(page, turn)
    page.get_by_text(f"first {turn}").click(click_count=3)
    page.keyboard.press("Control+c")
    report(page)
    all_text = len(f"first {turn}") + 10 * len(("word " * 40).strip())
    assert app.total(turn, "copy") == pytest.approx(len(f"first {turn}") / all_text, abs=0.002)
    assert not any("word word" in body for body in sent)
    assert "word word" not in app.events.read_text()


def test_the_copy_button_counts_as_the_whole_answer(
    app: App, new_context: Callable[..., BrowserContext], turn: str
) -> None:
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    app.visit(page, turn)
    page.get_by_role("button", name="Copy answer").click()
    report(page)
    assert app.total(turn, "copy") == 1


def test_without_consent_nothing_is_loaded_observed_or_sent(app: App, page: Page, turn: str) -> None:
    requests: list[tuple[str, str]] = []
    page.on("request", lambda request: requests.append((request.method, request.url)))
    app.visit(page, turn, "consent=no")
    page.mouse.move(300, 300)
    pass_time(page, 1_000)
    page.evaluate(TURN_TO, "hidden")
    page.reload()
    expect(page.get_by_text(f"first {turn}")).to_be_visible()
    assert not any("reading_signals" in url or method == "POST" for method, url in requests)
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('feedback-widgets'))") == []
    assert app.signals(turn, "dwell") == []


def test_global_privacy_control_is_no_consent(app: App, page: Page, turn: str) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    with page.expect_response("**/reading_signals.js"):
        page.goto(f"{app.url}/?turn={turn}")
    pass_time(page, 1_000)
    page.evaluate(TURN_TO, "hidden")
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('feedback-widgets'))") == []
    assert app.signals(turn, "dwell") == []


def test_the_observer_takes_no_room_on_the_page(app: App, page: Page, turn: str) -> None:
    height = "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
    app.visit(page, turn, "consent=no")
    without = page.evaluate(height)
    app.visit(page, turn)
    assert page.evaluate(height) == without
