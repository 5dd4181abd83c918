"""The correction form under an answer: any pydantic model, asked in Streamlit's own widgets, becomes a `Correction`.

It is built eagerly inside its popover, so that a closed popover keeps what was typed.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, Protocol, runtime_checkable

import streamlit as st
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from feedback_store.events import Correction, Turn
from feedback_widgets._mount import component_key
from feedback_widgets.acts import displayed
from feedback_widgets.form_fields import FormField, form_fields
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.inert import escape_markdown

_FORM: Final = ""
"""Where faults stand that belong to no single field."""
_log: Final = logging.getLogger(__name__)


@runtime_checkable
class SaysCorrection(Protocol):
    """A form model that says itself what of a `Correction` it fills: `corrected`, `guidance`, `category`."""

    def to_correction(self) -> dict[str, str | None]:
        """Return the fields of the correction by their names."""
        ...


class DefaultCorrection(BaseModel):
    """What the form asks unless the app brings its own model."""

    wrong: list[Literal["Wrong fact", "Out of date", "Incomplete", "Misses the question", "Unclear", "Unsafe"]] = Field(
        default=[], title="What is wrong?"
    )
    right: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)] = Field(
        title="What would be right?", description="In your own words. It is used when a similar question is asked."
    )
    source: str = Field(
        default="", max_length=200, title="How do you know?", description="A link, a document, a person."
    )

    def to_correction(self) -> dict[str, str | None]:
        """Return what would be right as guidance, and the first thing that is wrong as its category."""
        return {"guidance": self.right, "category": self.wrong[0] if self.wrong else None}


@dataclass(frozen=True)
class CorrectionFormLabels:
    """Every word of the form that is not the model's own."""

    open: str = "Correct"
    submit: str = "Save correction"
    saved: str = "Saved"
    not_saved: str = "Not saved. Your text is still here: please try again."
    required: str = "Please fill this in."
    stored: str = "Kept with your question and this answer."
    yes: str = "Yes"
    no: str = "No"


@dataclass
class _State:
    """What the form remembers between runs. A new `number` is a new, empty and closed form."""

    number: int = 0
    saved: bool = False
    faults: dict[str, str] = field(default_factory=dict[str, str])
    unsent: Correction | None = None


def correction_form(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    model: type[BaseModel] = DefaultCorrection,
    key: str | None = None,
    labels: CorrectionFormLabels | None = None,
) -> None:
    """Show a button that opens a form about `turn`; a valid form becomes one `Correction` for `on_feedback`.

    Args:
        turn: the question and answer that is corrected.
        on_feedback: gets the correction. If it raises, the form says so, keeps the text, and can send the same event
            again.
        model: what is asked. With a method `to_correction` it says what it means (see `SaysCorrection`); otherwise its
            fields `corrected`, `guidance` and `category` are taken, and without the first two, all fields become the
            guidance. All of its data is kept in `Correction.details`.
        key: default is one for the turn.
        labels: the words of the form.

    Raises:
        TypeError: a field of the model has a type that no widget asks for yet.

    """
    fields = form_fields(model)
    words = labels or CorrectionFormLabels()
    place = component_key("correction_form", key, turn)

    @st.fragment
    def body() -> None:
        state: _State = st.session_state.setdefault(f"{place}-state", _State())
        keys = {each.name: f"{place}-{state.number}-{each.name}".replace("_", "-") for each in fields}

        def submit(number: int) -> None:
            if number != state.number:
                return  # the second of two quick clicks
            given: dict[str, object] = {}
            for each in fields:
                given |= each.given(st.session_state.get(keys[each.name]))
            try:
                correction = _correction(model.model_validate(given), turn, fields)
            except ValidationError as error:
                state.saved, state.faults = False, _faults(error, keys, words)
            else:
                _hand_on(state, correction, on_feedback, words)

        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            # A new key closes the popover, without the rerun on each opening that a tracked popover costs.
            with st.popover(
                words.open, icon=":material/edit_note:", type="tertiary", key=f"{place}-open-{state.number}"
            ):
                with st.form(f"{place}-form-{state.number}", border=False, enter_to_submit=False):
                    for each in fields:
                        each.draw(keys[each.name], yes=words.yes, no=words.no)
                        _show(state.faults.get(each.name))
                    _show(state.faults.get(_FORM))
                    st.form_submit_button(words.submit, type="primary", on_click=submit, args=(state.number,))
                st.caption(words.stored)
            if state.saved:
                st.badge(f"✓ {words.saved}", color="green")

    with st.container(key=place, width="content"):
        body()


def _hand_on(state: _State, correction: Correction, on_feedback: OnFeedback, words: CorrectionFormLabels) -> None:
    if unsent := state.unsent:
        # It may have been kept although the call failed: the same words go under the same id, others replace it.
        stamp = {name: getattr(unsent, name) for name in ("event_id", "created_at", "supersedes")}
        again = correction.model_copy(update=stamp)
        correction = again if again == unsent else correction.model_copy(update={"supersedes": unsent.event_id})
    try:
        on_feedback(correction)
    except Exception:
        _log.exception("A correction was not stored; the form keeps it")
        state.saved, state.unsent, state.faults = False, correction, {_FORM: words.not_saved}
    else:
        state.number, state.saved, state.unsent, state.faults = state.number + 1, True, None, {}


def _correction(form: BaseModel, turn: Turn, fields: tuple[FormField, ...]) -> Correction:
    details = form.model_dump(mode="json", by_alias=True)
    if isinstance(form, SaysCorrection):
        said = form.to_correction()
    else:
        said = {name: details[name] for name in ("corrected", "guidance", "category") if details.get(name)}
        if not said.get("corrected") and not said.get("guidance"):
            lines = (each.in_words(details[each.name]) for each in fields)
            said["guidance"] = "\n".join(line for line in lines if line)
    return Correction.model_validate(
        {
            "turn_id": turn.turn_id,
            "session_id": turn.session_id,
            "user_id": turn.user_id,
            "tenant": turn.tenant,
            "question": turn.prompt,
            "answer": displayed(turn),
            "details": details,
            **said,
        }
    )


def _faults(error: ValidationError, names: Collection[str], words: CorrectionFormLabels) -> dict[str, str]:
    faults: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        where = str(fault["loc"][0]) if fault["loc"] else _FORM
        message = words.required if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
        if where in names:
            faults.setdefault(where, message)
        else:
            faults.setdefault(_FORM, f"{where}: {message}" if where else message)
    return faults


def _show(fault: str | None) -> None:
    if fault:
        st.error(escape_markdown(fault))
