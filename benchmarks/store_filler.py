"""Fills a `LanceStore` with very many corrections in minutes: the same rows as its drainer writes, in large pieces.

Appending a million corrections would take hours, since each is drained at once. What is written here is what
`lance_drain.Drain` writes: the events in `teachings`, and the view that is derived from them, indexed.
"""
# pyarrow ships no types
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from benchmarks.store_corpus import Corpus, Floats
from benchmarks.store_embeddings import Prepared
from benchmarks.store_workers import peer
from feedback_store import LanceStore
from feedback_store.folding import BEFORE_ALL, Folded
from feedback_store.lance_schema import VECTORS, Row, arrow, correction_row, record_row
from feedback_store.standing import stand

_PART: Final = 20_000


def fill(place: Path, corpus: Corpus) -> None:
    """Make a store with all of a corpus in it."""
    question, corrected = corpus.text(0)
    vectors = {question: corpus.questions[0], f"{question}\n{corrected}": corpus.pairs[0]}
    store = LanceStore(place, embeddings=Prepared(vectors))
    store.append([corpus.correction(0), *corpus.reviews(0)])  # which makes the tables
    store.close()  # from here on nobody else writes to them

    db = peer("lancedb").connect(place)
    names: list[str] = db.list_tables().tables
    [view] = [db.open_table(name) for name in names if name.startswith("corrections")]
    teachings = db.open_table("teachings")
    for start in range(1, corpus.size, _PART):
        rows = range(start, min(start + _PART, corpus.size))
        derived: list[Row] = []
        events: list[Row] = []
        for row in rows:
            correction, reviews = corpus.correction(row), corpus.reviews(row)
            known = stand(correction, reviews, now=BEFORE_ALL)
            derived.append(correction_row(Folded(known, len(reviews), 1 + len(reviews)), None) | {"embedded": True})
            events += [record_row(correction), *map(record_row, reviews)]
        part = slice(rows.start, rows.stop)
        vectors: dict[str, Floats] = dict(zip(VECTORS, (corpus.questions[part], corpus.pairs[part]), strict=True))
        view.add(_with_vectors(arrow(derived, view.schema), vectors))
        teachings.add(arrow(events, teachings.schema))
    store = LanceStore(place, embeddings=Prepared(vectors))
    store.compact()  # which makes the indices, as upkeep does in time
    store.close()
    for table in (view, teachings):
        table.checkout_latest()
        table.optimize(cleanup_older_than=timedelta(milliseconds=1))  # nobody else has it open


def _with_vectors(table: Any, vectors: Mapping[str, Floats]) -> Any:
    """Put matrices in the place of the columns of nulls, without a Python object for each number."""
    for name, matrix in vectors.items():
        place = table.schema.get_field_index(name)
        column = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
        table = table.set_column(place, table.schema.field(place), column)
    return table
