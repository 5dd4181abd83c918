"""One LanceDB table as the store uses it: whole rows in, filtered rows out, every failure a `StoreError`.

It is handed a table and imports nothing of LanceDB, whose classes are untyped here.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from feedback_store.lance_faults import speaking
from feedback_store.lance_schema import INDICES, Row, arrow, family, key_of
from feedback_store.limits import check_limit
from feedback_store.quoting import one_of
from feedback_store.store import StoreError

T = TypeVar("T")
MOMENT: Final = timedelta(seconds=2)
"""Longer than a read of one version takes."""
_ROUNDS: Final = 5
_NEVER: Final = timedelta(days=36_500)
"""LanceDB drops older versions whenever it tidies, unless none is that old."""


class LanceTable:
    """A table, its key column, and the configurations of its indices by column.

    On a local disk reads see the newest version, whoever wrote it, and one that fails is tried once more, since upkeep
    by another process removes files that nobody should need any more. On object storage (`remote`) asking for the
    newest version takes five requests, one after the other, so that `renew` says when.
    """

    def __init__(self, table: Any, name: str, *, indices: Mapping[str, Any], remote: bool = False) -> None:
        self._table = table
        self._remote = remote
        self._renewed = time.monotonic()
        self._schema = table.schema
        self._indices = indices
        self.name = name
        self.key = key_of(name)

    @property
    def schema(self) -> Any:
        """Its Arrow schema."""
        return self._schema

    def renew(self, version: int, seconds: float) -> None:
        """See what others wrote on object storage.

        Args:
            version: one that is known to be there, of a process of this computer.
            seconds: how old what is seen may be otherwise.

        """
        now = time.monotonic()
        if self._table.version < version or now - self._renewed > seconds:
            with speaking("read", "nothing was changed, try again"):
                self._table.checkout_latest()
            self._renewed = now

    def confirm(self, keys: Sequence[str]) -> None:
        """Raise StoreError where a key is not in the newest version, though its row was told to be written.

        So it is where another computer's clean-up freed the number of the version that this one then wrote.
        """
        self._table.checkout_latest()
        if self.count(one_of(self.key, keys)) < len(keys):
            msg = f"rows that were written to {self.name} are not there; nothing is lost, they are written again"
            raise StoreError(msg)

    def index(self, *, searchable: bool = False) -> None:
        """Make the indices that are missing. Rows that an index does not hold yet are searched all the same.

        Args:
            searchable: make those alone without which a search of words fails; the others pay from some rows on.

        """
        with speaking(f"index {self.name}", "nothing is lost, open the store again"):
            missing = self._indices.keys() - {
                column for index in self._table.list_indices() for column in index.columns
            }
            for column in sorted(missing):
                if not searchable or INDICES[family(self.name)][column] == "words":
                    self._table.create_index(column, config=self._indices[column])

    def write(self, rows: Sequence[Row], *, replace: str | None = None) -> int:
        """Insert the rows whose key is new; replace known ones where a condition on `target` and `source` holds.

        Returns how many rows were inserted or replaced. The keys of the rows must differ.
        """
        if not rows:
            return 0
        with speaking(f"write to {self.name}", "nothing or a part was kept, append the same records again"):
            merge = self._table.merge_insert(self.key).when_not_matched_insert_all()
            if replace is not None:
                merge = merge.when_matched_update_all(where=replace)
            done = merge.execute(arrow(rows, self._schema), on_bad_vectors="null")  # or it refuses a missing one
        return done.num_inserted_rows + done.num_updated_rows

    def read(self, where: str, columns: list[str], *, newest: int | None = None) -> list[Row]:
        """Return the rows that match, in no order; with `newest`, the newest so many by time and key, newest first."""
        if newest == 0:
            return []

        def found() -> list[Row]:
            query = self._table.search().where(where).select(columns)
            if newest is not None:
                order = [{"column_name": name, "ascending": False} for name in ("created_at", self.key)]
                query = query.select([*dict.fromkeys((*columns, "created_at", self.key))]).order_by(order).limit(newest)
            return query.to_list()

        return self._reading(found)

    def records(self, where: str, limit: int | None) -> list[str]:
        """Return the JSON of the records that match, oldest first; with a limit, the newest."""
        rows = self.read(where, ["record", "created_at", self.key], newest=check_limit(limit))
        return [row["record"] for row in sorted(rows, key=lambda row: (row["created_at"], row[self.key]))]

    def arrow(self, where: str, columns: list[str]) -> Any:
        """Return the rows that match as an Arrow table."""
        return self._reading(lambda: self._table.search().where(where).select(columns).to_arrow())

    def count(self, where: str) -> int:
        """Return how many rows match."""
        return self._reading(lambda: self._table.count_rows(where))

    def nearest(self, column: str, vector: list[float], where: str, columns: list[str], limit: int) -> list[Row]:
        """Return the rows whose vector is nearest by cosine, among those that match."""

        def found() -> list[Row]:
            query = self._table.search(vector, vector_column_name=column, query_type="vector").distance_type("cosine")
            return query.where(where).select([*columns, "_distance"]).limit(limit).to_list()

        return self._reading(found)

    def matching(self, column: str, words: str, where: str, columns: list[str], limit: int) -> list[Row]:
        """Return the rows whose text matches the words best, with `_score`, among those that match the filter."""

        def found() -> list[Row]:
            query = self._table.search(words, query_type="fts", fts_columns=column)
            return query.where(where).select([*columns, "_score"]).limit(limit).to_list()

        return self._reading(found)

    def delete(self, where: str) -> int:
        """Delete the rows that match, and return how many."""
        with speaking(f"delete rows of {self.name}", "some rows may be left, call it again"):
            deleted: int = self._table.delete(where).num_deleted_rows
        return deleted

    def inspect(self, look: Callable[[Any, str], T]) -> T:
        """Return what `look` finds in the newest version, given LanceDB's own table and its name."""
        with speaking(f"read all of {self.name}", "nothing was changed, run `feedback-store repair`"):
            self._table.checkout_latest()
            return look(self._table, self.name)

    def small_files(self) -> int:
        """Return how many small files of rows there are: each write makes one, and every query reads them all."""
        return self._reading(lambda: self._table.stats()["fragment_stats"]["num_small_fragments"])

    def size(self) -> int:
        """Return how many bytes its rows take."""
        return self._reading(lambda: self._table.stats()["total_bytes"])

    def version(self) -> int:
        """Return the number of its newest version."""
        return self._reading(lambda: self._table.version)

    def tidy(self) -> None:
        """Make missing indices, join small files, fold new rows into the indices; all until there is nothing to do."""
        self.index()
        with speaking(f"tidy {self.name}", "nothing is lost, it is tried again later"):
            for _ in range(_ROUNDS):  # for LanceDB drops versions by tidying once more, which must make no new one
                before = self._table.version
                self._table.optimize(cleanup_older_than=_NEVER)
                if self._table.version == before:
                    break

    def drop_versions(self, *, keep: timedelta, versions: int) -> None:
        """Drop older versions and the files that only they use. The newest must be on the disk: it replaces them.

        Args:
            keep: versions younger than this stay, for those who are reading them,
            versions: but no more than about so many.

        """
        with speaking(f"drop versions of {self.name}", "nothing is lost, it is tried again later"):
            made = [version["timestamp"] for version in self._table.list_versions()]
            if len(made) > versions:
                keep = min(keep, max(datetime.now() - made[-versions], MOMENT))  # as LanceDB tells it
            self._table.optimize(cleanup_older_than=keep)

    def rewrite(self) -> None:
        """Copy every row to new files; the bytes of deleted rows go with the older versions. No one else may write."""
        with speaking(f"rewrite {self.name}", "the rows are deleted, their bytes are still there, call it again"):
            self._table.update(values_sql={self.key: self.key})
            self.index_anew()
        self.tidy()

    def forget_bytes(self) -> None:
        """Drop every older version; the newest must be on the disk. On object storage those of the last hour stay."""
        keep = timedelta(hours=1) if self._remote else timedelta(milliseconds=1)  # there another may write all the same
        with speaking(f"forget in {self.name}", "the rows are deleted, their bytes are still there, call it again"):
            self._table.optimize(cleanup_older_than=keep)

    def index_anew(self) -> None:
        """Make every index anew."""
        for column, config in self._indices.items():
            self._table.create_index(column, config=config, replace=True)

    def _reading(self, read: Callable[[], Any]) -> Any:
        with speaking("read", "nothing was changed, try again"):
            try:
                return read()
            except Exception:
                if self._remote:
                    raise
                self._table.checkout_latest()
                return read()
