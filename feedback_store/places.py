"""Where the files of a store lie: its tables, and the spool that every computer has for itself."""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from feedback_store.store import StoreError

SPOOL: Final = "spool.sqlite"
LOCK: Final = "drain.lock"
OPENING: Final = "opening.lock"
ELSEWHERE: Final = "spool-elsewhere.txt"
"""In a store's directory: in which other folder its spool is."""
ASIDE: Final = "set-aside"
"""The folder for what cannot be read. It may be deleted once the store is well."""
_OURS: Final = re.compile(r"(meta|teachings|(turns|events|corrections)(_.+)?)\.lance")


def places(uri: str | Path, spool: str | Path | None) -> tuple[str, Path | None, Path]:
    """Return the address, the store's directory if it is one, and the folder of the spool; both folders are made.

    Raises:
        StoreError: a folder cannot be made, or the spool of a directory was another, in which records may wait.

    """
    address, root = str(uri), None
    if "://" not in address:
        root = Path(address).absolute()
        address = str(root)
    if spool:
        folder = Path(spool).absolute()
    elif root:
        folder = root
    else:
        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        folder = home / "feedback-store" / hashlib.sha256(address.encode()).hexdigest()[:16]
    for each in (root, folder):
        if each:
            try:
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                msg = f"the directory {each} cannot be made: allow this process to, or name another ({error.strerror})"
                raise StoreError(msg) from error
    if root:
        _remember(root, folder)
    return address, root, folder


def _remember(root: Path, folder: Path) -> None:
    """Note in a store's directory that its spool is elsewhere; refuse a second one in the directory itself."""
    note, is_there = root / ELSEWHERE, (root / SPOOL).exists()
    if folder != root and not is_there and not note.exists():
        with suppress(OSError):  # who may only read it has a spool for itself
            note.write_text(f"{folder}\n", encoding="utf-8")
    if folder == root and not is_there and note.is_file() and (noted := note.read_text(encoding="utf-8").strip()):
        msg = (
            f"the spool of this store is in {noted}: open it with spool={noted!r} (--spool), or what waits there is "
            f"not seen and not erased. Where that folder is no more, or this is a copy, delete {note} first"
        )
        raise StoreError(msg)


def is_store(folder: Path) -> bool:
    """Tell whether a directory holds a spool or tables of a store."""
    return folder.is_dir() and any(path.name == SPOOL or _OURS.fullmatch(path.name) for path in folder.iterdir())


def free(path: Path) -> Path:
    """Return a path that nothing is at, so that nothing set aside is ever lost."""
    number = 0
    found = path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found
