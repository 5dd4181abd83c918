"""Real Chromium and real servers for the browser tests. A failed test leaves a screenshot in `test-artefacts/`."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    WebError,
    expect,
    sync_playwright,
)

from demo.models.local_server import Endpoint, LocalServer
from demo.models.weights import QWEN_0_5B, joined
from demo.settings import Settings
from tests.ui.recorder import Recorder
from tests.ui.server import ROOT, Server
from tests.ui.warm_page import SIZE, WarmPage

ARTEFACTS = ROOT / "test-artefacts"
APPS = Path(__file__).parent / "apps"
PATIENCE_MS = 30_000
FAULTS = "an uncaught error in the page, or something that it was forbidden to load"
SYSTEM_BROWSERS = (
    "chromium-headless-shell",  # the same engine without a browser's own windows: half the work for each page
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",  # drawn by the processor without a graphics process: a sixth less work for each page
    "--disable-software-rasterizer",
]

Serve = Callable[..., Server]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        expect.set_options(timeout=PATIENCE_MS)
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium(playwright), args=FLAGS, chromium_sandbox=False)
    yield launched
    launched.close()


def chromium(playwright: Playwright) -> str | None:
    """Return where the system's Chromium is; None where Playwright has its own, which it finds by itself."""
    if Path(playwright.chromium.executable_path).exists():
        return None
    system = next((found for name in SYSTEM_BROWSERS if (found := shutil.which(name))), None)
    if system is None:
        pytest.fail("no Chromium found: run scripts/test, which installs one, or `playwright install chromium`")
    return system


@pytest.fixture
def new_context(browser: Browser, request: pytest.FixtureRequest) -> Generator[Callable[..., BrowserContext]]:
    """Make browser contexts: each is a person of its own, with a browser that never loaded anything."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(**options: object) -> BrowserContext:
        contexts.append(new_reader(browser, **options))
        watch(contexts[-1], faults)
        return contexts[-1]

    yield make
    for number, context in enumerate(contexts):
        keep_picture(request, context, number)
        context.close()
    assert faults == [], FAULTS


@pytest.fixture(scope="session")
def warm(browser: Browser) -> WarmPage:
    return WarmPage(lambda: new_reader(browser))


@pytest.fixture
def page(warm: WarmPage, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of somebody who was never here, in a process that has Streamlit's scripts already."""
    faults: list[str] = []
    page = warm.open()
    unwatch = watch(page.context, faults)
    yield page
    keep_picture(request, page.context, 0)
    unwatch()
    assert faults == [], FAULTS


@pytest.fixture
def own_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of its own, for what would stay in a shared one: scripts that run first, routes, listeners."""
    return new_context().new_page()


def new_reader(browser: Browser, **options: object) -> BrowserContext:
    defaults: dict[str, object] = {"viewport": SIZE, "color_scheme": "light", "reduced_motion": "reduce"}
    context = browser.new_context(**(defaults | options))  # pyright: ignore[reportArgumentType]
    context.set_default_timeout(PATIENCE_MS)
    return context


def watch(context: BrowserContext, faults: list[str]) -> Callable[[], None]:
    """Note what goes wrong in the pages of a context, until the returned function is called."""

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def catch(error: WebError) -> None:
        faults.append(str(error.error))

    context.on("console", hear)
    context.on("weberror", catch)

    def unwatch() -> None:
        context.remove_listener("console", hear)
        context.remove_listener("weberror", catch)

    return unwatch


def keep_picture(request: pytest.FixtureRequest, context: BrowserContext, number: int) -> None:
    """Leave a screenshot of each page of a failed test."""
    if not getattr(request.node, "failed", False):
        return
    ARTEFACTS.mkdir(exist_ok=True)
    for place, page in enumerate(context.pages):
        if not page.is_closed():
            page.screenshot(path=ARTEFACTS / f"failed-{request.node.name}-{number}-{place}.png", full_page=True)


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start a server for a script (once for the same script and environment), and stop them all at the end."""
    running: dict[tuple[object, ...], Server] = {}

    def start(script: str | Path, **env: str) -> Server:
        path = Path(script) if Path(script).is_absolute() else APPS / f"{script}.py"
        key = (path, *sorted(env.items()))
        if key not in running:
            log = tmp_path_factory.mktemp("server") / f"{path.stem}.log"
            running[key] = Server(path, log=log, env=env).start()
        return running[key]

    yield start
    for server in running.values():
        server.ask_to_stop()  # all at once: each needs a moment
    for server in running.values():
        server.stop()


@pytest.fixture(scope="session")
def small_model() -> Iterator[Endpoint]:
    """The real local model of the tests, one for all of them."""
    cache = Settings.from_env({"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}).cache
    server = LocalServer(lambda progress: joined(QWEN_0_5B, cache, progress))
    yield server.endpoint()
    server.close()


@pytest.fixture(scope="session")
def recorder(small_model: Endpoint) -> Iterator[Recorder]:
    running = Recorder(small_model.base_url)
    yield running
    running.close()


@pytest.fixture(scope="session")
def new_desk(
    serve: Serve, recorder: Recorder, small_model: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Server]:
    """Start the demo with a store of its own, on the real local model behind the recorder."""

    def start(**env: str) -> Server:
        place = tmp_path_factory.mktemp("desk")
        defaults = {
            "FEEDBACK_MODEL": recorder.url,
            "FEEDBACK_STORE": str(place / "feedback"),
            "FEEDBACK_DATA": str(place),
            "OPENAI_API_KEY": small_model.api_key,
        }
        return serve(ROOT / "app.py", **(defaults | env))

    return start


@pytest.fixture(scope="session")
def desk(new_desk: Callable[..., Server]) -> Server:
    """The demo, shared by the tests: each browser context is a person of its own."""
    return new_desk()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.failed = report.failed  # pyright: ignore[reportAttributeAccessIssue]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
