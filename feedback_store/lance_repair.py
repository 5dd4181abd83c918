"""Repair after a loss of power: what was on its way to the disk is set aside, and taken from the spool once more.

Versions of a table that are known to be durable are noted in the ledger; only what is newer can be torn, and all that
it held is still in the spool. After a loss of power all that is newer goes, also where it can be read: a file whose
blocks came to the disk in part can look whole, and LanceDB has no checksums.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from feedback_store.lance_check import scan
from feedback_store.lance_schema import key_of
from feedback_store.places import ASIDE, free
from feedback_store.rooms import OLDER, is_ours
from feedback_store.spool_ledger import Ledger
from feedback_store.store import StoreError

log = logging.getLogger(__name__)

ASKED: Final = "a repair was asked for"
"""In the note of what may be wrong: look at the tables, and the spool, if it was damaged, no longer has what
is newer than what is known to be durable."""
_NEWEST: Final = 2**64 - 1
"""LanceDB names the manifest of a version by this less its number, so that the newest comes first."""
_BROKEN: Final = (
    "the table {} cannot be read at version {}, which was on the disk already: its files were changed or lost by "
    "something else. Nothing was written. Restore a backup; or, to go on without that table, move {} away and run "
    "`feedback-store repair` ({})"
)


def repair(root: Path, ledger: Ledger, opened: Callable[[str], Any], *, power_failed: bool) -> list[str]:
    """Make every table readable, and return in words what was set aside.

    Args:
        root: the store's directory.
        ledger: tells which versions are durable.
        opened: opens a table of LanceDB by name, anew at each call.
        power_failed: whether what nobody synced may be lost: the computer was started since it was written.

    Raises:
        StoreError: a table is damaged in what was durable; everything is as it was.

    """
    done: list[str] = []
    durable = ledger.tables_begun()
    for folder in sorted(root.glob("*.lance")):
        if is_ours(folder.stem) or folder.stem in OLDER:
            version = durable.get(folder.stem)
            if version is not None and (power_failed or version < 0):
                done += _go_back(root, folder, version)
            if folder.exists():
                done += _repair_table(root, folder, version, opened)
            if not folder.exists():
                ledger.note_tables({folder.stem: None})
    for name, version in durable.items():
        if version <= 0 and not (root / f"{name}.lance").exists():  # its name was not on the disk yet
            ledger.note_tables({name: None})
    for text in done:
        log.warning("repaired after an interruption: %s", text)
    return done


def _go_back(root: Path, folder: Path, version: int) -> list[str]:
    """Set aside what is newer than a version; of a table without a durable one all."""
    if version <= 0:
        _move(folder, free(root / ASIDE / folder.name))
        return [f"the new table {folder.stem}, of which nothing had been let go of"]
    manifests = [path for path in (folder / "_versions").glob("*.manifest") if path.stem.isdecimal()]
    newer = [path for path in manifests if _NEWEST - int(path.stem) > version]
    for path in newer:
        _move(path, free(root / ASIDE / f"{folder.stem}-{path.name}"))
    (folder / "_versions" / "latest_version_hint.json").unlink(missing_ok=True)
    return [f"{len(newer)} versions of {folder.stem} that may not have reached the disk whole"] if newer else []


def _repair_table(root: Path, folder: Path, durable: int | None, opened: Callable[[str], Any]) -> list[str]:
    name, moved = folder.stem, list[tuple[Path, Path]]()
    while fault := _fault(name, opened):
        head = min((folder / "_versions").glob("*.manifest"), default=None, key=lambda path: path.name)
        version = _NEWEST - int(head.stem) if head and head.stem.isdecimal() else 0
        if head is None or version <= (durable or 0):
            for source, target in reversed(moved):
                target.rename(source)
            if durable is None or durable > 0:
                raise StoreError(_BROKEN.format(name, version, folder.name, fault))
            _move(folder, free(root / ASIDE / folder.name))
            return [f"the new table {name}, of which nothing had been let go of"]
        target = free(root / ASIDE / f"{name}-{head.name}")
        _move(head, target)
        moved.append((head, target))
        (folder / "_versions" / "latest_version_hint.json").unlink(missing_ok=True)
    return [f"{len(moved)} unfinished versions of {name}"] if moved else []


def _fault(name: str, opened: Callable[[str], Any]) -> str | None:
    try:
        table = opened(name)
        if key_of(name) in table.schema.names:  # or it is of something else, which is told when it is opened
            scan(table, name)
    except Exception as error:  # LanceDB raises many kinds
        return type(error).__name__
    return None


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    os.rename(source, target)  # noqa: PTH104  # never across file systems
