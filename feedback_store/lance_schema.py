"""The columns of the LanceDB tables. What is filtered has a typed column; what is read back is the record's own JSON.

Imported late, by `LanceStore` alone, since it needs pyarrow.
"""
# pyarrow ships no types
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from typing import Any, Final, Literal

import pyarrow as pa

from feedback_store.embedding import Pair, pair_text
from feedback_store.events import Correction, Feedback, Review, Turn
from feedback_store.folding import Folded

VERSION: Final = "1"
"""Of the tables; `Record.schema_version` is that of the JSON in them."""
VECTORS: Final = ("question_vector", "pair_vector")
EMBEDDING: Final = "embedding"
"""In the metadata of a vector's field: the name of the model, so that a vector and its model are made in one commit."""

Row = dict[str, Any]
Index = Literal["btree", "bitmap", "words"]
INDICES: Final[dict[str, dict[str, Index]]] = {
    "turns": {"turn_id": "btree", "session_id": "btree", "user_id": "btree", "tenant": "bitmap"},
    "events": {
        "event_id": "btree",
        "turn_id": "btree",
        "session_id": "btree",
        "user_id": "btree",
        "about": "btree",
        "supersedes": "btree",
        "kind": "bitmap",
        "tenant": "bitmap",
    },
    "corrections": {
        "event_id": "btree",
        "user_id": "btree",
        "tenant": "bitmap",
        "state": "bitmap",
        "audience": "bitmap",
        "text": "words",
    },
    "meta": {},
}
_TIME: Final = pa.timestamp("us", tz="UTC")
_COMMON: Final = (
    pa.field("tenant", pa.string()),
    pa.field("user_id", pa.string()),
    pa.field("session_id", pa.string()),
    pa.field("created_at", _TIME),
    pa.field("record", pa.string()),
)


def _key(name: str) -> Any:
    """Declare a primary key, without which two writers of one new key make two rows."""
    return pa.field(name, pa.string(), nullable=False, metadata={"lance-schema:unenforced-primary-key:position": "1"})


TURNS: Final[Any] = pa.schema(
    [_key("turn_id"), *_COMMON, pa.field("status", pa.string()), pa.field("append_id", pa.string())]
)
EVENTS: Final[Any] = pa.schema(
    [
        _key("event_id"),
        *_COMMON,
        pa.field("kind", pa.string()),
        pa.field("turn_id", pa.string()),
        pa.field("about", pa.string()),
        pa.field("supersedes", pa.string()),
        pa.field("append_id", pa.string()),
    ]
)
META: Final[Any] = pa.schema([_key("key"), pa.field("value", pa.string())])


def corrections(dimension: int | None, embedding: str | None) -> Any:
    """Return the schema of the view of corrections; without a dimension it has no vectors."""
    metadata = {EMBEDDING: embedding or ""}
    vectors = [pa.field(name, pa.list_(pa.float32(), dimension), metadata=metadata) for name in VECTORS if dimension]
    return pa.schema(
        [
            _key("event_id"),
            *_COMMON,
            pa.field("state", pa.string()),
            pa.field("audience", pa.string()),
            pa.field("valid_until", _TIME),
            pa.field("reviews", pa.int64()),
            pa.field("revision", pa.int64()),
            pa.field("embedded", pa.bool_()),
            pa.field("text", pa.string()),
            *vectors,
        ]
    )


def embedding_of(schema: Any) -> tuple[int, str] | None:
    """Return the dimension and the model's name of a view of corrections; None where it has no vectors."""
    if VECTORS[0] not in schema.names:
        return None
    field = schema.field(VECTORS[0])
    return field.type.list_size, (field.metadata or {}).get(EMBEDDING.encode(), b"").decode()


def arrow(rows: Sequence[Row], schema: Any) -> Any:
    """Return rows as an Arrow table; what a row lacks is null, and what the schema lacks is left out."""
    return pa.Table.from_pylist([*rows], schema=schema)


def turn_row(turn: Turn, append_id: str) -> Row:
    """Return the row of a turn."""
    return _common(turn) | {"turn_id": turn.turn_id, "status": turn.status, "append_id": append_id}


def event_row(event: Feedback, append_id: str) -> Row:
    """Return the row of an event."""
    return _common(event) | {
        "event_id": event.event_id,
        "kind": event.kind,
        "turn_id": event.turn_id,
        "about": event.about if isinstance(event, Review) else None,
        "supersedes": event.supersedes,
        "append_id": append_id,
    }


def correction_row(folded: Folded, vectors: Pair | None) -> Row:
    """Return the row of a correction as it stands."""
    known = folded.known
    correction: Correction = known.correction
    return _common(correction) | {
        "event_id": known.id,
        "record": known.model_dump_json(),
        "state": known.state,
        "audience": known.audience,
        "valid_until": correction.valid_until,
        "reviews": folded.reviews,
        "revision": folded.revision,
        "embedded": vectors is not None,
        "text": pair_text(correction),
        **dict(zip(VECTORS, vectors or (), strict=False)),
    }


def _common(record: Turn | Feedback) -> Row:
    return {
        "tenant": record.tenant,
        "user_id": record.user_id,
        "session_id": record.session_id,
        "created_at": record.created_at,
        "record": record.model_dump_json(),
    }
