"""Remarks on passages in a real browser: by mouse, by touch and by the keyboard alone, and nothing is lost."""

import uuid
from collections.abc import Callable

import pytest
from feedback_widgets.testing import PassageRemarks
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.passages import App, choose

CHANNELS = {"route": "routed", "trigger": "passage_remarks"}


@pytest.fixture(scope="module")
def start(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], App]:
    folder = tmp_path_factory.mktemp("events")

    def start(channel: str) -> App:
        events = folder / f"{channel}.jsonl"
        more = {"SCRIPT": "passage_remarks.py"} if channel == "route" else {}
        return App(serve(CHANNELS[channel], EVENTS=str(events), **more).url, events)

    return start


@pytest.fixture
def app(start: Callable[[str], App]) -> App:
    return start("route")


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex


def rerun(page: Page, run: int) -> None:
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_text(f"run {run}", exact=True)).to_be_visible()


def select_in_source(page: Page, remarks: PassageRemarks, before: int, length: int) -> None:
    """As a reader with a keyboard does: go there, hold Shift, go on."""
    remarks.source.press("Control+Home")
    for _ in range(before):
        page.keyboard.press("ArrowRight")
    for _ in range(length):
        page.keyboard.press("Shift+ArrowRight")


@pytest.mark.parametrize("channel", CHANNELS)
def test_selected_words_are_called_wrong_by_one_click_and_one_row(
    start: Callable[[str], App], channel: str, page: Page, turn: str
) -> None:
    app = start(channel)
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "cap is 60 EUR")
    remarks.mark_wrong.click()
    remarks.expect_saved()
    (rating,) = app.ratings(turn)
    assert rating.span is not None
    assert (rating.span.start, rating.span.end, rating.span.text) == (6, 21, "cap** is 60 EUR")
    assert (rating.key, rating.score, rating.user_id, rating.comment) == ("passage:6-21", 0, "ada", "")
    expect(remarks.bar).to_be_hidden()
    expect(remarks.status).to_have_text("Saved")
    assert remarks.marked() == ["cap is 60 EUR"]
    expect(page.get_by_text("run 1", exact=True)).to_be_visible()


def test_the_bar_beside_a_selection_covers_it_not_and_takes_neither_focus_nor_selection(
    app: App, page: Page, turn: str
) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "cap is 60 EUR")
    expect(remarks.mark_wrong).to_be_visible()
    chosen = page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().toJSON()")
    box = remarks.bar.bounding_box()
    assert box is not None
    assert box["y"] >= chosen["bottom"] or box["y"] + box["height"] <= chosen["top"]
    assert page.evaluate("[getSelection().toString(), document.activeElement.tagName]") in (
        ["cap is 60 EUR", "BODY"],
        ["cap is 60 EUR", "MAIN"],
    )
    page.keyboard.press("Escape")
    expect(remarks.bar).to_be_hidden()
    page.mouse.click(900, 800)
    choose(page, app.answer(turn), "Breakfast")
    expect(remarks.bar).to_be_visible()
    page.mouse.click(900, 800)
    expect(remarks.bar).to_be_hidden()
    assert app.ratings(turn) == []


def test_a_remark_is_made_by_the_keyboard_alone(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    remarks.mark.focus()
    page.keyboard.press("Enter")
    expect(remarks.source).to_be_focused()
    select_in_source(page, remarks, before=6, length=3)
    expect(remarks.quote).to_have_text("cap")
    page.keyboard.type("x")
    expect(remarks.source).to_have_value(page.evaluate("root => root.value", remarks.source.element_handle()))
    page.keyboard.press("Tab")
    expect(remarks.wrong).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(remarks.remark_comment).to_be_focused()
    page.keyboard.type("It is 75 since May.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    remarks.expect_saved()
    expect(remarks.mark).to_be_focused()
    (rating,) = app.ratings(turn)
    assert rating.span is not None
    assert (rating.span.start, rating.span.text, rating.comment) == (6, "cap", "It is 75 since May.")


def test_the_text_to_select_from_cannot_be_changed(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    remarks.mark.click()
    before = remarks.source.input_value()
    remarks.source.press("Control+a")
    for key in ("x", "Backspace", "Enter", "Control+x", "Control+v"):
        page.keyboard.press(key)
    expect(remarks.source).to_have_value(before)
    expect(remarks.source).to_have_attribute("aria-readonly", "true")


def test_marks_are_there_after_a_reload_and_gone_once_taken_back(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "included")
    remarks.mark_right.click()
    remarks.expect_saved()
    page.reload()
    page.wait_for_function("CSS.highlights.size === 1")
    assert remarks.marked("right") == ["included"]
    remarks.mark.click()
    expect(remarks.remarks).to_have_count(1)
    remarks.take_back.click()
    expect(remarks.status).to_have_text("Taken back")
    expect(remarks.remarks).to_have_count(0)
    expect(remarks.source).to_be_focused()
    page.wait_for_function("CSS.highlights.size === 0")
    page.reload()
    expect(remarks.mark).to_be_visible()
    assert app.spans(turn) == [("included", 1), ("included", None)]
    first, second = app.ratings(turn)
    assert second.supersedes == first.event_id
    assert remarks.marked("right") == []


def test_a_click_on_marked_words_shows_the_verdict_and_takes_it_back(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "included")
    remarks.mark_right.click()
    remarks.expect_saved()
    page.get_by_text("included").click()
    expect(remarks.mark_right).to_have_attribute("aria-pressed", "true")
    expect(remarks.mark_wrong).to_have_attribute("aria-pressed", "false")
    remarks.mark_right.click()
    expect(remarks.status).to_have_text("Taken back")
    assert app.spans(turn) == [("included", 1), ("included", None)]


def test_a_remark_can_be_changed_and_replaces_the_one_before(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "60 EUR")
    remarks.mark_wrong.click()
    remarks.expect_saved()
    remarks.mark.click()
    remarks.part("edit-15-21").click()
    expect(remarks.wrong).to_have_attribute("aria-pressed", "true")
    remarks.remark_comment.fill("75 EUR since May")
    remarks.save_remark.click()
    expect(remarks.remark_comment).to_be_hidden()
    first, second = app.ratings(turn)
    assert (second.comment, second.score, second.supersedes) == ("75 EUR since May", 0, first.event_id)


def test_a_draft_survives_closing_a_rerun_a_shift_of_the_page_and_a_reload(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "60 EUR")
    remarks.remark.click()
    expect(remarks.wrong).to_be_focused()
    remarks.wrong.click()
    remarks.remark_comment.fill("half a thou")
    page.wait_for_function("CSS.highlights.has('feedback-widgets-draft')")
    page.keyboard.press("Escape")
    expect(remarks.mark).to_have_text("Continue remark")
    rerun(page, 2)
    page.get_by_text("Banner", exact=True).click()
    expect(page.get_by_text("A banner has appeared")).to_be_visible()
    remarks.mark.click()
    for _ in range(2):
        expect(remarks.remark_comment).to_have_value("half a thou")
        expect(remarks.quote).to_have_text("60 EUR")
        expect(remarks.wrong).to_have_attribute("aria-pressed", "true")
        page.reload()
    remarks.save_remark.click()
    remarks.expect_saved()
    assert [(rating.comment, rating.score) for rating in app.ratings(turn)] == [("half a thou", 0)]


def test_words_begun_on_one_passage_are_laid_aside_for_another_and_come_back(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "60 EUR")
    remarks.remark.click()
    remarks.remark_comment.fill("first words")
    choose(page, app.answer(turn), "Breakfast")
    remarks.remark.click()
    expect(remarks.remark_comment).to_have_value("")
    remarks.right.click()
    remarks.save_remark.click()
    remarks.expect_saved()
    assert app.spans(turn) == [("Breakfast", 1)]
    page.reload()
    remarks.mark.click()
    remarks.part("continue-15-21").click()
    expect(remarks.remark_comment).to_have_value("first words")
    expect(remarks.quote).to_have_text("60 EUR")


def test_what_is_missing_is_said_and_nothing_is_stored(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    remarks.mark.click()
    remarks.remark_comment.fill("Why?")
    remarks.save_remark.click()
    expect(remarks.root).to_contain_text("Please select a passage first.")
    expect(remarks.source).to_be_focused()
    select_in_source(page, remarks, before=6, length=3)
    remarks.save_remark.click()
    expect(remarks.root).to_contain_text("Please say whether it is wrong or right.")
    expect(remarks.wrong).to_be_focused()
    expect(remarks.remark_comment).to_have_value("Why?")
    assert app.ratings(turn) == []
    remarks.wrong.click()
    remarks.save_remark.click()
    remarks.expect_saved()
    assert app.spans(turn) == [("cap", 0)]


def test_verdicts_on_passages_and_on_the_answer_stand_side_by_side(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn, "bar=yes")
    remarks.part("good").click()
    remarks.expect_saved()
    choose(page, app.answer(turn), "60 EUR")
    remarks.mark_wrong.click()
    page.wait_for_function("CSS.highlights.size === 1")
    remarks.expect_saved()
    page.reload()
    expect(remarks.part("good")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("CSS.highlights.size === 1")
    assert [(rating.key, rating.score) for rating in app.ratings(turn)] == [("thumbs", 1), ("passage:15-21", 0)]


def test_a_browser_that_cannot_mark_still_takes_every_remark(
    new_context: Callable[..., BrowserContext], app: App, turn: str
) -> None:
    context = new_context()
    context.add_init_script("delete window.Highlight; delete CSS.highlights")
    page = context.new_page()
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "60 EUR")
    remarks.mark_wrong.click()
    remarks.expect_saved()
    remarks.mark.click()
    expect(remarks.remarks).to_contain_text("60 EUR")
    assert app.spans(turn) == [("60 EUR", 0)]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark")])
def test_it_works_by_touch_on_a_narrow_screen(
    new_context: Callable[..., BrowserContext], app: App, turn: str, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 700}
    page = new_context(viewport=size, color_scheme=scheme, has_touch=True, is_mobile=True).new_page()
    remarks = app.visit(page, turn, "bar=yes")
    page.locator(f"{app.answer(turn)} p").first.evaluate("words => getSelection().selectAllChildren(words)")
    remarks.remark.tap()
    remarks.wrong.tap()
    remarks.remark_comment.fill("It is 75 EUR.")
    for control in (remarks.wrong, remarks.right, remarks.save_remark, remarks.mark):
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"passage-remarks-{width}-{scheme}.png", full_page=True)
    remarks.save_remark.tap()
    remarks.expect_saved()
    assert app.spans(turn) == [("The **cap** is 60 EUR per day, and the cap is firm.", 0)]
