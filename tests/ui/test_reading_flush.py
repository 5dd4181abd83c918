"""How far the last words of a page go: what arrives when it is left, and what when its reader comes back."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.ui.conftest import FLAGS, Serve, chromium
from tests.ui.reading import App, happen, hide, start_app

READ_MS = 2_500
SECOND = 1_000
"""What a page that is killed may lose: it keeps its totals on the device once a second."""

NO_SPARE = "--disable-features=SpareRendererForSitePerProcess"
"""A new page must not be given a process that was killed before it had one."""

Profile = Callable[[], BrowserContext]


def go_elsewhere(page: Page) -> None:
    page.goto("about:blank")


WAYS = (Page.close, Page.reload, go_elsewhere)


@pytest.fixture(scope="module")
def routed(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> App:
    return start_app(serve, tmp_path_factory, posts=True)


@pytest.fixture(scope="module")
def triggered(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> App:
    return start_app(serve, tmp_path_factory, posts=False)


@pytest.fixture(params=["route", "trigger"])
def either(request: pytest.FixtureRequest, routed: App, triggered: App) -> App:
    return routed if request.param == "route" else triggered


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path) -> Iterator[Profile]:
    """Open a browser of one's own, each time with the same profile on disk."""
    opened: list[BrowserContext] = []

    def launch() -> BrowserContext:
        program = chromium(playwright)
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=program, args=[*FLAGS, NO_SPARE], chromium_sandbox=False
        )
        opened.append(context)
        return context

    yield launch
    for context in opened:
        context.close()


def read(app: App, page: Page) -> tuple[str, float]:
    """Read an answer for a while; returns its turn and for how long, all but the last report being still to come."""
    turn = uuid.uuid4().hex
    app.visit(page, turn)
    [watched] = happen(
        page, f"const from = performance.now(); await wait({READ_MS}); return [performance.now() - from];"
    )
    return turn, watched * 0.95


def test_what_was_read_arrives_when_the_tab_is_hidden(either: App, page: Page) -> None:
    turn, watched = read(either, page)
    hide(page)
    assert either.total(turn, "dwell") >= watched


@pytest.mark.parametrize("leave", WAYS)
def test_what_was_read_arrives_when_the_page_is_left_and_there_is_a_route(
    routed: App, page: Page, leave: Callable[[Page], object]
) -> None:
    turn, watched = read(routed, page)
    leave(page)
    routed.await_total(turn, "dwell", at_least=watched)


@pytest.mark.parametrize("leave", WAYS)
def test_without_a_route_what_was_read_arrives_at_the_latest_when_the_reader_comes_back(
    triggered: App, page: Page, leave: Callable[[Page], object]
) -> None:
    context = page.context
    turn, watched = read(triggered, page)
    leave(page)
    triggered.visit(context.new_page(), turn)
    triggered.await_total(turn, "dwell", at_least=watched)


def test_what_was_read_before_the_browser_was_closed_arrives_when_the_reader_comes_back(
    either: App, profile: Profile
) -> None:
    first = profile()
    turn, watched = read(either, first.new_page())
    first.close()
    either.visit(profile().new_page(), turn)
    either.await_total(turn, "dwell", at_least=watched - SECOND)


def test_what_was_read_before_the_page_was_killed_arrives_when_the_reader_comes_back(
    either: App, profile: Profile, tmp_path: Path
) -> None:
    context = profile()
    [page] = context.pages
    turn, watched = read(either, page)
    with page.expect_event("crash"):
        kill_pages_of(tmp_path / "profile")
    either.visit(context.new_page(), turn)
    either.await_total(turn, "dwell", at_least=watched - SECOND)


def kill_pages_of(profile: Path) -> None:
    """Kill -9 the processes that draw pages, of the browser with this profile and of no other."""
    killed = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
        if "--type=renderer" in words and browser_of(int(process.name), profile):
            os.kill(int(process.name), signal.SIGKILL)
            killed += 1
    assert killed, "no page was killed"


def browser_of(pid: int, profile: Path) -> bool:
    """Tell whether a process descends from the browser with this profile."""
    while pid > 1:
        place = Path("/proc") / str(pid)
        if f"--user-data-dir={profile}\0" in (place / "cmdline").read_bytes().decode(errors="replace"):
            return True
        pid = int((place / "stat").read_text().rpartition(")")[2].split()[1])
    return False
