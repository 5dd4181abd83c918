"""What the components cost and how fast they are, beside `st.feedback` and `streamlit-feedback` in the same run.

`load`: 50 answers; what each kind of control adds over the same page without any (cold cache, interleaved, medians).
`click`: from the click to the row (ours) or the callback (`st.feedback`), and the full script runs that it causes.
`reading`: a reader scrolls over 50 answers with the observer on; reruns, main-thread time, dwell against ground truth.
`typing`: 200 keys at 60 ms while another answer streams; lost keys, time from key to painted letter.

Run: `python -m benchmarks components [load click reading typing] [--repeat N] [--seconds S]`.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from benchmarks import figures
from benchmarks.browser import Figures, ask, bench, lines, metrics, until, visit
from feedback_store import Signal, parse_feedback
from tests.ui.server import Server

READY = {
    "none": "[data-testid=stChatMessage]",
    "st.feedback": "[data-testid=stFeedback]",
    "empty v2": ".stBidiComponent",
    "thumbs": "[data-testid^=fbw-thumbs]",
    "bar": "[data-testid^=fbw-feedback-bar]",
    "streamlit-feedback": "svg",
}
"""What there is one of at least, in each arm, for each answer that can be spoken about."""
STAMP = """([selector, count]) => new Promise((done) => {
  const inside = (root) => root.querySelectorAll(selector).length;
  const look = () => {
    const all = (every) => [...document.querySelectorAll(every)];
    const shadows = all(".stBidiComponent, .stBidiComponent *").map((each) => each.shadowRoot).filter(Boolean);
    const frames = all("iframe").filter(({ contentDocument }) => contentDocument && inside(contentDocument));
    const found = frames.length + [document, ...shadows].reduce((sum, root) => sum + inside(root), 0);
    if (found >= count) done(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""
"""The moment of the frame in which all are there: a test's own waiting asks only now and then."""
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
QUIET_MS = 1_500


report = partial(figures.report, "components")


def go(page: Page, server: Server, arm: str, session: str, count: int = 50) -> float:
    """Load the page until its last control is there; returns the ms until then."""
    page.goto(f"{server.url}/?arm={arm}&session={session}&n={count}", wait_until="commit")
    return page.evaluate(STAMP, [READY.get(arm, READY["none"]), count])


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
        report("50 answers, added to the page", metric, added, n=options.repeat, goal=GOALS[metric])


CLICKED = "a click"
REST_MS = 500
"""After each run of a script Streamlit collects garbage, which stops the server: no click is to wait for it."""
CLICK = "control => { const now = performance.timeOrigin + performance.now(); control.click(); return now; }"


def click(browser: Browser, server: Server, options: argparse.Namespace) -> None:
    """Click in turns on two open pages, so that both meet the same machine."""
    folder = Path(server.env["JOURNAL"])
    clicks = min(40, options.repeat * 8)
    names = {"bar": ("events", "[part=bad]"), "st.feedback": ("callbacks", "[aria-label='Thumbs down']")}
    waits: dict[str, list[float]] = {arm: [] for arm in names}
    with (
        visit(browser) as (ours, _),
        visit(browser) as (native, _),
    ):
        pages = {"bar": ours, "st.feedback": native}
        for arm, page in pages.items():
            go(page, server, arm, f"click{arm.replace('.', '')}")
            page.wait_for_timeout(QUIET_MS)
        runs = len(lines(folder, "runs"))
        for number in range(clicks):
            for arm, page in pages.items():
                name, control = names[arm]
                before = len(lines(folder, name))
                clicked = page.locator(control).nth(number).evaluate(CLICK)
                until(page, lambda name=name, before=before: len(lines(folder, name)) > before)
                waits[arm].append(lines(folder, name)[before][0] - clicked)
                page.wait_for_timeout(REST_MS)
        done = len(lines(folder, "runs")) - runs
        report(CLICKED, "full script runs", {"bar": done}, n=clicks, goal="0")
    for name, value in (("median", 0.5), ("p95", 0.95)):
        found = {arm: sorted(all_)[int(len(all_) * value)] for arm, all_ in waits.items()}
        report(CLICKED, f"ms to row or callback, {name}", found, n=clicks, goal="1.2 of st.feedback")


SAMPLER = """() => {
  const truth = (window.__truth = {});
  let before = performance.now();
  setInterval(() => {
    const now = performance.now();
    const top = document.querySelector("[data-testid=stHeader]")?.getBoundingClientRect().height ?? 0;
    const cover = document.querySelector("[data-testid=stBottom]")?.getBoundingClientRect().height ?? 0;
    const bottom = innerHeight - cover;
    for (const each of document.querySelectorAll("[class*=st-key-fbw-turn-]")) {
      const box = each.getBoundingClientRect();
      const height = Math.min(box.bottom, bottom) - Math.max(box.top, top);
      if (height / box.height < 0.5 && height < (bottom - top) / 2) continue;
      const [, turn] = /fbw-turn-(\\S+)/.exec(each.className);
      truth[turn] = (truth[turn] ?? 0) + now - before;
    }
    before = now;
  }, 20);
}"""
"""The rule of dwell by plain geometry, every 20 ms: it runs in both arms, so its own cost cancels out."""


LEAVE = """() => {
  document.hasFocus = () => false;
  dispatchEvent(new Event("blur"));
  return { ...window.__truth };
}"""
"""The reader goes to another window, so that what is true and what is measured end together."""
READING = "50 answers, a reader who scrolls"


def scroll(page: Page, seconds: float) -> Figures:
    """Read on: a notch now and then, some longer stops; returns the ms in view by geometry, for each answer."""
    page.mouse.move(600, 450)
    begun = time.monotonic()
    step = 0
    while time.monotonic() - begun < seconds:
        step += 1
        page.mouse.wheel(0, 400 if step % 40 < 30 else -300)
        page.wait_for_timeout(700 if step % 5 == 0 else 150)
    return page.evaluate(LEAVE)


def reading(browser: Browser, server: Server, options: argparse.Namespace) -> None:
    """The same hand on the same page, without and with the observer."""
    folder = Path(server.env["JOURNAL"])
    busy: dict[str, list[float]] = {"none": [], "signals": []}
    truth: Figures = {}
    for turn in range(max(1, options.repeat // 3)):
        for arm, shares in busy.items():
            with visit(browser) as (page, cdp):
                page.add_init_script(f"({SAMPLER})()")
                go(page, server, arm, f"read{arm}{turn}")
                runs, before = len(lines(folder, "runs")), metrics(cdp)["TaskDuration"]
                seen = scroll(page, options.seconds)
                shares.append((metrics(cdp)["TaskDuration"] - before) / options.seconds * 100)
                if arm == "signals":
                    truth |= seen
                    page.wait_for_timeout(6_000)
                    done = len(lines(folder, "runs")) - runs
                    report(READING, "full script runs", {"reading_signals": done}, n=1, goal="0")
    shares = {"no observer": statistics.median(busy["none"]), "reading_signals": statistics.median(busy["signals"])}
    report(READING, "main thread, % of a core", shares, n=len(busy["none"]), goal="1 more at most")
    events = [parse_feedback(line) for _, line in lines(folder, "events")]
    dwell = {event.turn_id: event.value for event in events if isinstance(event, Signal) and event.name == "dwell"}
    errors = [abs(dwell.get(answer, 0.0) - ms) / ms for answer, ms in truth.items() if ms > 1_000]
    total = sum(dwell.get(answer, 0.0) for answer in truth)
    middle, whole = statistics.median(errors) * 100, abs(total / sum(truth.values()) - 1) * 100
    report(READING, "dwell error, %, median answer", {"reading_signals": middle}, n=len(errors), goal="5")
    report(READING, "dwell error, %, all together", {"reading_signals": whole}, n=len(truth), goal="5")


LATENCY = """() => {
  window.__latency = [];
  addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
    setTimeout(() => window.__latency.push(performance.now() - timeStamp));
  }), true);
}"""


TYPED = "200 keys while an answer streams"


def typing(browser: Browser, server: Server, options: argparse.Namespace) -> None:
    """Type in the rewrite editor, and in Streamlit's own text area, while another answer streams."""
    keys = min(200, options.repeat * 40)
    text = ("Every letter of this sentence stays. " * 6)[:keys]
    painted: dict[str, list[float]] = {}
    lost: dict[str, float] = {}
    for arm, name in (("bar", "rewrite_editor"), ("textarea", "st.text_area")):
        with visit(browser) as (page, _):
            go(page, server, arm, f"type{arm}", 50)
            if arm == "bar":
                page.locator("[part=open-rewrite]").first.click()
            field = page.locator(".editor textarea" if arm == "bar" else "[data-testid=stTextArea] textarea")
            expect(field).to_be_visible()
            page.get_by_role("button", name="Stream").dispatch_event("click")
            expect(page.get_by_text("word3 ")).to_be_visible()
            field.focus()
            page.evaluate(LATENCY)
            field.press("Control+Home")
            page.keyboard.type(text, delay=60)
            lost[name] = keys - sum(a == b for a, b in zip(text, field.input_value(), strict=False))
            painted[name] = sorted(page.evaluate("window.__latency"))
    p95 = {arm: all_[int(len(all_) * 0.95)] for arm, all_ in painted.items()}
    report(TYPED, "keys lost", lost, n=keys, goal="0")
    report(TYPED, "ms from key to paint, p95", p95, n=keys, goal="50")


def main(argv: Sequence[str] | None = None) -> None:
    """Start one server and one browser for all of it."""
    cases = {"load": load, "click": click, "reading": reading, "typing": typing}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*cases, []], help="default is all of them")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args(argv)
    with bench() as (browser, server):
        for name in options.cases or cases:
            cases[name](browser, server, options)
    figures.print_tables()


if __name__ == "__main__":
    main()
