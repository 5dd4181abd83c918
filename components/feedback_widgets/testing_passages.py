"""The page object of `passage_remarks`, and what all page objects have: a part of `feedback_widgets.testing`."""

from playwright.sync_api import Locator, Page, expect


class Controls:
    """What all of them have: a root, and a status in which the delivery is told."""

    component = ""
    """The word in the test id."""

    def __init__(self, page: Page, turn_id: str | None = None) -> None:
        """Find the component of a turn, or the last one on the page."""
        self.page = page
        own = page.get_by_test_id(f"fbw-{self.component}-{turn_id}")
        self.root = own if turn_id else page.locator(f"[data-testid^='fbw-{self.component}-']").last

    def part(self, name: str) -> Locator:
        """Return the control of that name."""
        return self.root.locator(f"[part='{name}']")

    @property
    def status(self) -> Locator:
        """The words about the delivery; there once somebody touched the component."""
        return self.part("status")

    def expect_saved(self) -> None:
        """Wait until what was done last is stored."""
        expect(self.root).to_have_attribute("data-status", "saved")


class PassageRemarks(Controls):
    """`passage_remarks`."""

    component = "passage-remarks"

    @property
    def mark(self) -> Locator:
        """The button that opens the panel."""
        return self.part("open-passage")

    @property
    def bar(self) -> Locator:
        """The small bar beside selected words."""
        return self.part("passage-bar")

    @property
    def mark_wrong(self) -> Locator:
        """The button beside selected words that stores that they are wrong."""
        return self.part("mark-wrong")

    @property
    def mark_right(self) -> Locator:
        """The button beside selected words that stores that they are right."""
        return self.part("mark-right")

    @property
    def remark(self) -> Locator:
        """The button beside selected words that opens the panel for them."""
        return self.part("mark-remark")

    @property
    def source(self) -> Locator:
        """The field with the answer's Markdown, to select a passage in."""
        return self.part("passage-source")

    @property
    def quote(self) -> Locator:
        """The passage that is chosen."""
        return self.part("quote")

    @property
    def wrong(self) -> Locator:
        """The verdict of the panel."""
        return self.part("wrong")

    @property
    def right(self) -> Locator:
        """The other verdict of the panel."""
        return self.part("right")

    @property
    def remark_comment(self) -> Locator:
        """The field for what is to be said of the passage."""
        return self.part("remark-comment")

    @property
    def save_remark(self) -> Locator:
        """The button that saves the remark."""
        return self.part("save-remark")

    @property
    def remarks(self) -> Locator:
        """The remarks of this reader, in the panel."""
        return self.root.locator(".remarks li")

    @property
    def take_back(self) -> Locator:
        """The buttons that take single remarks back."""
        return self.root.locator("[part^='take-back-']")

    def marked(self, look: str = "wrong") -> list[str]:
        """Return the words on the page that are marked as wrong or right, or as the draft of a remark."""
        script = "look => [...(CSS.highlights.get(`feedback-widgets-${look}`) ?? [])].map(range => range.toString())"
        return self.page.evaluate(script, look)
