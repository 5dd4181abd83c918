"""Other places to keep corrections and search them, each as a careful engineer would set it up for this question.

A correction may be seen by its author, by a tenant, or by everyone, while it is in force: the filter is part of each
query. Every engine has the vector of the question alone, and returns the JSON of what it found; it is not parsed.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from benchmarks.store_corpus import Query
from benchmarks.store_engine import FUSED, Engine, K
from benchmarks.store_workers import peer


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
