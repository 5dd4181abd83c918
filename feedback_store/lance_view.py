"""The view of corrections in LanceDB: the one table searched live. It can be made anew from the events."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from feedback_store.candidates import searched
from feedback_store.embedding import Pair
from feedback_store.events import Correction, Review, parse_record
from feedback_store.folding import Relations, fold
from feedback_store.lance_schema import VECTORS, Row, correction_row, embedding_of
from feedback_store.lance_table import LanceTable
from feedback_store.quoting import EVERYTHING, NOTHING, all_of, any_of, equal, moment, one_of
from feedback_store.standing import KnownCorrection, State, as_of
from feedback_store.store import Scope

Kept = TypeVar("Kept", Correction, Review)
NEWER: Final = "source.revision >= target.revision"
"""A derivation from fewer events, by another computer's drainer, must not replace one from more."""
CHUNK: Final = 256
_ENDED: Final = frozenset[State]({"expired", "superseded"})
"""What a correction can come to by the clock alone."""


class Teachings:
    """The corrections and reviews in their table, as a fold reads them."""

    def __init__(self, table: LanceTable) -> None:
        self.table = table

    def corrections(self, event_ids: Collection[str]) -> list[Correction]:
        """Read corrections by id."""
        return self._read(Correction, "event_id", event_ids)

    def successors(self, event_ids: Collection[str]) -> list[Correction]:
        """Read the corrections that supersede these."""
        return self._read(Correction, "supersedes", event_ids)

    def reviews(self, event_ids: Collection[str]) -> list[Review]:
        """Read the reviews about these."""
        return self._read(Review, "about", event_ids)

    def every_correction(self) -> list[str]:
        """Return the ids of all corrections."""
        return [row["event_id"] for row in self.table.read(equal("kind", "correction"), ["event_id"])]

    def reviewed(self) -> tuple[set[str], Counter[str]]:
        """Return the ids of all corrections, and how many reviews are about which event."""
        about: Counter[str] = Counter()
        corrections: set[str] = set()
        for row in self.table.read(EVERYTHING, ["event_id", "kind", "about"]):
            if row["kind"] == "correction":
                corrections.add(row["event_id"])
            else:
                about[row["about"]] += 1
        return corrections, about

    def _read(self, kind: type[Kept], column: str, values: Collection[str]) -> list[Kept]:
        rows = self.table.read(one_of(column, values), ["record"]) if values else []
        return [record for row in rows if isinstance(record := parse_record(row["record"]), kind)]


class CorrectionView:
    """The corrections as they stand, with their vectors where the table is that of an embedding model."""

    def __init__(self, table: LanceTable) -> None:
        self.table = table
        self.vectors = VECTORS if embedding_of(table.schema) else ()
        """The names of the columns with vectors."""

    def found(self, question: str, asked: list[float] | None, scope: Scope, limit: int) -> list[Row]:
        """Return the rows nearest to a question by meaning and by words, the latter with `_score`."""
        where = in_force_for(scope)
        columns = ["event_id", "record", *self.vectors]
        rows: dict[str, Row] = {}
        for column in self.vectors if asked else ():
            for row in self.table.nearest(column, asked or [], where, columns, limit):
                rows.setdefault(row["event_id"], row)
        for row in self.table.matching("text", searched(question), where, columns, limit):
            rows[row["event_id"]] = row
        return [*rows.values()]

    def met_by(self, tenant: str) -> str:
        """Return the filter for the rows that some question of a tenant can meet."""
        shared = all_of(equal("state", "active"), equal("audience", "everyone"))
        return all_of(one_of("state", ["pending", "active"]), any_of(equal("tenant", tenant), shared))

    def rows(self, event_ids: Collection[str]) -> dict[str, Row]:
        """Return rows by id, with their vectors."""
        found = self.table.read(one_of("event_id", event_ids), ["event_id", "record", *self.vectors])
        return {row["event_id"]: row for row in found}

    def refresh(
        self,
        event_ids: Iterable[str],
        relations: Relations,
        vectors: Mapping[str, Pair] | None = None,
        *,
        anew: bool = False,
    ) -> set[str]:
        """Derive these corrections, and those that they supersede, from the events, and return the ids of all.

        Args:
            event_ids: the corrections.
            relations: the events.
            vectors: vectors that were made for some of them; others keep what they have.
            anew: replace a row even by one derived from fewer events, as after an erasure.

        """
        folded = fold(event_ids, relations)
        known = dict(vectors or {})
        if self.vectors and folded:
            for event_id, row in self.rows([one.known.id for one in folded]).items():
                if pair := self.pair(row):
                    known.setdefault(event_id, pair)
        rows = [correction_row(one, known.get(one.known.id) if self.vectors else None) for one in folded]
        self.table.write(rows, replace=EVERYTHING if anew else NEWER)
        return {one.known.id for one in folded}

    def behind(self, teachings: Teachings) -> list[str]:
        """Return the corrections that a drainer which was killed between events and view has left behind."""
        corrections, about = teachings.reviewed()
        held = {row["event_id"]: row["reviews"] for row in self.table.read(EVERYTHING, ["event_id", "reviews"])}
        return [event_id for event_id in corrections if held.get(event_id) != about[event_id]]

    def complete(self, teachings: Teachings, event_ids: Sequence[str], *, anew: bool = False) -> None:
        """Derive many corrections, a part at a time."""
        for start in range(0, len(event_ids), CHUNK):
            self.refresh(event_ids[start : start + CHUNK], teachings, anew=anew)

    def rebuild(self, teachings: Teachings) -> None:
        """Derive the whole view from the events. Vectors that are there stay."""
        kept = teachings.every_correction()
        held = {row["event_id"] for row in self.table.read(EVERYTHING, ["event_id"])}
        if orphans := held - {*kept}:
            self.table.delete(one_of("event_id", orphans))
        self.complete(teachings, kept, anew=True)

    def waiting(self, limit: int = CHUNK) -> list[KnownCorrection]:
        """Return the newest corrections that have no vectors yet."""
        rows = self.table.read("NOT embedded", ["record"], newest=limit) if self.vectors else []
        return [read_known(row["record"]) for row in rows]

    def known(self, where: str, states: Iterable[State] | None, limit: int | None) -> list[KnownCorrection]:
        """Return the corrections that match as they stand now, oldest first; with a limit, the newest."""
        wanted = None if states is None else frozenset[State](states)
        where = all_of(where, None if wanted is None else _in_states(wanted))
        ended = bool(wanted and wanted & _ENDED)  # why a row has ended, its record alone tells
        found = [as_of(read_known(record)) for record in self.table.records(where, None if ended and limit else limit)]
        return [known for known in found if wanted is None or known.state in wanted]

    def pair(self, row: Mapping[str, Any]) -> Pair | None:
        """Return the vectors of a row."""
        question, both = (row.get(column) for column in VECTORS)
        return (question, both) if question and both else None


def read_known(record: str) -> KnownCorrection:
    """Read a correction as the view keeps it."""
    return KnownCorrection.model_validate_json(record, strict=True)


def in_force_for(scope: Scope) -> str:
    """Return the filter for the rows that are in force for a person now."""
    tenant = NOTHING if scope.tenant is None else equal("tenant", scope.tenant)
    user = NOTHING if scope.user_id is None else equal("user_id", scope.user_id)
    active = equal("state", "active")
    own = all_of(tenant, user, one_of("state", ["pending", "active"]))
    seen = any_of(
        own, all_of(tenant, active, equal("audience", "tenant")), all_of(active, equal("audience", "everyone"))
    )
    return f"({seen}) AND (valid_until IS NULL OR valid_until > {moment(datetime.now(UTC))})"


def _in_states(states: Iterable[State]) -> str:
    """Return the filter for rows that can be in the states named: no event tells the table that a time has come."""
    over = f"valid_until IS NOT NULL AND valid_until <= {moment(datetime.now(UTC))}"
    kept: dict[State, str] = {
        "expired": all_of(one_of("state", ["pending", "active"]), over),
        "superseded": any_of(equal("state", "superseded"), all_of(one_of("state", ["pending", "active"]), over)),
        "pending": all_of(equal("state", "pending"), f"NOT ({over})"),
        "active": all_of(equal("state", "active"), f"NOT ({over})"),
    }
    return any_of(*(kept.get(state) or equal("state", state) for state in states))
