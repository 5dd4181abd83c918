"""The gallery page, and what a reader does with the app of each component: its main act."""

import json
from collections.abc import Callable
from typing import Any

from feedback_widgets.testing import CorrectionForm, FeedbackBar, PassageRemarks, RewriteEditor, Thumbs
from playwright.sync_api import Locator, Page, expect

Act = Callable[[Page], str]
"""Does it, and returns words by which the event that it makes is known."""
ACTS: dict[str, Act] = {}


class Gallery:
    """One open gallery."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, name: str) -> "Gallery":
        self.page.goto(f"{self.url}/gallery?component={name}")
        expect(self.app(name)).to_be_visible()
        return self

    def app(self, name: str) -> Locator:
        return self.page.locator(f".st-key-gallery-{name.replace('_', '-')}")

    def choose(self, name: str) -> None:
        self.page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
        expect(self.app(name)).to_be_visible()

    @property
    def chosen(self) -> Locator:
        return self.page.get_by_test_id("stButtonGroup").get_by_role("radio", checked=True)

    @property
    def events(self) -> Locator:
        return self.page.locator(".st-key-gallery-events").get_by_test_id("stCode")

    @property
    def nothing(self) -> Locator:
        return self.page.get_by_text("None yet. Use the component above.")

    def newest(self, having: str) -> dict[str, Any]:
        """Wait until the newest event has these words in its JSON, and return it."""
        expect(self.events.first).to_contain_text(having)
        return json.loads(self.events.first.inner_text())


def act(main: Act) -> Act:
    ACTS[main.__name__] = main
    return main


@act
def thumbs(page: Page) -> str:
    controls = Thumbs(page)
    controls.bad.click()
    controls.reason("outdated").click()
    controls.comment.fill("It was 2 years when I bought mine.")
    controls.send.click()
    controls.expect_saved()
    return "2 years"


@act
def thumbs_stars(page: Page) -> str:
    controls = Thumbs(page)
    controls.point(3).click()
    controls.why.click()
    controls.reason("solved").click()
    controls.expect_saved()
    return '"solved"'


@act
def correction_form(page: Page) -> str:
    form = CorrectionForm(page)
    form.correct({"guidance": "Within 30 days of delivery.", "since": "2026-05-01"})
    return "30 days"


@act
def rewrite_editor(page: Page) -> str:
    editor = RewriteEditor(page)
    editor.edit.click()
    editor.text.fill(editor.text.input_value().replace("14 days", "30 days"))
    expect(editor.changes.locator("ins")).to_have_text("30")
    editor.save.click()
    editor.expect_saved()
    return '"rewrite"'


@act
def passage_remarks(page: Page) -> str:
    remarks = PassageRemarks(page)
    remarks.mark.click()
    remarks.source.press("Control+End")
    for key in ["ArrowLeft", *["Shift+ArrowLeft"] * len("Post office boxes are served too.")]:
        page.keyboard.press(key)
    expect(remarks.quote).to_have_text("Post office boxes are served too.")
    remarks.wrong.click()
    remarks.remark_comment.fill("Since May they are not.")
    remarks.save_remark.click()
    remarks.expect_saved()
    return "Since May"


@act
def feedback_bar(page: Page) -> str:
    bar = FeedbackBar(page)
    bar.bad.click()
    bar.expect_saved()
    bar.correct({"right": "You can return goods within 30 days."})
    return "30 days"


@act
def feedback_bar_german(page: Page) -> str:
    bar = FeedbackBar(page)
    expect(bar.open_form).to_have_text("Berichtigen")
    bar.correct({"guidance": "Er gilt 36 Monate."})
    return "36 Monate"


@act
def answer_preference(page: Page) -> str:
    page.get_by_role("radiogroup").get_by_text("Earlier").click()
    return '"better"'


@act
def chat_feedback(page: Page) -> str:
    bar = FeedbackBar(page)
    bar.good.click()
    bar.expect_saved()
    return '"score": 1.0'


@act
def reading_signals(page: Page) -> str:
    page.get_by_role("button", name="Allow").click()
    return '"dwell"'


@act
def corrections_used(page: Page) -> str:
    page.get_by_role("button", name="Take back").click()
    return '"withdraw"'


@act
def review_queue(page: Page) -> str:
    page.get_by_label("Note (optional)").fill("As the warranty page says since May.")
    page.get_by_role("button", name="Approve for everyone").click()
    return '"approve"'
