"""SQLite as a place to keep corrections and search them, beside those of `store_peers.py`."""
# ruff: noqa: S608  # the numbers in the queries are our own

from collections.abc import Callable
from typing import Any, ClassVar, Final

from benchmarks.store_corpus import ACTIVE, EVERYONE, Query
from benchmarks.store_engine import FUSED, Engine, K
from benchmarks.store_workers import peer

_RRF: Final = 60


class Sqlite(Engine):
    """sqlite-vec, a partition for each tenant and one for what everyone sees, with FTS5 beside it."""

    largest: ClassVar[int] = 100_000

    def open(self) -> dict[str, Callable[[Query], list[int]]]:
        """Open the file. Python's own sqlite3 often lacks loadable extensions, so it is opened by apsw."""
        self.place.mkdir(exist_ok=True)
        self._db: Any = peer("apsw").Connection(str(self.place / "corrections.sqlite"))
        self._db.enable_load_extension(True)  # noqa: FBT003  # its own shape
        self._db.load_extension(peer("sqlite_vec").loadable_path())
        return {"sqlite-vec": self.vector, "sqlite-vec + FTS5": self.hybrid}

    def fill(self) -> None:
        """Write the rows in large transactions, and index them."""
        corpus, _ = self.corpus, self.open()
        self._db.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE corrections(id INTEGER PRIMARY KEY, tenant INT, author INT, state TEXT, audience TEXT,
                over INT, text TEXT, record TEXT);
            CREATE INDEX theirs ON corrections(tenant, audience, state);
            CREATE INDEX own ON corrections(tenant, author, state);
            CREATE INDEX shared ON corrections(audience, state);
            CREATE VIRTUAL TABLE words USING fts5(text, content='corrections', content_rowid='id');
            CREATE VIRTUAL TABLE vectors USING vec0(
                part INTEGER PARTITION KEY, vector FLOAT[384] distance_metric=cosine);
            """
        ).fetchall()  # which runs the statements to the last
        everyone = (corpus.audience == EVERYONE) & (corpus.state == ACTIVE)
        for part in self.parts():
            with self._db:
                self._db.executemany(
                    "INSERT INTO corrections VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (tuple(row.values()) for row in self.rows(part)),
                )
                self._db.executemany(
                    "INSERT INTO vectors(rowid, part, vector) VALUES (?, ?, ?)",
                    (
                        (row, -1 if everyone[row] else int(corpus.tenant[row]), corpus.questions[row].tobytes())
                        for row in part
                    ),
                )
        self._db.execute("INSERT INTO words(words) VALUES ('rebuild'); ANALYZE;").fetchall()

    def vector(self, query: Query) -> list[int]:
        """By meaning: the nearest of the tenant and of everyone's, among the ids that may be seen."""
        return self._records(self._nearest(query, K))

    def hybrid(self, query: Query) -> list[int]:
        """By meaning and by words, joined by reciprocal rank."""
        asked = " OR ".join(f'"{word}"' for word in query.text.split())
        sql = (  # the plus and bm25 spelled out: 25 times as fast as `rowid IN` and `ORDER BY rank`
            f"SELECT rowid FROM words WHERE words MATCH ? AND +rowid IN ({_seen(query)})"
            f" ORDER BY bm25(words) LIMIT {FUSED}"
        )
        scores: dict[int, float] = {}
        for ranking in (self._nearest(query, FUSED), [row[0] for row in self._db.execute(sql, (asked,))]):
            for place, row in enumerate(ranking):
                scores[row] = scores.get(row, 0) + 1 / (_RRF + place)
        return self._records(sorted(scores, key=lambda row: -scores[row])[:FUSED])

    def _nearest(self, query: Query, count: int) -> list[int]:
        sql = (
            f"SELECT distance, rowid FROM vectors WHERE vector MATCH ? AND k = {count} AND part = ?"
            f" AND rowid IN ({_seen(query)})"
        )
        vector = query.vector.tobytes()
        found = [row for part in (query.tenant, -1) for row in self._db.execute(sql, (vector, part))]
        return [row for _, row in sorted(found)[:count]]

    def _records(self, rows: list[int]) -> list[int]:
        marks = ", ".join("?" * len(rows))
        found = dict(self._db.execute(f"SELECT id, record FROM corrections WHERE id IN ({marks})", rows))
        return [row for row in rows if row in found]


def _seen(query: Query) -> str:
    """Return a query for the ids that may be seen, each part by its own index."""
    return (
        f"SELECT id FROM corrections WHERE tenant = {query.tenant} AND author = {query.user}"
        " AND state IN ('pending', 'active') AND NOT over"
        f" UNION SELECT id FROM corrections WHERE tenant = {query.tenant} AND audience = 'tenant' AND state = 'active'"
        " AND NOT over"
        " UNION SELECT id FROM corrections WHERE audience = 'everyone' AND state = 'active' AND NOT over"
    )
