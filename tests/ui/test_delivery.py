"""What a person said arrives, whatever happens on the way: over the POST route and over Streamlit's own connection."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from feedback_store.events import Rating, parse_feedback
from tests.ui.conftest import Serve
from tests.ui.cut_proxy import CutProxy
from tests.ui.server import Server


class App:
    """The thumbs app behind one channel, and the file it stores in."""

    def __init__(self, server: Server, events: Path, *, survives_restart: bool) -> None:
        self.server = server
        self.survives_restart = survives_restart
        self.events = events
        self.outage = events.with_suffix(".outage")

    def rows(self, turn: str) -> list[Rating]:
        """Every row as it was stored, repetitions included."""
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        events = [parse_feedback(line) for line in lines]
        return [event for event in events if isinstance(event, Rating) and event.turn_id == turn]

    def scores(self, turn: str) -> list[float | None]:
        return [row.score for row in self.rows(turn)]


CHANNELS: dict[str, tuple[str, dict[str, str]]] = {
    "route": ("routed", {"SCRIPT": "thumbs.py", "SECRET": "s" * 32}),
    "route-without-secret": ("routed", {"SCRIPT": "thumbs.py"}),
    "trigger": ("thumbs", {}),
}


@pytest.fixture(scope="module")
def start(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], App]:
    folder = tmp_path_factory.mktemp("events")

    def start(channel: str) -> App:
        stem, env = CHANNELS[channel]
        events = folder / f"{channel}.jsonl"
        return App(serve(stem, EVENTS=str(events), **env), events, survives_restart="SECRET" in env)

    return start


@pytest.fixture(params=["route", "trigger"])
def app(request: pytest.FixtureRequest, start: Callable[[str], App]) -> Iterator[App]:
    started = start(request.param)
    yield started
    started.outage.unlink(missing_ok=True)


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex


def good(page: Page, turn: str) -> Locator:
    return page.get_by_role("button", name=f"Good answer: How do I pack the parcel {turn}?")


def bad(page: Page, turn: str) -> Locator:
    return page.get_by_role("button", name=f"Bad answer: How do I pack the parcel {turn}?")


def status(page: Page, turn: str) -> Locator:
    return page.get_by_test_id(f"fbw-thumbs-{turn}").get_by_role("status")


def await_saved(page: Page, turn: str) -> None:
    expect(status(page, turn)).to_have_text("Saved")


def await_empty_outbox(page: Page) -> None:
    waiting = "Object.keys(localStorage).filter(name => name.startsWith('feedback-widgets.act.')).length"
    page.wait_for_function(f"{waiting} === 0")


def await_kept(page: Page, turn: str) -> None:
    expect(status(page, turn)).to_have_text("Not saved yet. Kept on this device, sent again by itself.")


def rerun_if_needed(app: App, page: Page) -> None:
    """After a restart Streamlit knows neither session nor fragment; without a secret the next rerun brings tokens."""
    if not app.survives_restart:
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-connection-state", "CONNECTED")
        page.get_by_role("button", name="Rerun").click()


def visit(page: Page, url: str, *turns: str) -> None:
    page.goto(f"{url}/?{'&'.join(f'turn={turn}' for turn in turns)}")
    expect(good(page, turns[-1])).to_be_visible()


def test_a_click_is_one_row_and_reruns_nothing(app: App, page: Page, turn: str) -> None:
    visit(page, app.server.url, turn)
    good(page, turn).click()
    await_saved(page, turn)
    assert app.scores(turn) == [1.0]
    expect(page.get_by_text("run 1", exact=True)).to_be_visible()


def test_every_one_of_many_rapid_clicks_is_stored_once_and_in_order(app: App, page: Page, turn: str) -> None:
    visit(page, app.server.url, turn)
    for _ in range(5):
        page.get_by_test_id(f"fbw-thumbs-{turn}").evaluate(
            "root => root.querySelectorAll('.icon[aria-pressed]').forEach(button => button.click())"
        )
    expect(bad(page, turn)).to_have_attribute("aria-pressed", "true")
    await_empty_outbox(page)  # "Saved" may still be said of an earlier click
    assert app.scores(turn) == [1.0, 0.0] * 5


def test_a_click_while_an_answer_streams_is_stored_and_leaves_the_stream_alone(app: App, page: Page, turn: str) -> None:
    other = uuid.uuid4().hex
    visit(page, app.server.url, turn, other)
    page.get_by_role("button", name="Stream").click()
    expect(page.get_by_text("token 2.")).to_be_visible()
    good(page, turn).click()
    bad(page, turn).click()
    bad(page, other).click()
    expect(page.get_by_text("stream ended")).to_be_hidden(timeout=1)
    expect(page.get_by_text("stream ended")).to_be_visible()
    await_saved(page, turn)
    await_saved(page, other)
    assert app.scores(turn) == [1.0, 0.0]
    assert app.scores(other) == [0.0]


def test_clicks_while_the_connection_is_cut_arrive_when_it_is_back(app: App, page: Page, turn: str) -> None:
    with CutProxy(app.server.port) as proxy:
        visit(page, proxy.url, turn)
        proxy.cut()
        good(page, turn).click()
        bad(page, turn).click()
        await_kept(page, turn)
        assert app.scores(turn) == []
        proxy.mend()
        await_saved(page, turn)
    assert app.scores(turn) == [1.0, 0.0]


def test_a_click_whose_acknowledgement_is_lost_is_stored_once(app: App, page: Page, turn: str) -> None:
    with CutProxy(app.server.port) as proxy:
        visit(page, proxy.url, turn)
        proxy.lose_replies()
        good(page, turn).click()
        await_kept(page, turn)
        proxy.mend()
        await_saved(page, turn)
    assert app.scores(turn) == [1.0]


def test_while_the_store_fails_the_click_is_kept_and_then_stored(app: App, page: Page, turn: str) -> None:
    visit(page, app.server.url, turn)
    app.outage.touch()
    good(page, turn).click()
    await_kept(page, turn)
    expect(good(page, turn)).to_have_attribute("aria-pressed", "true")
    app.outage.unlink()
    await_saved(page, turn)
    assert app.scores(turn) == [1.0]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_click_survives_the_death_of_the_server(
    channel: str, start: Callable[[str], App], page: Page, turn: str
) -> None:
    app = start(channel)
    visit(page, app.server.url, turn)
    app.server.stop(kill=True)
    good(page, turn).click()
    await_kept(page, turn)
    app.server.start()
    rerun_if_needed(app, page)
    await_saved(page, turn)
    assert app.scores(turn) == [1.0]


def test_a_click_that_was_stored_but_not_acknowledged_keeps_its_id_over_a_restart(
    app: App, page: Page, turn: str
) -> None:
    with CutProxy(app.server.port) as proxy:
        visit(page, proxy.url, turn)
        proxy.lose_replies()
        good(page, turn).click()
        await_kept(page, turn)
        app.server.restart(kill=True)
        proxy.mend()
        rerun_if_needed(app, page)
        await_saved(page, turn)
    rows = app.rows(turn)
    assert {row.event_id for row in rows} == {rows[0].event_id}  # a store knows a repeated event by its id


def test_a_reload_keeps_the_click_and_shows_it(app: App, page: Page, turn: str) -> None:
    visit(page, app.server.url, turn)
    app.outage.touch()
    good(page, turn).click()
    await_kept(page, turn)
    page.reload()
    expect(good(page, turn)).to_have_attribute("aria-pressed", "true")
    app.outage.unlink()
    await_saved(page, turn)
    assert app.scores(turn) == [1.0]


def test_a_tab_that_was_closed_delivers_when_it_is_opened_again(
    app: App, own_page: Page, turn: str, new_context: Callable[..., BrowserContext]
) -> None:
    visit(own_page, app.server.url, turn)
    app.outage.touch()
    good(own_page, turn).click()
    await_kept(own_page, turn)
    on_disk = own_page.context.storage_state()
    own_page.context.close()
    app.outage.unlink()
    assert app.scores(turn) == []
    later = new_context(storage_state=on_disk).new_page()
    visit(later, app.server.url, turn)
    await_saved(later, turn)
    assert app.scores(turn) == [1.0]


def test_two_tabs_share_one_outbox_without_doubling(app: App, page: Page, turn: str) -> None:
    visit(page, app.server.url, turn)
    second = page.context.new_page()
    visit(second, app.server.url, turn)
    app.outage.touch()
    good(page, turn).click()
    bad(second, turn).click()
    await_kept(second, turn)
    app.outage.unlink()
    await_saved(second, turn)
    await_saved(page, turn)
    assert app.scores(turn) == [1.0, 0.0]


def test_a_click_in_the_last_moment_of_a_page_is_not_lost(app: App, page: Page, turn: str) -> None:
    visit(page, app.server.url, turn)
    good(page, turn).evaluate("button => { button.click(); location.assign('about:blank'); }")
    page.wait_for_url("about:blank")
    visit(page, app.server.url, turn)
    expect(good(page, turn)).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("Object.keys(localStorage).every(name => !name.startsWith('feedback-widgets.act.'))")
    assert app.scores(turn) == [1.0]


def test_where_the_route_is_missing_the_act_goes_by_the_trigger(app: App, own_page: Page, turn: str) -> None:
    own_page.route("**/feedback", lambda route: route.fulfill(status=405, body="no such route"))
    visit(own_page, app.server.url, turn)
    good(own_page, turn).click()
    await_saved(own_page, turn)
    assert app.scores(turn) == [1.0]
