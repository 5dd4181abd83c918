"""The correction form in a real browser: keyboard, drafts, one event, a narrow screen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.ui.conftest import Serve
from tests.ui.scene import Kept, open_scene
from tests.ui.server import Server

RIGHT = "What would be right? *"


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("correction_form", KEPT=str(tmp_path_factory.mktemp("kept")))


def opened(page: Page) -> Locator:
    """Open the form, and return its field for what would be right."""
    page.get_by_role("button", name="Correct").click()
    field = page.get_by_role("textbox", name=RIGHT)
    expect(field).to_be_visible()
    return field


def only_guidance(kept: Kept) -> str:
    (correction,) = kept.corrections()
    return correction.guidance


def test_it_is_filled_in_and_saved_by_the_keyboard_alone(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    page.get_by_role("button", name="Correct").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name=RIGHT)).to_be_visible()
    for _ in range(12):
        if page.get_by_role("textbox", name=RIGHT).evaluate("field => field === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name=RIGHT)).to_be_focused()
    page.keyboard.type("75 EUR since May.")
    page.keyboard.press("Tab")  # the help of the next field
    page.keyboard.press("Tab")
    page.keyboard.type("policy 4.2")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save correction")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("✓ Saved")).to_be_visible()
    expect(page.get_by_role("textbox", name=RIGHT)).to_have_count(0)
    assert only_guidance(kept) == "75 EUR since May."


def test_a_draft_survives_escape_a_rerun_and_a_shift_of_the_page(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    opened(page).fill("half a thou")
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name=RIGHT)).to_have_count(0)
    page.get_by_role("button", name="Rerun").click()
    page.get_by_text("Banner", exact=True).click()
    expect(page.get_by_text("A banner has appeared")).to_be_visible()
    expect(opened(page)).to_have_value("half a thou")
    assert kept.events() == []


def test_typing_while_another_answer_streams_loses_no_keystroke(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    page.get_by_role("button", name="Stream").click()
    expect(page.get_by_text("word1 ")).to_be_visible()
    field = opened(page)
    field.press_sequentially("Every letter of this sentence stays in its place.", delay=20)
    expect(page.get_by_text("the end of the stream")).to_be_visible()
    expect(field).to_have_value("Every letter of this sentence stays in its place.")
    page.get_by_role("button", name="Save correction").click()
    expect(page.get_by_text("✓ Saved")).to_be_visible()
    assert only_guidance(kept) == "Every letter of this sentence stays in its place."


def test_saving_while_another_answer_streams_does_not_cut_it_off(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    page.get_by_role("button", name="Stream").click()
    expect(page.get_by_text("word1 ")).to_be_visible()
    opened(page).fill("75 EUR.")
    page.get_by_role("button", name="Save correction").click()
    expect(page.get_by_text("the end of the stream")).to_be_visible()
    expect(page.get_by_text("✓ Saved")).to_be_visible()
    assert only_guidance(kept) == "75 EUR."


def test_many_quick_clicks_make_one_event(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    opened(page).fill("75 EUR.")
    page.get_by_role("button", name="Save correction").click(click_count=5, delay=5)
    expect(page.get_by_text("✓ Saved")).to_be_visible()
    page.get_by_role("button", name="Rerun").click()
    assert only_guidance(kept) == "75 EUR."


def test_a_fault_is_shown_beside_its_field_and_the_other_fields_keep_their_text(page: Page, server: Server) -> None:
    open_scene(page, server)
    opened(page)
    page.get_by_role("textbox", name="How do you know?").fill("a colleague")
    page.get_by_role("button", name="Save correction").click()
    expect(page.get_by_role("alert").filter(has_text="Please fill this in.")).to_be_visible()
    expect(page.get_by_role("textbox", name="How do you know?")).to_have_value("a colleague")


def test_when_nothing_can_be_kept_it_says_so_and_the_next_try_succeeds(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    kept.refuse()
    opened(page).fill("75 EUR.")
    page.get_by_role("button", name="Save correction").click()
    expect(page.get_by_role("alert").filter(has_text="Not saved.")).to_be_visible()
    expect(page.get_by_role("textbox", name=RIGHT)).to_have_value("75 EUR.")
    kept.refuse(until_further_notice=False)
    page.get_by_role("button", name="Save correction").click()
    expect(page.get_by_text("✓ Saved")).to_be_visible()
    assert only_guidance(kept) == "75 EUR."


def test_the_form_fits_a_narrow_screen(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(viewport={"width": 390, "height": 844}, color_scheme="dark").new_page()
    open_scene(page, server, model="trip")
    page.get_by_role("button", name="Correct").click()
    last = page.get_by_role("button", name="Save correction")
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shots = Path(__file__).parents[2] / "test-artefacts"
    shots.mkdir(exist_ok=True)
    page.screenshot(path=shots / "correction-form-390-dark.png")
