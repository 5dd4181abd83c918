"""Makes the files of tables durable. LanceDB never does on a local disk, and a loss of power then costs the table."""

import os
from collections.abc import Iterable
from pathlib import Path

from feedback_store.limits import new_id
from feedback_store.spool_file import sync_folder


class DiskSync:
    """Knows which files of a store's tables are on the disk already; they never change once they are written.

    Args:
        root: the store's directory; None where the tables are on object storage, which is durable by itself.

    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._durable: dict[str, set[str]] = {}

    @property
    def is_local(self) -> bool:
        """Whether the tables are on a disk of this computer."""
        return self._root is not None

    def sync(self, tables: Iterable[str]) -> None:
        """Make every file of these tables durable, and its name. Raises OSError where the disk refuses."""
        if self._root is None:
            return
        known_names = {*self._durable}
        for table in tables:
            known = self._durable.get(table, set())
            found = {str(path) for path in _files(self._root / f"{table}.lance")}
            new = found - known
            for path in new:
                _sync_file(path)
            folders = {folder for path in new ^ (known - found) for folder in Path(path).parents}
            for folder in folders:
                if self._root in folder.parents and folder.exists():
                    sync_folder(folder)  # each can be as new as the file, or hold the name of one that was removed
            self._durable[table] = found
        if self._durable.keys() - known_names:
            sync_folder(self._root)

    def trust(self, tables: Iterable[str]) -> None:
        """Take what these tables have now for durable, as whoever closed the store made it: a sync of each costs."""
        if self._root:
            self._durable |= {table: {str(path) for path in _files(self._root / f"{table}.lance")} for table in tables}

    def removed(self, table: str) -> None:
        """Make it durable that a table was removed."""
        self._durable.pop(table, None)
        if self._root:
            sync_folder(self._root)


def this_boot() -> str:
    """Return what tells one start of the computer from another: by a loss of power only what nobody synced is lost.

    Where that cannot be told (not on Linux) each call gives another answer, as if the power had failed.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return new_id()


def _files(folder: Path) -> Iterable[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield Path(parent, name)


def _sync_file(path: str) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # a leftover that was cleaned meanwhile
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
