"""Copies of a whole store: each is a store itself, which can be opened, or copied back."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from feedback_store.disk_sync import DiskSync
from feedback_store.lance_tables import Tables
from feedback_store.places import SPOOL, is_store
from feedback_store.spool import Spool
from feedback_store.spool_file import sync_folder
from feedback_store.store import StoreError

_NOT_EMPTY = "{} is not empty: a copy never replaces anything, give a place where nothing is yet"


def back_up(tables: Tables, spool: Spool, target: str, connect: Callable[[str], Any]) -> dict[str, int]:
    """Copy every table, then the spool, and return the rows copied by table. Nobody may drain meanwhile.

    A folder gets its name when all is in it; a copy that was interrupted is left under the name with `.partial`.

    Args:
        tables: the tables.
        spool: what is acknowledged and not in them yet; storage of objects gets the tables alone.
        target: a folder, or an address that LanceDB opens.
        connect: opens a LanceDB connection.

    Raises:
        StoreError: there is something at the target, or it cannot be written.

    """
    if "://" in target:
        db = connect(target)
        if db.list_tables().tables:
            raise StoreError(_NOT_EMPTY.format(target))
        return {name: tables.open(name).inspect(lambda table, name: _copy(table, name, db)) for name in tables.every()}
    final = Path(target).absolute()
    partial = _fresh_partial(final)
    db = connect(str(partial))
    rows = {name: tables.open(name).inspect(lambda table, name: _copy(table, name, db)) for name in tables.every()}
    spool.file.copy_to(partial / SPOOL)
    with closing(sqlite3.connect(partial / SPOOL)) as copied, copied:
        copied.execute("DELETE FROM requests")
        copied.execute("DELETE FROM state")  # it tells of the original's files; who opens the copy looks for itself
    _finish(partial, final)
    return rows


def restore(source: Path, target: Path) -> None:
    """Copy a backup in a folder to a folder where nothing is yet.

    Raises:
        StoreError: there is no store in the source, or something in the target.

    """
    if not (source / SPOOL).is_file():
        msg = f"{source} is no backup of a store: it has no {SPOOL}"
        raise StoreError(msg)
    keep_apart(source, target)
    partial = _fresh_partial(target.absolute())
    shutil.copytree(source, partial, dirs_exist_ok=True)
    _finish(partial, target.absolute())


def keep_apart(store: Path, copy: Path) -> None:
    """Raise StoreError where one would lie in the other, out of the reach of an erasure."""
    store, copy = store.resolve(), copy.resolve()
    if store in copy.parents or copy in store.parents:
        msg = f"{copy} and {store} would lie one in the other, give a place beside the store; nothing was changed"
        raise StoreError(msg)


def _copy(table: Any, name: str, db: Any) -> int:
    rows = table.search().select(table.schema.names).to_batches(4_096)
    db.create_table(name, rows, schema=table.schema, on_bad_vectors="null")  # or it refuses a missing one
    return int(table.count_rows())


def _fresh_partial(final: Path) -> Path:
    partial = final.with_name(f"{final.name}.partial")
    for place in (final, partial):
        empty = not place.exists() or (place.is_dir() and not any(place.iterdir()))
        if not (empty or (place == partial and is_store(partial))):
            raise StoreError(_NOT_EMPTY.format(place))
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(mode=0o700, parents=True)
    return partial


def _finish(partial: Path, final: Path) -> None:
    DiskSync(partial).sync(path.stem for path in partial.glob("*.lance"))
    for path in partial.iterdir():
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(partial)
    if final.exists():
        final.rmdir()
    partial.rename(final)
    sync_folder(final.parent)
