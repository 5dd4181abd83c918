"""The feedback bar in a real browser: one row, every part at work, a narrow screen."""

import pytest
from feedback_widgets.feedback_bar import feedback_bar
from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import Locator, Page, expect

from tests.records import a_turn
from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.scene import ANSWER, Kept, open_scene
from tests.ui.server import Server


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("feedback_bar", KEPT=str(tmp_path_factory.mktemp("kept")))


def middle(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


def parts_of(page: Page) -> list[Locator]:
    bar = FeedbackBar(page)
    return [bar.good, bar.bad, bar.copy, bar.open_form, bar.edit]


def kinds(kept: Kept) -> list[str]:
    return [event.kind for event in kept.events()]


def test_every_part_stands_in_one_row(page: Page, server: Server) -> None:
    open_scene(page, server)
    for part in parts_of(page):
        expect(part).to_be_visible()
    heights = [middle(part) for part in parts_of(page)]
    assert max(heights) - min(heights) < 2


def test_a_verdict_a_correction_and_a_rewrite_are_three_events_of_one_turn(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    bar = FeedbackBar(page)
    bar.bad.click()
    bar.expect_saved()
    bar.rewrite("75 EUR.")
    expect(bar.text).to_be_hidden()
    bar.correct({"right": "75 EUR since May."})
    expect(bar.submit).to_be_hidden()
    assert kinds(kept) == ["rating", "correction", "correction"]
    assert {event.turn_id for event in kept.events()} == {f"turn-{kept.run}"}


def test_a_draft_in_one_part_survives_what_the_others_do(page: Page, server: Server) -> None:
    open_scene(page, server)
    bar = FeedbackBar(page)
    bar.edit.click()
    bar.text.fill(f"{ANSWER}And tips.")
    bar.bad.click()
    bar.expect_saved()
    bar.correct({"right": "75 EUR."})
    expect(bar.edit).to_have_text("Continue editing")
    bar.edit.click()
    expect(bar.text).to_have_value(f"{ANSWER}And tips.")


def test_only_the_parts_that_were_asked_for_are_there(page: Page, server: Server) -> None:
    open_scene(page, server, parts="rewrite,correct")
    bar = FeedbackBar(page)
    expect(bar.edit).to_be_visible()
    expect(bar.open_form).to_be_visible()
    expect(bar.good).to_have_count(0)


def test_a_part_that_does_not_exist_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="given stars, allowed are thumbs, correct, rewrite"):
        feedback_bar(a_turn(), on_feedback=print, parts=("thumbs", "stars"))  # pyright: ignore[reportArgumentType]


def test_it_fits_a_narrow_screen(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    open_scene(page, server)
    FeedbackBar(page).bad.click()
    FeedbackBar(page).expect_saved()
    for part in parts_of(page):
        box = part.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= 24
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "feedback-bar-390-dark.png")
