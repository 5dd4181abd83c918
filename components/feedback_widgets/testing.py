"""Page objects for Playwright: test an app with our components in a few lines. Needs the extra `testing`.

The contract, which changes only with a major version: a component's root has the test id `fbw-<component>-<turn id>`
(`feedback-bar`, `thumbs`, `correction-form`, `rewrite-editor`, `passage-remarks`), and each control in it the attribute
`part` by which these objects find it. Neither depends on words, so a translated app is tested by the same code.

    bar = FeedbackBar(page)          # of the newest answer; FeedbackBar(page, turn_id) for a certain one
    bar.bad.click()
    bar.expect_saved()
    bar.rewrite("75 EUR since May.")
"""

from collections.abc import Mapping
from typing import Final

from playwright.sync_api import Locator

from feedback_widgets.testing_passages import Controls, PassageRemarks

__all__ = ["SELECTED", "Controls", "CorrectionForm", "FeedbackBar", "PassageRemarks", "RewriteEditor", "Thumbs"]

SELECTED: Final = "[aria-pressed='true'], [aria-checked='true']"


class Thumbs(Controls):
    """`thumbs`, on any scale."""

    component = "thumbs"

    @property
    def good(self) -> Locator:
        """The thumb up."""
        return self.part("good")

    @property
    def bad(self) -> Locator:
        """The thumb down."""
        return self.part("bad")

    def point(self, place: int) -> Locator:
        """Return the face or star at a place from 0, the worst, to 4."""
        return self.part(f"point-{place}")

    @property
    def chosen(self) -> Locator:
        """The thumb, face or star that is chosen, if any is."""
        return self.root.locator(SELECTED).and_(self.root.locator(".icon"))

    @property
    def copy(self) -> Locator:
        """The button that copies the answer."""
        return self.part("copy")

    @property
    def why(self) -> Locator:
        """The button that opens reasons and comment; there once there is a verdict."""
        return self.part("why")

    def reason(self, name: str) -> Locator:
        """Return the tag of a reason, by the name that is stored."""
        return self.part(f"tag-{name}")

    @property
    def comment(self) -> Locator:
        """The field for a comment."""
        return self.root.locator(".why [part='text']")

    @property
    def send(self) -> Locator:
        """The button that sends the comment."""
        return self.part("send")

    @property
    def close(self) -> Locator:
        """The button that closes reasons and comment."""
        return self.part("close")


class RewriteEditor(Controls):
    """`rewrite_editor`."""

    component = "rewrite-editor"

    @property
    def edit(self) -> Locator:
        """The button that opens the editor."""
        return self.part("open-rewrite")

    @property
    def text(self) -> Locator:
        """The field with the answer's Markdown."""
        return self.root.locator(".editor [part='text']")

    @property
    def changes(self) -> Locator:
        """The word diff."""
        return self.part("changes")

    @property
    def discard(self) -> Locator:
        """The buttons that take single changes back."""
        return self.root.locator("[part^='discard-']")

    @property
    def save(self) -> Locator:
        """The button that saves the text."""
        return self.part("save")

    @property
    def cancel(self) -> Locator:
        """The button that closes the editor; the draft stays."""
        return self.part("cancel")

    @property
    def count(self) -> Locator:
        """How long the text is, or how much room is left."""
        return self.part("count")

    @property
    def reset(self) -> Locator:
        """The button that goes back to the answer as it was."""
        return self.part("reset")

    def rewrite(self, text: str) -> None:
        """Write another answer, save it and wait until it is stored."""
        self.edit.click()
        self.text.fill(text)
        self.save.click()
        self.expect_saved()


class CorrectionForm(Controls):
    """`correction_form`, of any model; a path names a field as pydantic does: `right`, `stops.0.town`."""

    component = "correction-form"

    @property
    def open_form(self) -> Locator:
        """The button that opens the form."""
        return self.part("open-correct")

    def field(self, path: str) -> Locator:
        """Return the control of a field."""
        return self.part(f"form.{path}")

    def choice(self, path: str, place: int) -> Locator:
        """Return the button of a choice by its place from 0."""
        return self.part(f"form.{path}={place}")

    @property
    def submit(self) -> Locator:
        """The button that saves the form."""
        return self.part("form-submit")

    def correct(self, fields: Mapping[str, str]) -> None:
        """Open the form, fill fields by their paths, save it and wait until it is stored."""
        self.open_form.click()
        for path, text in fields.items():
            self.field(path).fill(text)
        self.submit.click()
        self.expect_saved()


class FeedbackBar(Thumbs, CorrectionForm, RewriteEditor, PassageRemarks):
    """`feedback_bar`: everything in one row."""

    component = "feedback-bar"
