"""Several feedback bars under one answer, a bar whose options change while it is shown, and one in a dialog."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Serve
from tests.ui.scene import QUESTION, open_scene
from tests.ui.server import Server


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("two_bars", KEPT=str(tmp_path_factory.mktemp("kept")))


@pytest.mark.parametrize(
    ("top", "bottom"), [("thumbs", "correct,rewrite"), ("correct,rewrite", "thumbs"), ("thumbs,correct", "rewrite")]
)
def test_a_panel_opens_in_the_bar_that_has_it_and_in_no_other(
    page: Page, server: Server, top: str, bottom: str
) -> None:
    kept = open_scene(page, server, top=top, bottom=bottom)
    bars = page.get_by_test_id(f"fbw-feedback-bar-turn-{kept.run}")
    expect(bars).to_have_count(2)
    places = {part: place for place, parts in enumerate((top, bottom)) for part in parts.split(",")}
    for part, name in (("rewrite", "Edit answer"), ("correct", "Correct")):
        bar, other = bars.nth(places[part]), bars.nth(1 - places[part])
        bar.get_by_role("button", name=f"{name}: {QUESTION}", exact=True).click()
        expect(bar.locator(f"#panel-{part}")).to_be_visible()
        expect(bar.locator(".panel:visible")).to_have_count(1)
        expect(other.locator(".panel:visible")).to_have_count(0)
    bar.get_by_role("textbox", name="What would be right?").fill("75 EUR.")
    bar.get_by_role("button", name="Save correction").click()
    expect(bar).to_have_attribute("data-status", "saved")
    assert [each.guidance for each in kept.corrections()] == ["75 EUR."]


def test_options_that_change_in_a_rerun_are_followed_and_a_draft_stays(page: Page, server: Server) -> None:
    kept = open_scene(page, server, top="thumbs,correct")
    bar = page.get_by_test_id(f"fbw-feedback-bar-turn-{kept.run}").first
    bar.get_by_role("button", name="Correct").click()
    right = bar.get_by_role("textbox", name="What would be right?")
    right.fill("75 EUR")
    more = page.get_by_role("switch", name="More")
    more.dispatch_event("click")
    expect(bar.get_by_role("button", name="Edit answer")).to_be_visible()
    expect(bar.get_by_role("button", name="Good answer")).to_have_count(0)
    expect(right).to_have_value("75 EUR")
    more.dispatch_event("click")
    expect(bar.get_by_role("button", name="Edit answer")).to_have_count(0)
    expect(bar.get_by_role("button", name="Good answer")).to_be_visible()
    expect(right).to_have_value("75 EUR")


def test_escape_closes_a_panel_and_not_the_dialog_around_it(page: Page, serve: Serve, tmp_path: Path) -> None:
    kept = open_scene(page, serve("in_dialog", KEPT=str(tmp_path)))
    page.get_by_role("button", name="Say more").click()
    dialog = page.get_by_role("dialog")
    bar = dialog.get_by_test_id(f"fbw-feedback-bar-turn-{kept.run}")
    bar.get_by_role("button", name=f"Correct: {QUESTION}", exact=True).click()
    right = bar.get_by_role("textbox", name="What would be right?")
    right.fill("75 EUR.")
    right.press("Escape")
    expect(right).to_be_hidden()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
