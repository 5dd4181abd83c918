"""The demo as a person uses it: asks, reads, rates, corrects. A page object for the tests of the loop."""

import re
from collections.abc import Callable
from pathlib import Path

from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import Locator, Page, expect

ANSWER_MS = 120_000
"""A small model on two busy cores takes its time."""


class HelpDesk:
    """One open page of the demo."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, path: str = "") -> "HelpDesk":
        self.page.goto(f"{self.url}{path}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible(timeout=ANSWER_MS)
        return self

    @property
    def input(self) -> Locator:
        return self.page.get_by_test_id("stChatInputTextArea")

    @property
    def answers(self) -> Locator:
        return self.page.locator("[class*='st-key-fbw-turn-']")

    @property
    def last(self) -> Locator:
        return self.answers.last

    def send(self, question: str) -> None:
        self.input.fill(question)
        self.input.press("Enter")

    def ask(self, question: str) -> str:
        """Ask and return the text of the answer once it is complete."""
        before = self.answers.count()
        self.send(question)
        expect(self.answers).to_have_count(before + 1, timeout=ANSWER_MS)
        self.await_answer()
        return self.text(self.last)

    def await_answer(self) -> None:
        expect(self.good()).to_be_visible(timeout=ANSWER_MS)
        expect(self.page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)

    def text(self, answer: Locator) -> str:
        return answer.get_by_test_id("stMarkdownContainer").first.inner_text()

    def good(self) -> Locator:
        return self.last.get_by_role("button", name=re.compile("^Good answer"))

    def bad(self) -> Locator:
        return self.last.get_by_role("button", name=re.compile("^Bad answer"))

    def new_chat(self) -> None:
        self.page.get_by_role("button", name="New chat").click()
        expect(self.answers).to_have_count(0)

    def correct(self, right: str) -> None:
        """Fill the correction form of the last answer and save it."""
        FeedbackBar(self.page).correct({"right": right})

    def mark(self) -> Locator:
        return self.last.get_by_text(re.compile("^Uses (your|an approved) correction"))

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)


OpenDesk = Callable[..., HelpDesk]
