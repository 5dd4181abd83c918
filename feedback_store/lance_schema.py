"""The columns of the LanceDB tables. What is filtered has a typed column; what is read back is the record's own JSON.

Imported late, by `LanceStore` alone, since it needs pyarrow.
"""
# pyarrow ships no types
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, Literal

import pyarrow as pa

from feedback_store.embedding import Pair, pair_text
from feedback_store.events import AnyRecord, Correction, Review, Turn
from feedback_store.folding import Folded
from feedback_store.rooms import room_of

VERSION: Final = "2"
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
        "kind": "bitmap",
        "tenant": "bitmap",
    },
    "teachings": {
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
"""By family: the first word of a table's name."""
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


_OF_TURN: Final = (pa.field("kind", pa.string()), pa.field("turn_id", pa.string()))
SCHEMAS: Final[dict[str, Any]] = {
    "turns": pa.schema([_key("turn_id"), *_COMMON, pa.field("status", pa.string())]),
    "events": pa.schema([_key("event_id"), *_COMMON, *_OF_TURN]),
    "teachings": pa.schema(
        [_key("event_id"), *_COMMON, *_OF_TURN, pa.field("about", pa.string()), pa.field("supersedes", pa.string())]
    ),
    "meta": pa.schema([_key("key"), pa.field("value", pa.string())]),
}
"""By family. Ratings and signals are `events`; corrections and reviews, which are read together, are `teachings`."""


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


def family(table: str) -> str:
    """Return the first word of a table's name: what its rows are."""
    return table.split("_", 1)[0]


def key_of(table: str) -> str:
    """Return the name of a table's key column."""
    return {"turns": "turn_id", "meta": "key"}.get(family(table), "event_id")


def space_table(dimension: int | None, model: str) -> str:
    """Return the name of the view for an embedding model: one table for each, so that vectors are never mixed."""
    if dimension is None:
        return "corrections"
    return f"corrections_{sha256(f'{dimension}:{model}'.encode()).hexdigest()[:8]}"


def embedding_of(schema: Any) -> tuple[int, str] | None:
    """Return the dimension and the model's name of a view of corrections; None where it has no vectors."""
    if VECTORS[0] not in schema.names:
        return None
    field = schema.field(VECTORS[0])
    return field.type.list_size, (field.metadata or {}).get(EMBEDDING.encode(), b"").decode()


def arrow(rows: Sequence[Row], schema: Any) -> Any:
    """Return rows as an Arrow table; what a row lacks is null, and what the schema lacks is left out."""
    return pa.Table.from_pylist([*rows], schema=schema)


def record_row(record: AnyRecord) -> Row:
    """Return the row of a record."""
    row = _common(record)
    if isinstance(record, Turn):
        return row | {"turn_id": record.turn_id, "status": record.status}
    row |= {"event_id": record.event_id, "kind": record.kind, "turn_id": record.turn_id}
    if room_of(record) == "teachings":
        row |= {"about": record.about if isinstance(record, Review) else None, "supersedes": record.supersedes}
    return row


def correction_row(folded: Folded, vectors: Pair | None) -> Row:
    """Return the row of a correction as it stands."""
    known = folded.known
    correction: Correction = known.correction
    return _common(correction) | {
        "event_id": known.id,
        "record": known.model_dump_json(),
        "state": known.state,
        "audience": known.audience,
        "valid_until": min((end for end in (correction.valid_until, known.replaced_at) if end), default=None),
        "reviews": folded.reviews,
        "revision": folded.revision,
        "embedded": vectors is not None,
        "text": pair_text(correction),
        **dict(zip(VECTORS, vectors or (), strict=False)),
    }


def _common(record: AnyRecord) -> Row:
    return {
        "tenant": record.tenant,
        "user_id": record.user_id,
        "session_id": record.session_id,
        "created_at": record.created_at,
        "record": record.model_dump_json(),
    }
