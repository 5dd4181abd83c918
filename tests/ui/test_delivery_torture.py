"""A thousand acts through every trouble that a browser and a server can have: each is one row, none is missing."""

import uuid
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from feedback_store import LanceStore
from tests.ui.conftest import Serve
from tests.ui.cut_proxy import CutProxy

ACTS, BURST = 1000, 20
CLICKS = """([root, count]) => {
  const thumbs = root.querySelectorAll("[part=good], [part=bad]");
  for (let n = 0; n < count; n += 1) thumbs[n % 2].click();
}"""
WAITING = "Object.keys(localStorage).filter(name => name.startsWith('feedback-widgets.act.')).length"


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["route", "trigger"])
def test_a_thousand_acts_through_every_trouble_are_a_thousand_rows(
    channel: str, serve: Serve, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    stem = {"route": "lance_routed", "trigger": "lance_thumbs"}[channel]
    env = {"STORE": str(tmp_path / "store"), "EVENTS": str(tmp_path / "events"), "SECRET": "s" * 32}
    server = serve(stem, **env)
    turns = [uuid.uuid4().hex for _ in range(4)]
    with CutProxy(server.port) as proxy:
        address = f"{proxy.url}/?{'&'.join(f'turn={turn}' for turn in turns)}"

        def visit(page: Page) -> None:
            page.goto(address)
            expect(page.get_by_test_id(f"fbw-thumbs-{turns[-1]}")).to_be_visible()

        page = new_context().new_page()
        visit(page)
        troubles = cycle(["none", "cut", "lost replies", "reload", "kill", "closed tab"])
        for number, trouble in zip(range(ACTS // BURST), troubles, strict=False):
            if trouble == "cut":
                proxy.cut()
            if trouble == "lost replies":
                proxy.lose_replies()
            if trouble == "kill":
                server.stop(kill=True)
            root = page.get_by_test_id(f"fbw-thumbs-{turns[number % 4]}").element_handle()
            page.evaluate(CLICKS, [root, BURST])
            if trouble == "kill":
                server.start()
            proxy.mend()
            if trouble == "closed tab":
                on_disk = page.context.storage_state()
                page.context.close()
                page = new_context(storage_state=on_disk).new_page()
            if trouble in ("reload", "kill", "closed tab"):
                visit(page)
        page.wait_for_function(f"{WAITING} === 0", timeout=300_000)
    server.stop()
    store = LanceStore(tmp_path / "store")
    acts = [event.metadata["act"] for event in store.events()]
    store.close()
    assert len(acts) == ACTS
    assert len(set(map(str, acts))) == ACTS
