"""Whether the tables of a store can be read to the last byte: each row is scanned and each index is asked."""

from collections import Counter
from typing import Any

from feedback_store.lance_schema import INDICES, family, key_of
from feedback_store.lance_tables import Tables
from feedback_store.lance_view import CorrectionView, Teachings
from feedback_store.quoting import equal
from feedback_store.spool import Spool
from feedback_store.store import Health, StoreError, TableHealth


def scan(table: Any, name: str) -> Counter[str]:
    """Read every row and ask every index of a LanceDB table, and return how often each key stands in it.

    Raises whatever LanceDB raises where something cannot be read.
    """
    key, keys = key_of(name), Counter[str]()
    columns = table.schema.names
    for batch in table.search().select(columns).to_batches(4_096):
        keys.update(batch.column(columns.index(key)).to_pylist())
    for index in table.list_indices():
        for column in index.columns:
            if INDICES[family(name)].get(column) == "words":
                table.search("a", query_type="fts", fts_columns=column).limit(1).to_list()
            else:
                table.search().where(equal(column, "a")).limit(1).to_list()
    return keys


def health(tables: Tables, spool: Spool) -> Health:
    """Look at everything, and change nothing."""
    found: list[TableHealth] = []
    held: dict[str, Counter[str]] = {}
    for name in tables.every():
        try:
            keys = tables.open(name).inspect(scan)
        except StoreError as error:
            found.append(TableHealth(name=name, fault=f"{error} ({type(error.__cause__).__name__})"))
        else:
            twice = sum(count - 1 for count in keys.values())
            found.append(TableHealth(name=name, rows=keys.total(), doubled=twice, version=tables.open(name).version()))
            if family(name) in ("turns", "events"):
                held.setdefault(family(name), Counter()).update({*keys})
    behind = 0
    if not any(each.fault for each in found):
        teachings = Teachings(tables.open("teachings"))
        behind = sum(len(CorrectionView(tables.open(name)).behind(teachings)) for name in tables.names("corrections"))
    return Health(
        tables=tuple(found),
        spool=tuple(spool.file.faults()),
        in_two_months=sum(count - 1 for counts in held.values() for count in counts.values()),
        behind=behind,
    )
