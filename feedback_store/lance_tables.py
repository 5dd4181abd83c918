"""The tables of a store in LanceDB: opened or made, checked to be of this house, written and erased together."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from feedback_store import lance_schema as schema
from feedback_store.embedding import Embedder, Pair
from feedback_store.folding import touched
from feedback_store.intake import Batch
from feedback_store.lance_table import LanceTable, speaking
from feedback_store.lance_view import CHUNK, CorrectionView
from feedback_store.limits import new_id
from feedback_store.quoting import all_of, any_of, asked, equal, one_of
from feedback_store.store import Erasure, IncompatibleStore, StoreError

log = logging.getLogger(__name__)

NOT_OURS = (
    "the table {} lacks the columns {}: it was made by something else than this version of feedback_store; "
    "open another directory, or use the version that made it"
)
OTHER_VERSION = (
    "the store has tables of version {}, this feedback_store reads {}: open it with the version that wrote it"
)
OTHER_MODEL = (
    "the store has vectors of {} numbers from the embedding model {!r}, and was opened with {!r} ({} numbers): "
    "open it with the model that it has, or once with reembed=True to make all vectors anew"
)


@dataclass(frozen=True)
class Tables:
    """What a store holds."""

    turns: LanceTable
    events: LanceTable
    view: CorrectionView

    def keep(self, batch: Batch, vectors: Mapping[str, Pair]) -> set[str]:
        """Write a batch, and return the ids of what is new. Doing it again, after any failure, completes it."""
        append_id = new_id()
        turns = [schema.turn_row(turn, append_id) for turn in batch.turns.values()]
        events = [schema.event_row(event, append_id) for event in batch.events.values()]
        stored: set[str] = set()
        for table, rows, replace in (
            (self.turns, turns, "target.status = 'asked' AND source.status != 'asked'"),
            (self.events, events, None),
        ):
            written = table.write(rows, replace=replace)
            if written == len(rows):
                stored |= {row[table.key] for row in rows}
            elif written:
                ours = all_of(equal("append_id", append_id), one_of(table.key, [row[table.key] for row in rows]))
                stored |= {row[table.key] for row in table.read(ours, [table.key])}
        self.view.refresh(touched(batch.events.values()), vectors)
        return stored

    def catch_up(self) -> None:
        """Complete the view: what a killed writer left behind, then the vectors that are missing."""
        behind = self.view.behind()
        for start in range(0, len(behind), CHUNK):
            self.view.refresh(behind[start : start + CHUNK])
        self.view.embed_waiting()

    def rebuild(self) -> None:
        """Derive the whole view from the events. Vectors that are there stay."""
        self.view.drop_orphans()
        every = [row["event_id"] for row in self.events.read(equal("kind", "correction"), ["event_id"])]
        for start in range(0, len(every), CHUNK):
            self.view.refresh(every[start : start + CHUNK], anew=True)
        self.catch_up()

    def erase(self, *, user_id: str | None, session_id: str | None, tenant: str) -> Erasure:
        """Delete the rows of a user or a session with all that is about them, and their bytes."""
        theirs = all_of(equal("tenant", tenant), asked("user_id", user_id), asked("session_id", session_id))
        turns = [row["turn_id"] for row in self.turns.read(theirs, ["turn_id"])]
        of_turns = all_of(equal("tenant", tenant), one_of("turn_id", turns))
        columns = ["event_id", "about", "supersedes"]
        rows = {row["event_id"]: row for row in self.events.read(any_of(theirs, of_turns), columns)}
        about = all_of(equal("tenant", tenant), one_of("about", rows))
        rows |= {row["event_id"]: row for row in self.events.read(about, columns)}
        erased = Erasure(
            corrections=self.view.table.delete(one_of("event_id", rows)),
            events=self.events.delete(one_of("event_id", rows)),
            turns=self.turns.delete(one_of("turn_id", turns)),
        )
        self.view.refresh(
            {row[name] for row in rows.values() for name in ("about", "supersedes") if row[name]}, anew=True
        )
        for table in (self.view.table, self.events, self.turns):
            table.rewrite()
        return erased

    def untidy(self, after: int) -> bool:
        """Tell whether a table has so many small files."""
        return any(table.untidied >= after for table in (self.view.table, self.events, self.turns))

    def tidy(self, *, after: int, keep: timedelta) -> None:
        """Tidy each table that has so many small files; a failure is logged, and it is tried again later."""
        for table in (self.view.table, self.events, self.turns):
            if table.untidied >= after:
                try:
                    table.tidy(keep=keep)
                except StoreError as error:
                    log.warning("%s", error, exc_info=log.isEnabledFor(logging.DEBUG))


def open_tables(db: Any, indices: Mapping[str, Any], embedder: Embedder | None, *, reembed: bool) -> Tables:
    """Open the tables of a store, and make those that are missing.

    Args:
        db: a LanceDB connection.
        indices: LanceDB's index configurations by kind.
        embedder: the embedding model, if there is one.
        reembed: make the vectors anew where they are of another model.

    """

    def opened(name: str, key: str, wanted: Any, *, needed: list[str] | None = None) -> LanceTable:
        with speaking(f"open {name}", "nothing was changed, look at the cause"):
            try:
                table = db.open_table(name)
            except ValueError:  # there is none yet; a damaged one fails again below
                table = db.create_table(name, schema=wanted, exist_ok=True)
        found = LanceTable(table, name, key=key, indices=_configured(name, indices))
        if missing := [column for column in needed or wanted.names if column not in found.schema.names]:
            raise IncompatibleStore(NOT_OURS.format(name, ", ".join(missing)))
        found.index()
        return found

    meta = opened("meta", "key", schema.META)
    version = meta.read(equal("key", "schema_version"), ["value"])
    if not version:
        meta.write([{"key": "schema_version", "value": schema.VERSION}])
    elif version[0]["value"] != schema.VERSION:
        raise IncompatibleStore(OTHER_VERSION.format(version[0]["value"], schema.VERSION))

    turns, events = opened("turns", "turn_id", schema.TURNS), opened("events", "event_id", schema.EVENTS)
    dimension = embedder.probe() if embedder else None
    wanted = schema.corrections(dimension, embedder.name if embedder else None)
    view = opened("corrections", "event_id", wanted, needed=schema.corrections(None, None).names)
    found = schema.embedding_of(view.schema)
    if embedder and _differs(found, embedder.name, dimension):
        if found and not reembed:
            raise IncompatibleStore(OTHER_MODEL.format(*found, embedder.name, dimension))
        if dimension:
            with speaking("make the view of corrections anew", "no event is lost, open the store again"):
                table = db.create_table("corrections", schema=wanted, mode="overwrite")
            view = LanceTable(table, "corrections", key="event_id", indices=_configured("corrections", indices))
            view.index()
    if embedder and (found := schema.embedding_of(view.schema)):
        embedder.dimension = found[0]
    tables = Tables(turns, events, CorrectionView(view, events, embedder))
    tables.catch_up()
    return tables


def _differs(found: tuple[int, str] | None, name: str, dimension: int | None) -> bool:
    if found is None:
        return True
    return found[1] != name or (dimension is not None and dimension != found[0])


def _configured(name: str, indices: Mapping[str, Any]) -> dict[str, Any]:
    return {column: indices[kind] for column, kind in schema.INDICES[name].items()}
