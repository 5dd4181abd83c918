"""From older tables to today's: rows are copied, the version is noted last, and only then the old tables go."""

import logging
from typing import Any, Final

from feedback_store import lance_schema as schema
from feedback_store.events import parse_record
from feedback_store.lance_tables import PLAIN, Tables
from feedback_store.quoting import EVERYTHING, equal
from feedback_store.rooms import is_ours, table_for
from feedback_store.store import IncompatibleStore

log = logging.getLogger(__name__)

OLD: Final = {"turns": "turn_id", "events": "event_id"}
"""Version 1 had one table for all turns and one for all events."""
CHUNK: Final = 2_048
_OTHER_VERSION: Final = (
    "the store has tables of version {}, this feedback_store reads {} and older ones: "
    "open it with the version that wrote it, or a newer one"
)


def check_version(found: str | None) -> None:
    """Raise IncompatibleStore where the tables are of a version that is not known here."""
    if found is not None and found not in ("1", schema.VERSION):
        raise IncompatibleStore(_OTHER_VERSION.format(found, schema.VERSION))


def bring_up_to_date(tables: Tables) -> bool:
    """Make what every store has, and move the rows of version 1; tell whether any were moved.

    Raises:
        IncompatibleStore: the tables are of a version that is not known, or of something else. Nothing was changed.

    """
    stored = tables.stored()
    old = {name: tables.legacy(name, [key, "record"]) for name, key in OLD.items() if name in stored}
    version = tables.make("meta").read(equal("key", "schema_version"), ["value"]) if "meta" in stored or not old else []
    check_version(version[0]["value"] if version else None)
    tables.make("meta")
    tables.make("teachings")
    for name in sorted(stored):
        if is_ours(name):
            tables.make(name)  # what another computer, or a restored copy, brought
    for table in old.values():
        _move(tables, table)
    if old and PLAIN in stored:
        tables.note("active", PLAIN)
    if not version or version[0]["value"] != schema.VERSION:
        tables.note("schema_version", schema.VERSION)
    return bool(old)


def drop_old(tables: Tables) -> None:
    """Remove the tables of version 1, whose rows are elsewhere, durably."""
    for name in OLD:
        tables.drop(name)


def _move(tables: Tables, table: Any) -> None:
    records = [row["record"] for row in table.search().where(EVERYTHING).select(["record"]).to_list()]
    log.info("moving %d records to tables of version %s", len(records), schema.VERSION)
    for start in range(0, len(records), CHUNK):
        rows: dict[str, dict[str, schema.Row]] = {}  # each key once: two new rows with one key would both be kept
        for record in map(parse_record, records[start : start + CHUNK]):
            name, row = table_for(record), schema.record_row(record)
            rows.setdefault(name, {}).setdefault(row[schema.key_of(name)], row)
        for name, each in rows.items():
            tables.make(name).write([*each.values()])
