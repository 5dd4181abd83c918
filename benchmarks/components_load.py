"""What each kind of control adds to a page of fifty answers: nodes, bytes, memory, work, and time."""

import argparse
import statistics
from typing import Any

from playwright.sync_api import Browser

from benchmarks import figures
from benchmarks.browser import Figures, ask, metrics, visit
from benchmarks.components_page import QUIET_MS, READY, go
from tests.ui.server import Server

SHARE = "thumbs 1.0, bar 1.5 of st.feedback"
GOALS = {"iframes": "0", "requests": ""} | dict.fromkeys(
    ("DOM nodes", "kB transferred", "JS heap MB", "renderer CPU ms", "ms until interactive"), SHARE
)
NODES = """() => {
  let count = 0;
  const walk = (node) => {
    count += 1;
    if (node.shadowRoot) walk(node.shadowRoot);
    if (node.contentDocument) walk(node.contentDocument);
    for (const child of node.childNodes) walk(child);
  };
  walk(document);
  return count;
}"""


def load_once(browser: Browser, server: Server, arm: str, session: str) -> Figures:
    received: list[float] = []
    requests: list[str] = []

    def framed(event: dict[str, Any]) -> None:
        payload, text = event["response"]["payloadData"], event["response"]["opcode"] == 1
        received.append(len(payload) if text else len(payload) * 3 / 4)  # binary comes in base64

    def loaded(event: dict[str, Any]) -> None:
        received.append(event["encodedDataLength"])
        requests.append(event["requestId"])

    with visit(browser) as (page, cdp):
        cdp.on("Network.loadingFinished", loaded)
        cdp.on("Network.webSocketFrameReceived", framed)
        ready = go(page, server, arm, session)
        page.wait_for_timeout(QUIET_MS)
        ends: list[float] = page.evaluate("window.__ends")
        cpu = metrics(cdp)["ProcessTime"]
        heaps: list[float] = []
        for _ in range(3):
            ask(cdp, "HeapProfiler.collectGarbage")
            heaps.append(metrics(cdp)["JSHeapUsedSize"])
        return {
            "iframes": page.locator("iframe").count(),
            "DOM nodes": page.evaluate(NODES),
            "kB transferred": sum(received) / 1000,
            "requests": len(requests),
            "JS heap MB": min(heaps) / 1e6,
            "renderer CPU ms": cpu * 1000,
            "ms until interactive": max([ready, *(end for end in ends if end < ready + QUIET_MS)]),
        }


def load(browser: Browser, server: Server, options: argparse.Namespace) -> None:
    """Interleave the arms, and report medians over the page without controls."""
    seen: dict[str, list[Figures]] = {arm: [] for arm in READY}
    for turn in range(options.repeat + 1):
        for arm in READY:
            loaded = load_once(browser, server, arm, f"load{turn}{arm.replace('.', '').replace(' ', '')}")
            if turn:  # the first visit makes the server import what the arm needs
                seen[arm].append(loaded)
    middle = {arm: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for arm, runs in seen.items()}
    bare = middle.pop("none")
    for metric in bare:
        added = {arm: run[metric] - bare[metric] for arm, run in middle.items()}
        figures.report(
            "components", "50 answers, added to the page", metric, added, n=options.repeat, goal=GOALS[metric]
        )
