"""What a store is doing, in numbers."""

from pathlib import Path

from feedback_store.drainer import Drainer
from feedback_store.lance_schema import VERSION
from feedback_store.lance_spaces import Spaces
from feedback_store.lance_tables import Tables
from feedback_store.lance_view import CorrectionView
from feedback_store.quoting import EVERYTHING
from feedback_store.spool import Spool
from feedback_store.store import Status


def status_of(
    uri: str, root: Path | None, *, spool: Spool, tables: Tables, drainer: Drainer, view: CorrectionView
) -> Status:
    """Return the status of an open store."""
    spaces = Spaces(tables)
    names = tables.every()
    files = {name: [path for path in (root / f"{name}.lance").rglob("*") if path.is_file()] for name in names if root}
    return Status(
        uri=uri,
        version=VERSION,
        waiting=spool.waiting(10**9)[0],
        drainer="this process" if drainer.leading else "another process",
        fault=str(drainer.fault) if drainer.fault else None,
        rows={name: tables.open(name).count(EVERYTHING) for name in names},
        files={name: len(paths) for name, paths in files.items()},
        size=sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) if root else 0,
        active=spaces.active(),
        models={name: model[1] if model else None for name, model in spaces.models().items()},
        without_vectors=view.table.count("NOT embedded") if view.vectors else 0,
    )
