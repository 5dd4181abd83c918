"""The mark under an answer in a real browser: one click, the keyboard, inert details, a narrow screen."""

import pytest
from playwright.sync_api import Page, expect

from feedback_store.events import Review
from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.scene import Kept, open_scene
from tests.ui.server import Server


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("corrections_used", KEPT=str(tmp_path_factory.mktemp("kept")))


def verdicts(kept: Kept) -> list[str]:
    return [event.verdict for event in kept.events() if isinstance(event, Review)]


def test_it_is_taken_back_and_brought_again_by_the_keyboard_alone(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    expect(page.get_by_role("button", name="Take back")).to_be_visible()
    page.get_by_role("button", name="Uses your correction").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take back")).to_be_focused()
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    undo.press("Enter")
    expect(page.get_by_role("button", name="Take back")).to_be_visible()
    assert verdicts(kept) == ["withdraw", "restore"]


def test_many_quick_clicks_take_it_back_once(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    button = page.get_by_role("button", name="Take back")
    button.evaluate("button => { for (let n = 0; n < 4; n += 1) button.click() }")
    expect(page.get_by_text("Taken back.")).to_be_visible()
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert verdicts(kept) == ["withdraw"]


def test_taking_back_while_another_answer_streams_does_not_cut_it_off(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    page.get_by_role("button", name="Stream").click()
    expect(page.get_by_text("word1 ")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("the end of the stream")).to_be_visible()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert verdicts(kept) == ["withdraw"]


def test_the_details_say_who_as_a_role_and_show_the_text_as_it_is(page: Page, server: Server) -> None:
    open_scene(page, server, by="bob")
    page.get_by_role("button", name="Uses an approved correction").click()
    details = page.get_by_test_id("stPopoverBody")
    expect(details.get_by_text("Approved by a reviewer, 01 May 2026")).to_be_visible()
    expect(details.get_by_text("Said by bob: **75** EUR")).to_be_visible()
    expect(details.locator("strong")).to_have_count(0)


def test_a_verified_answer_says_so_with_who_and_when_and_the_model_is_asked_instead_by_the_keyboard(
    page: Page, server: Server
) -> None:
    open_scene(page, server, by="bob", verified="1")
    chip = page.get_by_role("button", name="Verified answer")
    expect(chip).to_be_visible()
    expect(page.get_by_text("Approved by a reviewer, 01 May 2026")).to_be_visible()
    chip.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask the model instead")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The model was asked 1 times.")).to_be_visible()


def test_it_fits_a_narrow_screen(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    open_scene(page, server, by="ada,bob")
    expect(page.get_by_role("button", name="Uses 2 corrections")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "corrections-used-390-dark.png")
    open_scene(page, server, by="bob", verified="1", words="german")
    expect(page.get_by_role("button", name="Geprüfte Antwort")).to_be_visible()
    expect(page.get_by_role("button", name="Lieber das Modell fragen")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=ARTEFACTS / "verified-answer-390-dark.png")
