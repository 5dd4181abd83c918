"""The words of the house: every record that is kept.

A record is frozen, closed (an unknown field is an error) and carries a stable id that its maker chose, so that a
repeated delivery is recognised. A change of mind is a new event that `supersedes` the old one; history is never edited.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from feedback_store.limits import Audience, Count, Id, Mapped, Milliseconds, Moment, Name, Note, Text, new_id


class InvalidFeedback(ValueError):  # the name says what is wrong
    """Raised when data is no record: says which field, what was given and what is allowed."""


def _now() -> datetime:
    return datetime.now(UTC)


class Span(BaseModel):
    """A passage of an answer: offsets in Unicode code points, `end` exclusive, and the words themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    start: Count
    end: Count
    text: Text

    @model_validator(mode="after")
    def _ordered(self) -> "Span":
        if self.end <= self.start:
            msg = f"a span ends after it starts, given {self.start} to {self.end}"
            raise ValueError(msg)
        return self


class Record(BaseModel):
    """What every stored record has: whose it is, in which session, and when it was made (UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="constants")
    schema_version: Literal[1] = 1
    created_at: Moment = Field(default_factory=_now)
    session_id: Id
    user_id: Name | None = None
    tenant: Name = "default"


class Turn(Record):
    """One question and its answer. Every turn is kept, with or without feedback, so that any feedback has its context.

    A turn is appended when it is asked and again when it has ended; the ended record replaces the asked one.
    """

    kind: Literal["turn"] = "turn"
    turn_id: Id = Field(default_factory=new_id)
    status: Literal["asked", "answered", "stopped", "failed"] = "answered"
    index: Count = 0
    """Place in the session, from 0; a regenerated answer has the index of its parent."""
    parent_turn_id: Id | None = None
    """The turn of which this one is another answer (regenerated)."""
    prompt: Text
    response: Text = ""
    """What the model generated."""
    displayed: Text | None = None
    """What was on the screen, where that differs: a stopped stream, a filtered text."""
    run_id: Id | None = None
    trace_id: Id | None = None
    model: Name | None = None
    params: Mapped = Field(default_factory=dict)
    prompt_version: Name | None = None
    latency_ms: Milliseconds | None = None
    ttft_ms: Milliseconds | None = None
    """Time from the call to the first token."""
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    document_ids: tuple[Name, ...] = Field(default=(), max_length=200)
    correction_ids: tuple[Id, ...] = Field(default=(), max_length=200)
    """The corrections that the prompt of this answer carried."""
    app_version: Name | None = None
    error: Note | None = None
    tags: tuple[Name, ...] = Field(default=(), max_length=50)


class Event(Record):
    """What every act of feedback has. `user_id` is the author; `supersedes` names the earlier event it takes back."""

    event_id: Id = Field(default_factory=new_id)
    turn_id: Id | None = None
    supersedes: Id | None = None
    metadata: Mapped = Field(default_factory=dict)


class Rating(Event):
    """An explicit verdict on a turn, or on the session where `turn_id` is None. A score of None retracts it."""

    kind: Literal["rating"] = "rating"
    key: Name = "thumbs"
    """The criterion; the newest rating by (turn, author, key) is the one that stands."""
    score: Annotated[float, Field(ge=0, le=1)] | None
    """From 0 (worst) to 1 (best); thumbs are 0 and 1."""
    label: Name | None = None
    reasons: tuple[Name, ...] = Field(default=(), max_length=20)
    comment: Note = ""
    span: Span | None = None


CorrectionType = Literal["fact", "rule", "style", "term", "boundary"]
"""What a correction is about: a fact, how to act in a case, how to write, what to call a thing, what to refuse."""


class Correction(Event):
    """What would have been right: a full answer, a rule, or both, with the question and answer that it corrects."""

    kind: Literal["correction"] = "correction"
    type: CorrectionType = "fact"
    question: Text
    condition: Note = ""
    """When it holds, in words ("the customer asks for an invoice"). Without one, a fact, a rule and a boundary hold for
    questions like `question`, a style and a term for every question."""
    answer: Text = ""
    """The answer that was wrong, as displayed."""
    corrected: Text = ""
    guidance: Note = ""
    source: Literal["form", "rewrite", "reviewer"] = "form"
    category: Name | None = None
    details: Mapped = Field(default_factory=dict)
    """The data of the pydantic form that it came from."""
    span: Span | None = None
    edit_distance: Annotated[float, Field(ge=0, le=1)] | None = None
    """Word-level Levenshtein distance from `answer` to `corrected`, over the longer one's words: 0 equal, 1 all new."""
    valid_from: Moment | None = None
    """From when it holds; None: from now on."""
    valid_until: Moment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Correction":
        if not self.corrected.strip() and not self.guidance.strip():
            msg = "a correction needs the corrected answer, a rule (guidance), or both; given neither"
            raise ValueError(msg)
        return self


class Signal(Event):
    """Implicit feedback: a running total of what was done with an answer, never its content."""

    kind: Literal["signal"] = "signal"
    name: Literal["dwell", "copy", "scroll-past", "open", "abandon", "regenerate", "stop", "rephrase"]
    value: Annotated[float, Field(ge=0, le=1e9)]
    unit: Literal["ms", "share", "count"]
    seq: Count = 0
    """Totals are cumulative: of the signals with one (turn, name), the highest `seq` holds."""


class Review(Event):
    """A statement about an earlier event: `by` its author, a reviewer, or the system's own policy."""

    kind: Literal["review"] = "review"
    about: Id
    verdict: Literal["approve", "reject", "withdraw", "restore", "edit"]
    by: Literal["author", "reviewer", "system"]
    audience: Audience = "author"
    """Who will see an approved correction."""
    note: Note = ""


Feedback = Rating | Correction | Signal | Review
AnyRecord = Turn | Feedback
_records: Final = TypeAdapter[AnyRecord](Annotated[AnyRecord, Field(discriminator="kind")])


def parse_record(data: Mapping[str, Any] | str | bytes) -> AnyRecord:
    """Read one record from a mapping or from JSON, strictly.

    Raises:
        InvalidFeedback: the data is no JSON, has an unknown or repeated field, or breaks a limit.

    """
    try:
        mapping = dict(data) if isinstance(data, Mapping) else json.loads(data, object_pairs_hook=_once)
        text = json.dumps(mapping, allow_nan=False, ensure_ascii=False).encode()
        return _records.validate_json(text, strict=True)
    except ValidationError as error:
        _explain(error)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"not a record: {error}"
        raise InvalidFeedback(msg) from error


def parse_feedback(data: Mapping[str, Any] | str | bytes) -> Feedback:
    """Read one feedback event (a record that is no turn). Raises `InvalidFeedback` as `parse_record` does."""
    record = parse_record(data)
    if isinstance(record, Turn):
        msg = "kind: given 'turn', allowed are rating, correction, signal and review"
        raise InvalidFeedback(msg)
    return record


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(keys := dict(pairs)) < len(pairs):
        msg = "a field is given twice"
        raise ValueError(msg)
    return keys


def _explain(error: ValidationError) -> NoReturn:
    faults: list[str] = []
    for fault in error.errors(include_url=False, include_context=False)[:5]:
        where = ".".join(str(part) for part in fault["loc"][1:]) or "record"
        given = repr(fault.get("input"))
        faults.append(f"{where}: {fault['msg']} (given {given[:80]}{'…' if len(given) > 80 else ''})")
    raise InvalidFeedback("; ".join(faults)) from error
