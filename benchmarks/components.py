"""What the components cost and how fast they are, beside `st.feedback` and `streamlit-feedback` in the same run.

`load`: 50 answers; what each kind of control adds over the same page without any (cold cache, interleaved, medians).
`click`: from the click to the row (ours) or the callback (`st.feedback`), and the full script runs that it causes.
`reading`: a reader scrolls over 50 answers with the observer on; reruns, main-thread time, dwell against ground truth.
`typing`: 200 keys at 60 ms while another answer streams; lost keys, time from key to painted letter.

Run: `python -m benchmarks components [load click reading typing] [--repeat N] [--seconds S]`.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, expect

from benchmarks import figures
from benchmarks.browser import bench, lines, until, visit
from benchmarks.components_load import load
from benchmarks.components_page import QUIET_MS, go
from benchmarks.components_reading import reading
from tests.ui.server import Server

report = partial(figures.report, "components")
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
