"""The question whether reading may be observed; and a no means: nothing loaded, listened to, or kept."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.ui.axe import faults
from tests.ui.conftest import Serve
from tests.ui.reading import App, await_observer, happen, hide, start_app
from tests.ui.server import Server
from tests.ui.warm_page import Scheme

PRIVATE = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
NOTE_LISTENERS = """
  window.heard = [];
  const plain = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...more) {
    if (new Error().stack.includes("reading_signals.js")) window.heard.push(type);
    return plain.call(this, type, ...more);
  };"""
KEPT = "Object.keys(localStorage).filter(name => /^feedback-widgets.(act|read)/.test(name))"


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Without `st.App`: the question needs no route."""
    return serve("reading_consent", EVENTS=str(tmp_path_factory.mktemp("events") / "signals.jsonl"))


@pytest.fixture
def app(server: Server) -> App:
    return App(server.url, Path(server.env["EVENTS"]), posts=False)


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def outage(app: App) -> Iterator[Path]:
    """While it lasts, what is sent is not kept, so that it waits on the device."""
    place = app.events.with_suffix(".outage")
    place.touch()
    yield place
    place.unlink(missing_ok=True)


def visit(app: App, page: Page, turn: str, user: str = "ada") -> None:
    page.goto(f"{app.url}/?turn={turn}&user={user}")
    expect(page.get_by_text(f"first {turn}")).to_be_visible()
    expect(region(page)).to_be_visible()


def region(page: Page) -> Locator:
    return page.get_by_role("region", name="Sharing how you read")


def toggle(page: Page) -> Locator:
    return region(page).get_by_role("switch", name="Share how I read")


def press(page: Page, name: str) -> None:
    region(page).get_by_role("button", name=name).click()


def knows(page: Page, runs: int, consent: str, user: str = "ada") -> None:
    expect(page.get_by_text(f"Run {runs}: consent is {consent} for {user}", exact=True)).to_be_visible()


def test_until_it_is_answered_and_after_a_no_nothing_is_loaded_observed_or_sent(
    app: App, own_page: Page, turn: str
) -> None:
    loaded: list[str] = []
    own_page.on("request", lambda request: loaded.append(request.url))
    visit(app, own_page, turn)
    expect(region(own_page)).to_contain_text("Never any text.")
    knows(own_page, 1, "False")
    press(own_page, "No thanks")
    expect(region(own_page).get_by_role("status")).to_have_text(
        "Nothing is recorded. What was not sent yet is deleted."
    )
    happen(own_page, "await wait(600); return 0;")
    hide(own_page)
    own_page.reload()
    expect(toggle(own_page)).not_to_be_checked()
    knows(own_page, 1, "False")
    assert not any("reading_signals" in url for url in loaded)
    assert own_page.evaluate(KEPT) == []
    assert app.signals(turn, "dwell") == []


def test_a_yes_reaches_python_in_the_very_run_and_is_remembered_over_reloads_and_sessions(
    app: App, page: Page, turn: str
) -> None:
    visit(app, page, turn)
    press(page, "Allow")
    knows(page, 2, "True")
    expect(region(page).get_by_role("status")).to_have_text("Thank you. It is shared from now on.")
    await_observer(page)
    page.reload()
    knows(page, 2, "True")  # one run that does not know yet, and one that does
    expect(toggle(page)).to_be_checked()
    expect(region(page).get_by_role("status")).to_be_empty()
    page.get_by_role("button", name="Rerun").click()
    knows(page, 3, "True")
    happen(page, "await wait(600); return 0;")
    hide(page)
    assert app.total(turn, "dwell") > 500


def test_a_yes_outlives_a_restart_of_the_server(serve: Serve, tmp_path: Path, page: Page, turn: str) -> None:
    server = serve("reading_consent", EVENTS=str(tmp_path / "signals.jsonl"))
    app = App(server.url, tmp_path / "signals.jsonl", posts=False)
    visit(app, page, turn)
    press(page, "Allow")
    knows(page, 2, "True")
    server.restart(kill=True)
    page.reload()
    knows(page, 2, "True")


def test_it_is_answered_by_keyboard_and_the_focus_goes_on_to_the_switch(app: App, page: Page, turn: str) -> None:
    visit(app, page, turn)
    expect(region(page).get_by_role("button", name="Allow")).not_to_be_focused()
    page.get_by_role("button", name="Rerun").focus()
    page.keyboard.press("Tab")
    expect(region(page).get_by_role("button", name="Allow")).to_be_focused()
    page.keyboard.press("Enter")
    expect(toggle(page)).to_be_focused()
    expect(toggle(page)).to_be_checked()
    knows(page, 2, "True")
    expect(toggle(page)).to_be_focused()
    page.keyboard.press("Space")
    expect(toggle(page)).not_to_be_checked()
    knows(page, 3, "False")


@pytest.mark.usefixtures("outage")
def test_taking_it_back_stops_at_once_and_drops_what_was_not_sent(
    app: App, page: Page, turn: str, outage: Path
) -> None:
    visit(app, page, turn)
    press(page, "Allow")
    await_observer(page)
    happen(page, "await wait(600); visible('hidden'); return 0;")
    page.wait_for_function(f"{KEPT}.some(name => name.includes('.act.'))")
    stranger = """Object.entries({
      "feedback-widgets.act.x": { id: "x", owner: "someone", act: { act: "signal" } },
      "feedback-widgets.act.y": { id: "y", owner: "someone", act: { act: "rating" } },
      "feedback-widgets.read.someone.t": {},
    }).forEach(([name, entry]) => localStorage.setItem(name, JSON.stringify(entry)))"""
    page.evaluate(stranger)
    happen(page, "visible('visible'); return 0;")
    toggle(page).click()
    others = ["feedback-widgets.act.x", "feedback-widgets.act.y", "feedback-widgets.read.someone.t"]
    assert sorted(page.evaluate(KEPT)) == others
    knows(page, 3, "False")
    outage.unlink()
    happen(page, "await wait(1200); visible('hidden'); return 0;")
    assert sorted(page.evaluate(KEPT)) == others
    page.reload()
    expect(toggle(page)).not_to_be_checked()
    assert app.signals(turn, "dwell") == []


def test_a_no_in_another_tab_counts_here_too_and_so_does_a_yes(app: App, page: Page, turn: str) -> None:
    visit(app, page, turn)
    press(page, "Allow")
    knows(page, 2, "True")
    other = page.context.new_page()
    visit(app, other, turn)
    knows(other, 2, "True")
    toggle(other).click()
    expect(toggle(page)).not_to_be_checked()
    knows(page, 3, "False")
    toggle(other).click()
    knows(page, 4, "True")
    await_observer(page)
    happen(page, "await wait(600); return 0;")
    hide(page)
    assert app.total(turn, "dwell") > 500


def test_the_next_person_at_the_same_browser_is_asked_anew(app: App, page: Page, turn: str) -> None:
    visit(app, page, turn)
    press(page, "Allow")
    knows(page, 2, "True")
    visit(app, page, turn, user="bob")
    knows(page, 1, "False", "bob")
    expect(region(page).get_by_role("button", name="Allow")).to_be_visible()
    visit(app, page, turn)
    knows(page, 2, "True")


def test_a_browser_that_asks_not_to_be_observed_is_not_even_asked(
    app: App, own_page: Page, turn: str, new_context: Callable[..., BrowserContext]
) -> None:
    visit(app, own_page, turn)
    press(own_page, "Allow")
    knows(own_page, 2, "True")
    own_page.add_init_script(PRIVATE)
    own_page.reload()
    expect(region(own_page)).to_contain_text("Your browser asks not to be observed: nothing is.")
    expect(region(own_page).get_by_role("button")).to_have_count(0)
    expect(toggle(own_page)).to_have_count(0)
    knows(own_page, 1, "False")
    assert own_page.evaluate(KEPT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(app: App, page: Page, turn: str, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    visit(app, page, turn)
    assert faults(page, ".st-key-fbw-reading-consent") == []
    press(page, "Allow")
    knows(page, 2, "True")
    assert faults(page, ".st-key-fbw-reading-consent") == []


@pytest.mark.parametrize("private", [True, False])
def test_with_global_privacy_control_no_listener_is_attached_whatever_the_app_says(
    serve: Serve, tmp_path_factory: pytest.TempPathFactory, own_page: Page, turn: str, *, private: bool
) -> None:
    app = start_app(serve, tmp_path_factory, posts=True)
    own_page.add_init_script(NOTE_LISTENERS)
    if private:
        own_page.add_init_script(PRIVATE)
    app.visit(own_page, turn)
    happen(own_page, "await wait(600); visible('hidden'); return 0;")
    heard: list[str] = own_page.evaluate("window.heard")
    if private:
        assert heard == []
        assert own_page.evaluate(KEPT) == []
        assert app.signals(turn, "dwell") == []
    else:
        assert {"copy", "pointermove", "visibilitychange", "feedback-widgets:panel"} <= set(heard)


def test_an_app_s_own_toggle_taken_back_drops_what_was_not_sent(
    serve: Serve, tmp_path_factory: pytest.TempPathFactory, page: Page, turn: str
) -> None:
    app = start_app(serve, tmp_path_factory, posts=True)
    app.visit(page, turn, consent="no")
    without = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    page.goto(f"{app.url}/?turn={turn}&consent=toggle")
    page.get_by_text("Share how I read").click()
    await_observer(page)
    page.wait_for_function(f"{KEPT}.length > 0")
    page.get_by_text("Share how I read").click()
    page.wait_for_function(f"{KEPT}.length === 0")
    happen(page, "await wait(1200); visible('hidden'); return 0;")
    assert page.evaluate(KEPT) == []
    app.visit(page, turn)
    assert page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight") == without
