"""The door of every store: what comes in is checked once more, copied from its caller, and taken once per id."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic_core import PydanticSerializationError

from feedback_store.events import AnyRecord, Feedback, InvalidFeedback, Record, Turn, parse_record


@dataclass(frozen=True)
class Batch:
    """The records of one append by id, in the order given."""

    turns: dict[str, Turn] = field(default_factory=dict[str, Turn])
    events: dict[str, Feedback] = field(default_factory=dict[str, Feedback])

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id, turns first."""
        return (*self.turns, *self.events)


def take_in(records: AnyRecord | Iterable[AnyRecord]) -> Batch:
    """Check and copy the records. Of two with one id the first counts, save that an ended turn replaces the asked one.

    Raises:
        InvalidFeedback: one of them is no record; then none is taken.

    """
    batch = Batch()
    for given in [records] if isinstance(records, Record) else records:
        record = _own(given)
        if not isinstance(record, Turn):
            batch.events.setdefault(record.event_id, record)
        elif record.turn_id not in batch.turns or ends(record, batch.turns[record.turn_id]):
            batch.turns[record.turn_id] = record
    return batch


def ends(turn: Turn, earlier: Turn) -> bool:
    """Tell whether `turn` is the end of a turn of which only the asking is known."""
    return earlier.status == "asked" and turn.status != "asked"


def _own(record: object) -> AnyRecord:
    if not isinstance(record, Record):
        given = type(record).__name__
        msg = f"a store keeps Turn, Rating, Correction, Signal and Review, given {given}; read JSON with parse_record"
        raise InvalidFeedback(msg)
    try:
        return parse_record(record.model_dump_json(warnings="error"))
    except PydanticSerializationError as error:
        msg = f"a {type(record).__name__} that cannot be written as JSON: make it with its constructor, which checks it"
        raise InvalidFeedback(msg) from error
