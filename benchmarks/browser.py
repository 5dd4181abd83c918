"""A browser and a server for the benchmarks of the components, and what they measure with."""

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.ui.conftest import FLAGS
from tests.ui.server import ROOT, Server

Figures = dict[str, float]
LONG_TASKS = """
window.__ends = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.__ends.push(entry.startTime + entry.duration);
}).observe({ type: "longtask", buffered: true });
"""


@contextmanager
def bench() -> Generator[tuple[Browser, Server]]:
    """Start the page of answers, whose journal is in the folder JOURNAL of its environment, and a browser."""
    folder = Path(tempfile.mkdtemp())
    env = {"JOURNAL": str(folder), "PYTHONPATH": str(ROOT)}
    server = Server(ROOT / "benchmarks" / "pages" / "routed.py", log=folder / "log", env=env).start()
    try:
        with sync_playwright() as playwright:
            own = Path(playwright.chromium.executable_path)
            path = own if own.exists() else shutil.which("chromium") or shutil.which("google-chrome")
            yield playwright.chromium.launch(executable_path=path, args=FLAGS, chromium_sandbox=False), server
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def visit(browser: Browser) -> Generator[tuple[Page, CDPSession]]:
    """Open the page of answers with one kind of control, in a browser that knows nothing yet."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.add_init_script(LONG_TASKS)
    cdp = context.new_cdp_session(page)
    for domain in ("Network", "Performance", "HeapProfiler"):
        ask(cdp, f"{domain}.enable")
    try:
        yield page, cdp
    finally:
        context.close()


def metrics(cdp: CDPSession) -> Figures:
    return {each["name"]: each["value"] for each in ask(cdp, "Performance.getMetrics")["metrics"]}


def ask(cdp: CDPSession, method: str) -> dict[str, Any]:
    return cdp.send(method)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def lines(folder: Path, name: str) -> list[tuple[float, str]]:
    path = folder / name
    split = (line.split(" ", 1) for line in path.read_text().splitlines()) if path.exists() else ()
    return [(float(moment), rest) for moment, rest in split]


def until(page: Page, done: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if done():
            return
        page.wait_for_timeout(2)
    raise TimeoutError
