"""Other places to keep corrections and search them, each as a careful engineer would set it up for this question.

A correction may be seen by its author, by a tenant, or by everyone, while it is in force: the filter is part of each
query. Every engine has the vector of the question alone, and returns the JSON of what it found; it is not parsed.
"""
# ruff: noqa: S608  # the numbers in the queries are our own

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, Final

from benchmarks.store_corpus import ACTIVE, EVERYONE, Query
from benchmarks.store_engine import FUSED, Engine, K
from benchmarks.store_workers import peer

_RRF: Final = 60


class Lance(Engine):
    """LanceDB itself, with an index on each filtered column; none on the vectors: it costs less with such filters."""

    def fill(self) -> None:
        """Write the rows in large pieces, index them, and tidy up."""
        pa, index = peer("pyarrow"), peer("lancedb.index")
        db: Any = peer("lancedb").connect(self.place)
        table: Any = None
        for part in self.parts():
            matrix = self.corpus.questions[part.start : part.stop]
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
            rows = pa.Table.from_pylist([*self.rows(part)]).append_column("vector", vectors)
            if table is None:
                table = db.create_table("corrections", rows)
            else:
                table.add(rows)
        for column in ("tenant", "author", "state", "audience"):
            table.create_index(column, config=index.Bitmap())
        table.create_index("text", config=index.FTS(base_tokenizer="icu"))
        table.optimize(cleanup_older_than=timedelta(milliseconds=1))

    def open(self) -> dict[str, Callable[[Query], list[int]]]:
        """Open the table."""
        os.environ.setdefault("LANCEDB_LOG", "error")  # it warns of its own hybrid search at every query
        self._table: Any = peer("lancedb").connect(self.place).open_table("corrections")
        return {"lancedb": self.vector, "lancedb hybrid": self.hybrid}

    def vector(self, query: Query) -> list[int]:
        """By meaning, with the filter before the search."""
        search = self._table.search(query.vector, vector_column_name="vector").distance_type("cosine")
        return self._found(search.where(_sql(query)).limit(K).select(["id", "record", "_distance"]))

    def hybrid(self, query: Query) -> list[int]:
        """By meaning and by words, joined by LanceDB's own reciprocal rank."""
        search = self._table.search(query_type="hybrid", vector_column_name="vector", fts_columns="text")
        search = search.vector(query.vector).text(query.text).distance_type("cosine")
        return self._found(search.where(_sql(query)).limit(FUSED).select(["id", "record"]))

    def _found(self, search: Any) -> list[int]:
        return search.to_arrow()["id"].to_pylist()


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


class Chroma(Engine):
    """Chroma in this process, on disk. It has no ranking by words."""

    largest: ClassVar[int] = 100_000

    def open(self) -> dict[str, Callable[[Query], list[int]]]:
        """Open the collection."""
        settings = peer("chromadb.config").Settings(anonymized_telemetry=False)
        self._found: Any = (
            peer("chromadb")
            .PersistentClient(str(self.place), settings)
            .get_or_create_collection(
                "corrections", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
            )
        )
        return {"chroma": self.vector}

    def fill(self) -> None:
        """Add the rows in pieces as large as it takes them."""
        self.open()
        for part in self.parts(5_000):
            rows = [*self.rows(part)]
            kept = ("tenant", "author", "state", "audience", "over")
            self._found.add(
                ids=[str(row) for row in part],
                embeddings=self.corpus.questions[part.start : part.stop],
                documents=[row["record"] for row in rows],
                metadatas=[{name: row[name] for name in kept} for row in rows],
            )

    def vector(self, query: Query) -> list[int]:
        """By meaning, with the filter."""
        theirs = {"tenant": query.tenant}
        own = {"$and": [theirs, {"author": query.user}, {"state": {"$in": ["pending", "active"]}}]}
        shared = {"$and": [{"state": "active"}, {"$or": [_both(theirs, "tenant"), {"audience": "everyone"}]}]}
        found = self._found.query(
            query_embeddings=[query.vector],
            n_results=K,
            where={"$and": [{"over": False}, {"$or": [own, shared]}]},
            include=["documents", "distances"],
        )
        return [int(row) for row in found["ids"][0]]


class Qdrant(Engine):
    """Qdrant's local mode, which is for trying it out: it looks at every point in Python, 0.7 s of CPU at 10,000."""

    largest: ClassVar[int] = 1_000

    def open(self) -> dict[str, Callable[[Query], list[int]]]:
        """Open the folder."""
        self._models: Any = peer("qdrant_client.models")
        self._client: Any = peer("qdrant_client").QdrantClient(path=str(self.place))
        return {"qdrant local": self.vector}

    def fill(self) -> None:
        """Add the rows in pieces."""
        self.open()
        corpus, models = self.corpus, self._models
        shape = models.VectorParams(size=corpus.questions.shape[1], distance=models.Distance.COSINE)
        self._client.create_collection("corrections", vectors_config=shape)
        for part in self.parts(1_000):
            points = [
                models.PointStruct(id=row["id"], vector=corpus.questions[row["id"]].tolist(), payload=row)
                for row in self.rows(part)
            ]
            self._client.upsert("corrections", points)

    def close(self) -> None:
        """Let go of its lock."""
        self._client.close()

    def vector(self, query: Query) -> list[int]:
        """By meaning, with the filter."""

        def has(name: str, *values: object) -> Any:
            return self._models.FieldCondition(key=name, match=self._models.MatchAny(any=[*values]))

        def every(*of: Any) -> Any:
            return self._models.Filter(must=[*of])

        def either(*of: Any) -> Any:
            return self._models.Filter(should=[*of])

        own = every(has("tenant", query.tenant), has("author", query.user), has("state", "pending", "active"))
        theirs = every(has("tenant", query.tenant), has("audience", "tenant"))
        shared = every(has("state", "active"), either(theirs, has("audience", "everyone")))
        over = self._models.FieldCondition(key="over", match=self._models.MatchValue(value=False))
        found = self._client.query_points(
            "corrections", query=query.vector, query_filter=every(over, either(own, shared)), limit=K
        )
        return [point.id for point in found.points]


def _both(theirs: dict[str, int], audience: str) -> dict[str, Any]:
    return {"$and": [theirs, {"audience": audience}]}


def _sql(query: Query) -> str:
    """Return the filter as LanceDB takes it."""
    own = f"author = {query.user} AND state IN ('pending', 'active')"
    shared = f"(tenant = {query.tenant} AND audience = 'tenant') OR audience = 'everyone'"
    return f"((tenant = {query.tenant} AND {own}) OR (state = 'active' AND ({shared}))) AND NOT over"


def _seen(query: Query) -> str:
    """Return a query for the ids that may be seen, each part by its own index."""
    return (
        f"SELECT id FROM corrections WHERE tenant = {query.tenant} AND author = {query.user}"
        " AND state IN ('pending', 'active') AND NOT over"
        f" UNION SELECT id FROM corrections WHERE tenant = {query.tenant} AND audience = 'tenant' AND state = 'active'"
        " AND NOT over"
        " UNION SELECT id FROM corrections WHERE audience = 'everyone' AND state = 'active' AND NOT over"
    )
