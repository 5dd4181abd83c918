"""Opens stores on LanceDB, and looks into their directory as another program would."""

from pathlib import Path
from typing import Any

import lancedb

from feedback_store.lancedb import LanceStore
from feedback_store.store import Embeddings


class Opener:
    """Opens stores on one directory, and closes them at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[LanceStore] = []

    def __call__(self, embeddings: Embeddings | None = None, **options: Any) -> LanceStore:
        self.opened.append(LanceStore(self.folder, embeddings=embeddings, **options))
        return self.opened[-1]

    def table(self, name: str) -> Any:
        """Open a table beside the store, as another program would."""
        return lancedb.connect(self.folder).open_table(self.table_name(name))

    def files_with(self, text: bytes) -> set[Path]:
        """Return the files of the store that hold these bytes, those of the spool included."""
        return {path for path in self.folder.rglob("*") if path.is_file() and text in path.read_bytes()}

    def table_name(self, family: str) -> str:
        """Return the name of the one table of a family."""
        [found] = self.folder.glob(f"{family}*.lance")
        return found.stem
