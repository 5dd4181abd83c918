"""The view of corrections in LanceDB: the one table searched live. It can be made anew from the events."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from feedback_store.candidates import searched, unite
from feedback_store.embedding import Embedder, Pair, similarity
from feedback_store.events import Correction, Review, parse_record
from feedback_store.folding import fold
from feedback_store.lance_schema import VECTORS, Row, correction_row, embedding_of
from feedback_store.lance_table import LanceTable
from feedback_store.quoting import EVERYTHING, NOTHING, all_of, any_of, equal, moment, one_of
from feedback_store.standing import KnownCorrection, State, as_of, in_force
from feedback_store.store import Candidate, Scope

Kept = TypeVar("Kept", Correction, Review)
NEWER: Final = "source.revision >= target.revision"
"""A derivation from fewer events, by a slower writer, must not replace one from more."""
CHUNK: Final = 256


class CorrectionView:
    """The corrections as they stand, with the vectors of their texts where there is an embedding model."""

    def __init__(self, table: LanceTable, events: LanceTable, embedder: Embedder | None) -> None:
        self.table = table
        self._events = events
        self._embedder = embedder
        self._vectors = VECTORS if embedding_of(table.schema) else ()
        self.waiting = False
        """Whether a correction is known to have no vectors because the model failed."""

    def similar(self, question: str, scope: Scope, limit: int) -> list[Candidate]:
        """Return the candidates for a question."""
        where = _visible(scope)
        columns = ["event_id", "record", *self._vectors]
        asked = self._embedder.question(question) if self._embedder and self._vectors else None
        found: dict[str, Row] = {}
        for column in self._vectors if asked else ():
            for row in self.table.nearest(column, asked or [], where, columns, limit):
                found.setdefault(row["event_id"], row)
        for row in self.table.matching("text", searched(question), where, columns, limit):
            found[row["event_id"]] = row
        return unite(
            (
                Candidate(
                    known=known, similarity=similarity(asked, self._pair(row) or ()), text_score=row.get("_score")
                )
                for row in found.values()
                if in_force(known := _known(row["record"]), user_id=scope.user_id, tenant=scope.tenant)
            ),
            limit,
        )

    def refresh(
        self, event_ids: Iterable[str], vectors: Mapping[str, Pair] | None = None, *, anew: bool = False
    ) -> None:
        """Derive these corrections, and those that they supersede, from the events.

        Args:
            event_ids: the corrections.
            vectors: vectors that were made for some of them; others keep what they have.
            anew: replace a row even by one derived from fewer events, as after an erasure.

        """
        folded = fold(event_ids, self)
        known = dict(vectors or {})
        if self._vectors and folded:
            where = one_of("event_id", [one.known.id for one in folded])
            for row in self.table.read(where, ["event_id", *self._vectors]):
                if pair := self._pair(row):
                    known.setdefault(row["event_id"], pair)
        rows = [correction_row(one, known.get(one.known.id)) for one in folded]
        self.table.write(rows, replace=EVERYTHING if anew else NEWER)

    def drop_orphans(self) -> None:
        """Delete the rows of corrections that are no longer among the events."""
        kept = {row["event_id"] for row in self._events.read(equal("kind", "correction"), ["event_id"])}
        held = {row["event_id"] for row in self.table.read(EVERYTHING, ["event_id"])}
        if orphans := held - kept:
            self.table.delete(one_of("event_id", orphans))

    def behind(self) -> list[str]:
        """Return the corrections that a writer which was killed between events and view has left behind."""
        about: Counter[str] = Counter()
        corrections: set[str] = set()
        for row in self._events.read(one_of("kind", ["correction", "review"]), ["event_id", "about"]):
            if row["about"] is None:
                corrections.add(row["event_id"])
            else:
                about[row["about"]] += 1
        held = {row["event_id"]: row["reviews"] for row in self.table.read(EVERYTHING, ["event_id", "reviews"])}
        return [event_id for event_id in corrections if held.get(event_id) != about[event_id]]

    def embed(self, corrections: Sequence[Correction]) -> dict[str, Pair]:
        """Ask the embedding model for the vectors of corrections; those without are left out, and wait."""
        if not self._embedder or not self._vectors:
            return {}
        pairs = {correction.event_id: self._embedder.correction(correction) for correction in corrections}
        self.waiting = self.waiting or None in pairs.values()
        return {event_id: pair for event_id, pair in pairs.items() if pair}

    def embed_waiting(self) -> None:
        """Make the vectors that are missing, newest first, as long as the model gives them."""
        if not self._embedder or not self._vectors:
            return
        self.waiting = False
        while not self.waiting:
            rows = self.table.read("NOT embedded", ["record"], newest=CHUNK)
            vectors = self.embed([_known(row["record"]).correction for row in rows])
            self.refresh(vectors.keys(), vectors)
            if len(rows) < CHUNK:
                return

    def known(self, where: str, states: Iterable[State] | None, limit: int | None) -> list[KnownCorrection]:
        """Return the corrections that match as they stand now, oldest first; with a limit, the newest."""
        where = all_of(where, None if states is None else _in_states(states))
        return [as_of(_known(record)) for record in self.table.records(where, limit)]

    def corrections(self, event_ids: Collection[str]) -> list[Correction]:
        """Read corrections by id, for the fold."""
        return self._read(Correction, "event_id", event_ids)

    def successors(self, event_ids: Collection[str]) -> list[Correction]:
        """Read the corrections that supersede these, for the fold."""
        return self._read(Correction, "supersedes", event_ids)

    def reviews(self, event_ids: Collection[str]) -> list[Review]:
        """Read the reviews about these, for the fold."""
        return self._read(Review, "about", event_ids)

    def _pair(self, row: Row) -> Pair | None:
        question, both = (row.get(column) for column in VECTORS)
        return (question, both) if question and both else None

    def _read(self, kind: type[Kept], column: str, values: Collection[str]) -> list[Kept]:
        rows = self._events.read(one_of(column, values), ["record"])
        return [record for row in rows if isinstance(record := parse_record(row["record"]), kind)]


def _in_states(states: Iterable[State]) -> str:
    """Return the filter for the states named. The table does not hold expiry, which no event brings about."""
    over = f"valid_until IS NOT NULL AND valid_until <= {moment(datetime.now(UTC))}"
    kept: dict[State, str] = {
        "expired": all_of(one_of("state", ["pending", "active"]), over),
        "pending": all_of(equal("state", "pending"), f"NOT ({over})"),
        "active": all_of(equal("state", "active"), f"NOT ({over})"),
    }
    return any_of(*(kept.get(state) or equal("state", state) for state in states))


def _visible(scope: Scope) -> str:
    tenant = NOTHING if scope.tenant is None else equal("tenant", scope.tenant)
    user = NOTHING if scope.user_id is None else equal("user_id", scope.user_id)
    active = equal("state", "active")
    own = all_of(tenant, user, one_of("state", ["pending", "active"]))
    seen = any_of(
        own, all_of(tenant, active, equal("audience", "tenant")), all_of(active, equal("audience", "everyone"))
    )
    return f"({seen}) AND (valid_until IS NULL OR valid_until > {moment(datetime.now(UTC))})"


def _known(record: str) -> KnownCorrection:
    return KnownCorrection.model_validate_json(record, strict=True)
