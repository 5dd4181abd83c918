"""Thumbs in a real browser: what they store, what they show, and that everybody can use them."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from feedback_widgets.testing import Thumbs
from playwright.sync_api import BrowserContext, Page, expect

from feedback_store.events import Rating, parse_feedback
from tests.ui.conftest import Serve
from tests.ui.warm_page import Scheme


class App:
    def __init__(self, url: str, events: Path) -> None:
        self.url = url
        self.events = events

    def visit(self, page: Page, turn: str, *more: str) -> Thumbs:
        page.goto(f"{self.url}/?turn={turn}&{'&'.join(more)}")
        return Thumbs(page, turn)

    def ratings(self, turn: str) -> list[Rating]:
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        events = [parse_feedback(line) for line in lines]
        return [event for event in events if isinstance(event, Rating) and event.turn_id == turn]


@pytest.fixture(scope="module")
def app(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> App:
    events = tmp_path_factory.mktemp("events") / "thumbs.jsonl"
    return App(serve("routed", EVENTS=str(events), SCRIPT="thumbs.py").url, events)


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex


def test_a_second_click_on_the_same_thumb_takes_the_verdict_back(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.good.click()
    expect(thumbs.good).to_have_attribute("aria-pressed", "true")
    thumbs.expect_saved()
    thumbs.good.click()
    expect(thumbs.good).to_have_attribute("aria-pressed", "false")
    expect(thumbs.status).to_have_text("Taken back")
    first, second = app.ratings(turn)
    assert (first.score, second.score, second.supersedes) == (1.0, None, first.event_id)


def test_reasons_and_a_comment_are_additions_that_replace_the_bare_verdict(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    thumbs.reason("incorrect").click()
    expect(thumbs.reason("incorrect")).to_have_attribute("aria-pressed", "true")
    thumbs.reason("incomplete").click()
    thumbs.comment.fill("Tape first.")
    thumbs.send.click()
    expect(thumbs.comment).to_be_hidden()
    thumbs.expect_saved()
    ratings = app.ratings(turn)
    assert [(rating.score, rating.reasons, rating.comment) for rating in ratings] == [
        (0.0, (), ""),
        (0.0, ("incorrect",), ""),
        (0.0, ("incorrect", "incomplete"), ""),
        (0.0, ("incorrect", "incomplete"), "Tape first."),
    ]
    assert [rating.supersedes for rating in ratings] == [None, *(rating.event_id for rating in ratings[:-1])]


def test_the_other_thumb_starts_without_the_old_reasons_and_comment(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    thumbs.reason("incorrect").click()
    thumbs.comment.fill("Tape first.")
    thumbs.send.click()
    thumbs.good.click()
    expect(thumbs.comment).to_be_hidden()  # praise is not asked for reasons unless wanted
    thumbs.why.click()
    expect(thumbs.comment).to_have_value("")
    expect(thumbs.reason("incorrect")).to_be_hidden()
    thumbs.expect_saved()
    last = app.ratings(turn)[-1]
    assert (last.score, last.reasons, last.comment) == (1.0, (), "")


def test_the_given_verdict_is_there_again_after_a_reload(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    thumbs.reason("outdated").click()
    thumbs.expect_saved()
    page.reload()
    expect(thumbs.bad).to_have_attribute("aria-pressed", "true")
    thumbs.why.click()
    expect(thumbs.reason("outdated")).to_have_attribute("aria-pressed", "true")
    thumbs.bad.click()
    expect(thumbs.status).to_have_text("Taken back")
    ratings = app.ratings(turn)
    assert ratings[-1].supersedes == ratings[-2].event_id


def test_a_rerun_right_after_a_click_shows_what_was_clicked(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.good.click()
    thumbs.bad.click()
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_text("run 2", exact=True)).to_be_visible()
    expect(thumbs.bad).to_have_attribute("aria-pressed", "true")
    expect(thumbs.good).to_have_attribute("aria-pressed", "false")


def test_closing_loses_nothing_and_a_draft_survives_rerun_and_reload(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    thumbs.comment.fill("Half a thou")
    thumbs.close.click()
    thumbs.expect_saved()
    assert [rating.score for rating in app.ratings(turn)] == [0.0]
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_text("run 2", exact=True)).to_be_visible()
    thumbs.why.click()
    expect(thumbs.comment).to_have_value("Half a thou")
    page.reload()
    thumbs.why.click()
    expect(thumbs.comment).to_have_value("Half a thou")
    thumbs.bad.click()
    thumbs.good.click()
    thumbs.why.click()
    expect(thumbs.comment).to_have_value("")  # a draft belongs to its direction


def test_typing_is_not_interrupted_by_a_rerun(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    page.get_by_role("button", name="Stream").click()
    expect(page.get_by_text("token 2.")).to_be_visible()
    thumbs.comment.press_sequentially("Tape ")
    expect(page.get_by_text("stream ended")).to_be_visible()
    expect(thumbs.comment).to_be_focused()
    page.keyboard.type("first.")
    expect(thumbs.comment).to_have_value("Tape first.")


def test_focus_and_words_survive_a_banner_that_moves_the_page(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    thumbs.comment.press_sequentially("Tape ")
    for number in (2, 3):
        page.get_by_role("button", name="Banner").evaluate("button => button.click()")  # the focus stays where it is
        expect(page.get_by_text(f"run {number}", exact=True)).to_be_visible()
        expect(thumbs.comment).to_be_focused()
        page.keyboard.type("and ")
    expect(thumbs.comment).to_have_value("Tape and and ")


def test_letters_in_the_comment_are_no_shortcuts_of_streamlit(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    thumbs.comment.press_sequentially("rcrc")
    thumbs.send.click()
    thumbs.expect_saved()
    expect(page.get_by_text("run 1", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_everything_can_be_done_with_the_keyboard_alone(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.good.focus()
    page.keyboard.press("Tab")
    expect(thumbs.bad).to_be_focused()
    page.keyboard.press("Space")
    expect(thumbs.bad).to_have_attribute("aria-pressed", "true")
    expect(thumbs.bad).to_be_focused()
    for reached in (thumbs.copy, thumbs.why, thumbs.reason("incorrect")):
        page.keyboard.press("Tab")
        expect(reached).to_be_focused()
    page.keyboard.press("Enter")
    expect(thumbs.reason("incorrect")).to_have_attribute("aria-pressed", "true")
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(thumbs.comment).to_be_focused()
    page.keyboard.type("Tape first.")
    page.keyboard.press("Escape")
    expect(thumbs.why).to_have_attribute("aria-expanded", "false")
    expect(thumbs.bad).to_be_focused()
    thumbs.why.press("Enter")
    thumbs.comment.press("Control+Enter")
    thumbs.expect_saved()
    expect(thumbs.why).to_be_focused()
    assert app.ratings(turn)[-1].comment == "Tape first."


def test_names_tell_messages_apart_and_states_are_told(app: App, page: Page, turn: str) -> None:
    other = uuid.uuid4().hex
    thumbs = app.visit(page, turn, f"turn={other}")
    expect(Thumbs(page, other).good).to_be_visible()
    names: list[str] = page.locator("button[aria-label]").evaluate_all("all => all.map(each => each.ariaLabel)")
    ours = [name for name in names if "parcel" in name]
    assert len(ours) == len(set(ours)) >= 6
    expect(thumbs.good).to_have_attribute("aria-pressed", "false")
    thumbs.good.focus()
    expect(thumbs.status).to_have_text("")  # a live region that is there before its words
    thumbs.bad.click()
    expect(thumbs.why).to_have_attribute("aria-expanded", "true")
    controls = thumbs.why.get_attribute("aria-controls")
    assert thumbs.root.locator(f"#{controls}").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_window_with_targets_that_can_be_hit(scheme: Scheme, app: App, page: Page, turn: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme=scheme)
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    expect(thumbs.comment).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    boxes: list[list[float]] = thumbs.root.locator("button:visible").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(box => [box.width, box.height, box.right])"
    )
    assert len(boxes) >= 10
    assert all(width >= 24 and height >= 24 and right <= 390 for width, height, right in boxes)


def test_copy_puts_the_markdown_of_the_answer_on_the_clipboard(
    app: App, new_context: Callable[..., BrowserContext], turn: str
) -> None:
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    thumbs = app.visit(page, turn)
    thumbs.copy.click()
    expect(thumbs.status).to_have_text("Copied")
    expected = "Put it into a **box**.\n\nThen close the box with tape."
    assert page.evaluate("navigator.clipboard.readText()") == expected
    page.evaluate("navigator.clipboard.writeText('something else')")
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
    )  # plain http has none
    thumbs.copy.click()
    expect(thumbs.copy).to_be_focused()
    page.evaluate("delete navigator.clipboard")
    assert page.evaluate("navigator.clipboard.readText()") == expected


def test_what_the_server_will_never_take_is_said_and_the_text_stays(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn)
    thumbs.bad.click()
    thumbs.expect_saved()
    thumbs.comment.fill("a\0b")
    thumbs.send.click()
    expect(thumbs.status).to_contain_text("Not saved: comment:")
    thumbs.why.click()
    expect(thumbs.comment).to_have_value("a\0b")
    assert [rating.comment for rating in app.ratings(turn)] == [""]


def test_native_thumbs_keep_the_same_contract(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn, "style=native")
    up = page.get_by_role("radio", name="Thumbs up")
    up.click()
    expect(up).to_be_checked()
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_text("run 2", exact=True)).to_be_visible()  # Streamlit handles the two in their order
    assert [rating.score for rating in app.ratings(turn)] == [1.0]
    page.reload()
    expect(up).to_be_checked()


@pytest.mark.parametrize(("scale", "label"), [("faces", "Good"), ("stars", "4 stars")])
def test_a_scale_of_five_stores_its_score_and_a_click_on_what_is_chosen_takes_it_back(
    scale: str, label: str, app: App, page: Page, turn: str
) -> None:
    thumbs = app.visit(page, turn, f"scale={scale}")
    thumbs.point(3).click()
    thumbs.expect_saved()
    expect(thumbs.chosen).to_have_attribute("title", label)
    page.reload()
    expect(thumbs.chosen).to_have_attribute("title", label)
    thumbs.point(3).click()
    expect(thumbs.status).to_have_text("Taken back")
    expect(thumbs.chosen).to_have_count(0)
    assert [rating.score for rating in app.ratings(turn)] == [0.75, None]


def test_the_arrows_move_in_a_scale_and_store_nothing(app: App, page: Page, turn: str) -> None:
    thumbs = app.visit(page, turn, "scale=stars")
    thumbs.point(0).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(thumbs.point(4)).to_be_focused()
    page.keyboard.press("Enter")
    thumbs.expect_saved()
    assert [rating.score for rating in app.ratings(turn)] == [1.0]
