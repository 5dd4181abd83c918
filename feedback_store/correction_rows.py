"""Rows of the view of corrections, in memory, ordered so that whatever a scope may see lies in three runs of rows.

Imported late, by `LanceStore` alone, since it needs numpy and pyarrow.
"""
# pyarrow ships no types
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from feedback_store.candidates import newest
from feedback_store.kinds import acts_always
from feedback_store.lance_schema import VECTORS
from feedback_store.standing import KnownCorrection
from feedback_store.store import Scope
from feedback_store.vector_index import Floats, Places

FOREVER: Final = np.iinfo(np.int64).max
ALWAYS_OR_LATER: Final = r'"(type":"(style|term)|(valid_from|replaced_at)":")'
"""In the JSON of a record: it may act on every question, or begin or end at a time that no column tells. Quotes within
a text of a record are escaped, so that only `details` and the like can look so too."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
Audience = tuple[str | None, str | None]
"""Who sees the same rows: (tenant, user) sees its own, (tenant, None) are all of a tenant, (None, None) is everyone."""


Table = Any
"""A pyarrow.Table, which has no types."""


class Visible(NamedTuple):
    """What a scope may see."""

    runs: list[slice]
    is_open: NDArray[np.bool_]
    """Of each row of the runs, one run after the other: whether it is in force and not hidden."""
    rows: Places
    """Those that are."""


class CorrectionRows:
    """What is kept of each row: its id, its expiry and its record. A row is named by its place.

    Args:
        rows: as `by_audience` returns them.
        runs: where what an audience sees lies among them.

    """

    def __init__(self, rows: Table, runs: Mapping[Audience, slice]) -> None:
        self._runs = runs
        self.ids = np.array(rows.column("event_id").to_pylist(), "S")
        self._by_id = np.argsort(self.ids)
        self._rank = np.argsort(self._by_id)
        self._until: NDArray[np.int64] = rows.column("valid_until").cast(pa.int64()).fill_null(FOREVER).to_numpy()
        # only the large types hold more than 2 GB of records
        records: Any = rows.column("record").cast(pa.large_string()).combine_chunks()
        self._records: Any = records.cast(pa.large_binary())
        self._from: NDArray[np.int64] | None = None
        self._always: Places = np.arange(0)
        unclear: Any = pc.match_substring_regex(records, ALWAYS_OR_LATER)  # pyright: ignore[reportAttributeAccessIssue]
        self._look_closer(np.array(unclear.to_numpy(zero_copy_only=False), np.bool_))
        arrays: tuple[Any, ...] = (self.ids, self._by_id, self._rank, self._until, self._records)
        self.nbytes: int = sum(each.nbytes for each in arrays)

    def __len__(self) -> int:
        return len(self.ids)

    def visible(self, scope: Scope, hidden: Collection[str], now: datetime) -> Visible:
        """Return the rows that may act on a person's next answer (`standing.in_force`), without those of some ids.

        Those that act always are not among them.
        """
        runs = self._seen_by(scope)
        places: list[Places] = [np.arange(run.start, run.stop) for run in runs]
        rows = np.concatenate([np.arange(0), *places])
        moment = (now - _EPOCH) // _MICROSECOND
        is_open = self._until[rows] > moment
        if self._from is not None:
            is_open &= self._from[rows] <= moment
        if hidden and len(rows):
            is_open &= ~np.isin(rows, self._places(hidden))
        return Visible(runs, is_open, rows[is_open])

    def always(self, scope: Scope, hidden: Collection[str]) -> Iterator[KnownCorrection]:
        """Yield those that act always and that a person may see, the newest first; whether in force is not judged."""
        if len(self._always):
            seen = [(run.start <= self._always) & (self._always < run.stop) for run in self._seen_by(scope)]
            for row in self._always[np.any([np.zeros(len(self._always), np.bool_), *seen], axis=0)].tolist():
                if (known := self.known(row)).id not in hidden:
                    yield known

    def first(self, rows: Places, scores: NDArray[Any], limit: int, *, above: float) -> Places:
        """Return the rows with the `limit` greatest scores above a bound; of equal ones those with the greater id."""
        scored = scores > above
        rows, scores = rows[scored], scores[scored]
        if len(rows) > limit:
            enough = scores >= np.partition(scores, -limit)[-limit]
            rows, scores = rows[enough], scores[enough]
        return rows[np.lexsort((self._rank[rows], scores))[::-1][:limit]]

    def known(self, row: int) -> KnownCorrection:
        """Read the correction of a row."""
        return KnownCorrection.model_validate_json(self._records[row].as_py(), strict=True)

    def _seen_by(self, scope: Scope) -> list[slice]:
        audiences = dict.fromkeys([(None, None), (scope.tenant, None), (scope.tenant, scope.user_id)])
        return [self._runs[audience] for audience in audiences if audience in self._runs]

    def _look_closer(self, rows: NDArray[np.bool_]) -> None:
        """Read from some records what no column tells: that they act always, and when they begin and are replaced."""
        read = {row: self.known(row) for row in np.flatnonzero(rows).tolist()}
        if not read:
            return
        self._until = self._until.copy()  # what Arrow gives cannot be written
        if any(known.correction.valid_from for known in read.values()):
            self._from = np.full(len(self), np.iinfo(np.int64).min)
        for row, known in read.items():
            if known.replaced_at:
                self._until[row] = min(self._until[row], (known.replaced_at - _EPOCH) // _MICROSECOND)
            if known.correction.valid_from and self._from is not None:
                self._from[row] = (known.correction.valid_from - _EPOCH) // _MICROSECOND
        always = {known.id: row for row, known in read.items() if acts_always(known.correction)}
        self._until[[*always.values()]] = np.iinfo(np.int64).min  # they take part in no ranking
        self._always = np.array([always[known.id] for known in newest(read.values()) if known.id in always], np.intp)

    def _places(self, ids: Collection[str]) -> Places:
        sought = np.array([event_id.encode(errors="replace") for event_id in ids], "S")
        places = self._by_id[np.minimum(np.searchsorted(self.ids, sought, sorter=self._by_id), len(self) - 1)]
        return places[self.ids[places] == sought]


def by_audience(rows: Table) -> tuple[Table, dict[Audience, slice]]:
    """Return the rows ordered by who sees them, and where what each audience sees lies.

    Those that nobody can meet are left out: rejected, withdrawn, superseded, expired, or their author's alone and
    without an author.
    """
    seen_by: defaultdict[Audience, list[int]] = defaultdict(list)
    columns: list[list[Any]] = [rows.column(name).to_pylist() for name in ("state", "audience", "tenant", "user_id")]
    for place, row in enumerate(zip(*columns, strict=True)):
        if audience := _audience(*row):
            seen_by[audience].append(place)
    ends = accumulate(len(places) for places in seen_by.values())
    runs = {
        audience: slice(end - len(places), end) for end, (audience, places) in zip(ends, seen_by.items(), strict=True)
    }
    return rows.take(pa.array(chain.from_iterable(seen_by.values()), pa.int64())), runs


def vectors_of(rows: Table) -> Floats | None:
    """Return the vectors (rows, 2, dimension), zeros where a row lacks one; None where no row has them."""
    if not {*VECTORS} <= {*rows.column_names}:
        return None
    columns: list[Any] = [rows.column(name).combine_chunks() for name in VECTORS]
    present = np.logical_and(*(column.is_valid().to_numpy(zero_copy_only=False) for column in columns))
    if not present.any():
        return None
    dimension = columns[0].type.list_size
    flat: list[Floats] = [column.values.to_numpy(zero_copy_only=False) for column in columns]
    vectors = np.stack([each.reshape(-1, dimension) for each in flat], axis=1)
    vectors[~present] = 0
    return vectors


def _audience(state: str, audience: str, tenant: str, user_id: str | None) -> Audience | None:
    """Return who sees a row until it expires, by the rules of `standing.in_force`; None where nobody does."""
    if state == "active" and audience != "author":
        return (None, None) if audience == "everyone" else (tenant, None)
    return (tenant, user_id) if state in ("pending", "active") and user_id is not None else None
