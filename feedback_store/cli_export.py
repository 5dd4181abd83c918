"""Records of a store as a file: JSON lines, as they are kept, or CSV for a spreadsheet."""

import csv
import json
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from feedback_store.events import Correction, Rating, Review, Signal, Turn
from feedback_store.standing import KnownCorrection

if TYPE_CHECKING:
    from feedback_store.lancedb import LanceStore

Kind = Literal["turns", "events", "corrections"]
KINDS: Final = ("turns", "events", "corrections")
FORMATS: Final = ("jsonl", "csv")
_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are full-width."""
_STATE: Final = tuple(name for name in KnownCorrection.model_fields if name != "correction")
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "turns": tuple(Turn.model_fields),
    "events": tuple(dict.fromkeys(name for one in (Rating, Correction, Signal, Review) for name in one.model_fields)),
    "corrections": (*Correction.model_fields, *_STATE),
}
"""Of a CSV file, by kind."""


def records(store: "LanceStore", kind: Kind | None) -> Iterator[str]:
    """Yield the JSON of all records of a kind, or of turns and then events, those in the spool included."""
    if kind == "corrections":
        yield from (known.model_dump_json() for known in store.corrections())
    if kind in ("turns", None):
        yield from store.export("turns")
    if kind in ("events", None):
        yield from store.export("events")


def write_jsonl(texts: Iterable[str], file: TextIO) -> int:
    """Write one record in each line, and return how many."""
    count = 0
    for count, text in enumerate(texts, 1):  # noqa: B007  # the last one is returned
        file.write(f"{text}\n")
    return count


def write_csv(texts: Iterable[str], kind: Kind, file: TextIO) -> int:
    """Write one record in each row under a head, and return how many. What is nested is JSON in its cell."""
    rows, count = csv.writer(file, lineterminator="\r\n"), 0
    rows.writerow(COLUMNS[kind])
    for count, text in enumerate(texts, 1):  # noqa: B007
        data: dict[str, Any] = json.loads(text)
        data |= data.pop("correction", {})
        rows.writerow([cell(data.get(name)) for name in COLUMNS[kind]])
    return count


def cell(value: Any) -> str | float | None:
    """Return a value as a cell. A text that would be a formula gets an apostrophe before it."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


@contextmanager
def target(path: Path | None) -> Generator[TextIO]:
    """Open a file for its owner alone, which gets its name when all is in it; without a path the standard output."""
    if path is None:
        yield sys.stdout
        return
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123  # a handle
            yield file
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
