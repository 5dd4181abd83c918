"""What a browser may say, and nothing else: the closed schema of an act, and its way to a stored event.

A browser sends an act: an id that it minted, a verdict, a text or a total. Identity, context and time come from the
server's own `Turn`. Both delivery channels (`inbox.py`) and the native forms make their events here.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from feedback_store.events import Correction, Feedback, Rating, Signal, Span, Turn
from feedback_store.limits import Count, Id, Mapped, Name, Note, Text
from feedback_widgets import forms
from feedback_widgets.act_faults import rewrite_fault, signal_fault, span_fault
from feedback_widgets.edit_distance import edit_distance
from feedback_widgets.form_faults import FormFaults

ACT_ID: Final = "act"
"""The key in an event's `metadata` that keeps the browser's own id of the act, so that a later act can replace it."""
_NAMESPACE: Final = uuid.UUID("a8dd7ba4-2d2b-5c31-9d00-dde7fa0ad7ee")
PASSAGE: Final = "passage:"
"""How the criterion of a verdict on a passage begins: one for each passage, so that they stand side by side."""


class RefusedAct(ValueError):
    """Raised when an act cannot become an event, now or later: says in words why, and `faults` in which field."""

    def __init__(self, why: str, faults: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.faults: Mapping[str, str] = faults or {}


class NotYet(RuntimeError):
    """Raised when an act cannot be judged until the script has run again: the browser keeps it and sends it again."""


class _Act(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    id: Id
    """Minted by the browser at the moment of the act; repeated deliveries carry the same id."""


class RatingAct(_Act):
    """A verdict, its change, an addition to it (reasons, comment), or with a score of None its retraction."""

    act: Literal["rating"] = "rating"
    replaces: Id | None = None
    """The id of the same author's earlier act on this turn that this one takes the place of."""
    score: Annotated[float, Field(ge=0, le=1)] | None
    reasons: tuple[Name, ...] = Field(default=(), max_length=20)
    comment: Note = ""


class RemarkAct(_Act):
    """A verdict on a passage of the answer, its change, or with a score of None its retraction."""

    act: Literal["remark"] = "remark"
    replaces: Id | None = None
    span: Span
    """Where in the answer as displayed, and which words."""
    score: Annotated[float, Field(ge=0, le=1)] | None
    comment: Note = ""


class RewriteAct(_Act):
    """The whole answer as it should have been, byte for byte as written."""

    act: Literal["rewrite"] = "rewrite"
    replaces: Id | None = None
    text: Text


class FormAct(_Act):
    """What was entered in a form of the app's own: judged by its model."""

    act: Literal["form"] = "form"
    replaces: Id | None = None
    form: Id
    """Which form it was, by the id that `forms.register` gave it."""
    data: Mapped


class SignalAct(_Act):
    """A running total of what was done with an answer: content-free."""

    act: Literal["signal"] = "signal"
    name: Literal["dwell", "copy", "scroll-past", "open", "abandon", "regenerate", "stop", "rephrase"]
    value: Annotated[float, Field(ge=0, le=1e9)]
    unit: Literal["ms", "share", "count"]
    seq: Count = 0


Act = RatingAct | RemarkAct | RewriteAct | FormAct | SignalAct
_acts: Final = TypeAdapter[Act](Annotated[Act, Field(discriminator="act")])


def parse_act(data: Mapping[str, object]) -> Act:
    """Read one act, strictly. Raises `RefusedAct` for an unknown field, a wrong type or a value out of bounds."""
    try:
        return _acts.validate_json(json.dumps(data, allow_nan=False), strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"][1:]) or "act"
        msg = f"{where}: {fault['msg']}"
        raise RefusedAct(msg) from error
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"no JSON object: {error}"
        raise RefusedAct(msg) from error


def to_event(act: Act, turn: Turn, *, now: datetime | None = None) -> Feedback:
    """Make the event of an act on `turn`; the same act on the same turn always has the same `event_id`.

    Args:
        act: what was said.
        turn: the turn it was said about; author, session and tenant are taken from it.
        now: the event's time; default is the current time.

    Raises:
        RefusedAct: a passage that the answer does not have, a rewrite that changes nothing or is empty, a form that its
            model does not take, a signal in a wrong unit, a dwell longer than the turn is old.
        NotYet: a form that this process has not drawn yet.

    """
    made = now or datetime.now(UTC)
    answer = displayed(turn)
    if isinstance(act, RatingAct):
        return Rating(
            **_identity(act.id, turn, act.replaces), created_at=made,
            score=act.score, reasons=act.reasons, comment=act.comment,
        )  # fmt: skip
    if isinstance(act, RemarkAct):
        _refuse(span_fault(act.span, answer))
        return Rating(
            **_identity(act.id, turn, act.replaces), created_at=made, key=f"{PASSAGE}{act.span.start}-{act.span.end}",
            score=act.score, comment=act.comment, span=act.span,
        )  # fmt: skip
    if isinstance(act, RewriteAct):
        _refuse(rewrite_fault(act.text, answer))
        return Correction(
            **_identity(act.id, turn, act.replaces), created_at=made, question=turn.prompt, answer=answer,
            corrected=act.text, source="rewrite", edit_distance=edit_distance(answer, act.text),
        )  # fmt: skip
    if isinstance(act, FormAct):
        return _of_form(act, turn, made)
    _refuse(signal_fault(act.name, act.value, act.unit, age_ms=(made - turn.created_at).total_seconds() * 1000))
    return Signal(
        **_identity(act.id, turn, None), created_at=made, name=act.name, value=act.value, unit=act.unit, seq=act.seq
    )


def event_id(act_id: str, turn: Turn) -> str:
    """Return the id of the event that an act makes: within its author's own acts on this turn, and nobody else's."""
    author = [turn.tenant, turn.user_id, turn.session_id, turn.turn_id]
    return str(uuid.uuid5(_NAMESPACE, json.dumps([*author, act_id])))


def displayed(turn: Turn) -> str:
    """Return the answer as it was on the screen."""
    return turn.response if turn.displayed is None else turn.displayed


class _Identity(TypedDict):
    event_id: str
    supersedes: str | None
    turn_id: str
    session_id: str
    user_id: str | None
    tenant: str
    metadata: dict[str, JsonValue]


def _identity(act_id: str, turn: Turn, replaces: str | None) -> _Identity:
    return {
        "event_id": event_id(act_id, turn),
        "supersedes": event_id(replaces, turn) if replaces else None,
        "turn_id": turn.turn_id,
        "session_id": turn.session_id,
        "user_id": turn.user_id,
        "tenant": turn.tenant,
        "metadata": {ACT_ID: act_id},
    }


def _of_form(act: FormAct, turn: Turn, made: datetime) -> Correction:
    form = forms.find(act.form)
    if form is None:
        msg = "form"
        raise NotYet(msg)
    about = {"created_at": made, "question": turn.prompt, "answer": displayed(turn), "source": "form"}
    try:
        correction = form.correction(act.data, {**_identity(act.id, turn, act.replaces), **about})
    except FormFaults as error:
        raise RefusedAct(form.words.faulty, error.by_field) from error
    if not correction.corrected:
        return correction
    return correction.model_copy(update={"edit_distance": edit_distance(correction.answer, correction.corrected)})


def _refuse(why: str | None) -> None:
    if why:
        raise RefusedAct(why)
