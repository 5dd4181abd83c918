"""How long a newcomer waits: from the README's command to a usable page, to the first word of an answer, and from a
click to its stored row; on a fresh clone with empty caches, and on the second start.

Run: `python -m benchmarks.start [--keep DIR]`. Prints one JSON object per line; seconds, unless the metric says ms.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from feedback_store import LanceStore

ROOT = Path(__file__).parent.parent
QUESTION = "How long do I have to return something?"
PATIENCE_MS = 900_000


def report(case: str, metric: str, value: float) -> None:
    line = {"bench": "start", "case": case, "metric": metric, "value": round(value, 3), "n": 1}
    print(json.dumps(line), flush=True)


def visit(case: str, clone: Path, env: dict[str, str], page: Page) -> None:
    """Start the app as the README says, use it as a newcomer would, and stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.monotonic()
    with (clone / "app.log").open("ab") as log:
        app = subprocess.Popen(["scripts/app", "--server.port", str(port)], cwd=clone, env=env, stdout=log, stderr=log)
    try:
        while True:
            assert app.poll() is None, (clone / "app.log").read_text()[-2000:]
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        report(case, "command to listening", time.monotonic() - begun)
        page.goto(f"http://127.0.0.1:{port}")
        box = page.get_by_test_id("stChatInputTextArea")
        expect(box).to_be_enabled(timeout=PATIENCE_MS)
        report(case, "command to usable page", time.monotonic() - begun)
        box.fill(QUESTION)
        asked = time.monotonic()
        box.press("Enter")
        expect(page.get_by_text("▌")).to_be_visible(timeout=PATIENCE_MS)
        report(case, "question to first word", time.monotonic() - asked)
        report(case, "command to first word", time.monotonic() - begun)
        click(case, clone, page)
    finally:
        app.send_signal(signal.SIGTERM)
        app.wait(60)


def click(case: str, clone: Path, page: Page) -> None:
    """Measure in the page's own clock, which the server shares, from the click to the time of its stored row."""
    thumb = page.get_by_role("button", name="Bad answer")
    expect(thumb).to_be_visible(timeout=PATIENCE_MS)
    clicked = thumb.evaluate("thumb => { const now = Date.now(); thumb.click(); return now; }")
    answer = page.locator("[class*='st-key-fbw-turn-']")
    expect(answer.get_by_text("Saved", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    saved = page.evaluate("Date.now()")
    store = LanceStore(clone / "data" / "feedback")
    [rating] = store.events(kinds=["rating"])[-1:]
    store.close()
    report(case, "click to event made, ms", rating.created_at.timestamp() * 1000 - clicked)
    report(case, "click to acknowledged on the screen, ms", saved - clicked)


def main() -> None:
    """Measure both starts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="measure in this folder and keep it; default is a folder that goes")
    place = parser.parse_args().keep or Path(tempfile.mkdtemp())
    clone, cache = place / "clone", place / "cache"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    env = os.environ | {"UV_CACHE_DIR": str(cache / "uv"), "XDG_CACHE_HOME": str(cache)}
    system = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        with sync_playwright() as playwright:
            own = Path(playwright.chromium.executable_path)
            path = own if own.exists() else system
            browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
            for case in ("fresh clone, empty caches", "second start"):
                visit(case, clone, env, browser.new_page())
    finally:
        if parser.parse_args().keep is None:
            shutil.rmtree(place)


if __name__ == "__main__":
    main()
