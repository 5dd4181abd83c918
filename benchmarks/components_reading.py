"""A reader who scrolls over fifty answers: what the observer costs, and how true it is."""

import argparse
import statistics
import time
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks import figures
from benchmarks.browser import Figures, lines, metrics, visit
from benchmarks.components_page import go
from feedback_store import Signal, parse_feedback
from tests.ui.server import Server

report = partial(figures.report, "components")
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
