"""The correction form under an answer: any pydantic model, asked in the browser, becomes a `Correction`.

The browser draws the fields and keeps what is typed; the model itself judges each entry here, and its faults go back
to their fields. `frontend/correction_form.js` is loaded when the form is first opened.
"""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from feedback_store.events import Correction, Turn
from feedback_widgets import forms
from feedback_widgets._mount import mount
from feedback_widgets.acts import ACT_ID
from feedback_widgets.form_fields import as_json
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.labels import Labels
from feedback_widgets.stage import about, stage_words


class DefaultCorrection(BaseModel):
    """What the form asks unless the app brings its own model."""

    wrong: list[Literal["Wrong fact", "Out of date", "Incomplete", "Misses the question", "Unclear", "Unsafe"]] = Field(
        default=[], title="What is wrong?"
    )
    right: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)] = Field(
        title="What would be right?", description="In your own words. It is used when a similar question is asked."
    )
    always: bool = Field(
        default=False, title="For all answers to me", description="A wish for style or wording, whatever the question."
    )
    source: str = Field(
        default="", max_length=200, title="How do you know?", description="A link, a document, a person."
    )

    def to_correction(self) -> dict[str, str | None]:
        """Return what would be right as guidance, the first thing that is wrong as its category, and a wish for all
        answers as a style.
        """
        wrong = self.wrong[0] if self.wrong else None
        return {"guidance": self.right, "category": wrong, "type": "style" if self.always else None}


def correction_form(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    model: type[BaseModel] = DefaultCorrection,
    key: str | None = None,
    given: Correction | None = None,
    labels: Labels | None = None,
) -> None:
    """Show a button that opens a form about `turn`; a valid form becomes one `Correction` for `on_feedback`.

    Nothing that was typed is lost by a fault, by closing, by a rerun or a reload. A form that is saved again supersedes
    what it said before.

    Args:
        turn: the question and answer that is corrected.
        on_feedback: gets the correction; the browser repeats the act until the call has returned.
        model: what is asked. With a method `to_correction` it says what it means (see `SaysCorrection`); otherwise its
            fields `corrected`, `guidance` and `category` are taken, and without the first two, all fields become the
            guidance. All of its data is kept in `Correction.details`.
        key: element key of letters, digits and hyphens; default is made from the turn's id.
        given: this reader's correction that stands, as read from the store: the form shows what it says.
        labels: the words to show.

    Raises:
        TypeError: a field of the model has a type that no form can ask for.

    """
    words = labels or Labels()
    mount(
        "correction_form",
        key=key,
        turn=turn,
        data=lambda: about(turn, copy=False) | {"given": {"form": shown_form(given)}},
        common=form_common(model, words) | {"labels": {"stage": stage_words(words), "correct": asdict(words.form)}},
        on_feedback=on_feedback,
    )


def register_form(model: type[BaseModel] = DefaultCorrection, labels: Labels | None = None) -> None:
    """Know a form before any page shows it: call it in the launcher, with the words that the pages give.

    A process learns a form when a script mounts it. One that was restarted, or is another worker, has not yet: a form
    that is sent to it waits in the browser for the next rerun, unless it was registered. The default form always is.
    """
    forms.register(model, (labels or Labels()).form)


register_form()


def form_common(model: type[BaseModel], labels: Labels) -> dict[str, object]:
    """Return what all forms of a page have in common, beside their words: `{"form": {...}}`."""
    form = forms.register(model, labels.form)
    return {"form": {"id": form.id, "fields": as_json(form.fields)}}


def shown_form(given: Correction | None) -> dict[str, object] | None:
    """Return the correction by this form that stands, as the browser reads it: `{"id", "data", "at"}`."""
    if given is None:
        return None
    made = int(given.created_at.timestamp() * 1000)
    return {"id": given.metadata.get(ACT_ID), "data": given.details, "at": made}
