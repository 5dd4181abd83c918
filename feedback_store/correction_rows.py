"""Rows of the view of corrections, in memory, ordered so that whatever a scope may see lies in three runs of rows.

Imported late, by `LanceStore` alone, since it needs numpy and pyarrow.
"""
# pyarrow ships no types
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from feedback_store.lance_schema import VECTORS
from feedback_store.standing import KnownCorrection
from feedback_store.store import Scope
from feedback_store.vector_index import Floats, Places

FOREVER: Final = np.iinfo(np.int64).max
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
        self._records: Any = rows.column("record").cast(pa.large_string()).cast(pa.large_binary()).combine_chunks()
        arrays: tuple[Any, ...] = (self.ids, self._by_id, self._rank, self._until, self._records)
        self.nbytes: int = sum(each.nbytes for each in arrays)

    def __len__(self) -> int:
        return len(self.ids)

    def visible(self, scope: Scope, hidden: Collection[str], now: datetime) -> Visible:
        """Return the rows that may act on a person's next answer (`standing.in_force`), without those of some ids."""
        audiences = dict.fromkeys([(None, None), (scope.tenant, None), (scope.tenant, scope.user_id)])
        runs = [self._runs[audience] for audience in audiences if audience in self._runs]
        places: list[Places] = [np.arange(run.start, run.stop) for run in runs]
        rows = np.concatenate([np.arange(0), *places])
        is_open = self._until[rows] > (now - _EPOCH) // _MICROSECOND
        if hidden and len(rows):
            is_open &= ~np.isin(rows, self._places(hidden))
        return Visible(runs, is_open, rows[is_open])

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
