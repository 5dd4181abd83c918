"""What a store is doing, in numbers."""

import os
from contextlib import suppress
from pathlib import Path

from feedback_store.drainer import Drainer
from feedback_store.lance_schema import VERSION
from feedback_store.lance_spaces import Spaces
from feedback_store.lance_tables import Tables
from feedback_store.lance_view import CorrectionView
from feedback_store.quoting import EVERYTHING
from feedback_store.spool import Spool
from feedback_store.store import Status, StoreError


def status_of(
    uri: str, root: Path | None, *, spool: Spool, tables: Tables, drainer: Drainer, view: CorrectionView
) -> Status:
    """Return the status of an open store, without what cannot be read of it."""
    spaces = Spaces(tables)
    names = tables.every()
    rows: dict[str, int] = {}
    models: dict[str, str | None] = {}
    active, without_vectors = view.table.name, 0
    for name in names:
        with suppress(StoreError):
            rows[name] = tables.open(name).count(EVERYTHING)
    with suppress(StoreError):
        active = spaces.active()
        models = {name: model[1] if model else None for name, model in spaces.models().items()}
        without_vectors = view.table.count("NOT embedded") if view.vectors else 0
    sizes = {name: _sizes(root / f"{name}.lance") for name in names} if root else {}
    return Status(
        uri=uri,
        version=VERSION,
        waiting=spool.waiting(10**9)[0],
        drainer="this process" if drainer.leading else "another process",
        fault=(str(drainer.fault) or type(drainer.fault).__name__) if drainer.fault else None,
        rows=rows,
        files={name: len(each) for name, each in sizes.items()},
        size=sum(_sizes(root)) if root else 0,
        active=active,
        models=models,
        without_vectors=without_vectors,
    )


def _sizes(folder: Path) -> list[int]:
    """Return the sizes of the files in a folder; upkeep removes some meanwhile."""
    sizes: list[int] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                sizes.append(Path(parent, name).stat().st_size)
    return sizes
