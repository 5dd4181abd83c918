"""Makes a damaged spool usable: the file is set aside as it is, and what can be read of it goes into a new one.

The ids that it remembered are not saved: the tables tell them when the store is opened, and an id whose record could
not be saved must be unknown, so that an app which sends it again is heard.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import Final

from feedback_store.drain_lock import DrainLock
from feedback_store.events import Turn
from feedback_store.intake import take_in
from feedback_store.places import ASIDE, LOCK, OPENING, free
from feedback_store.rooms import month_of
from feedback_store.spool import Spool
from feedback_store.spool_file import VERSION, sync_folder
from feedback_store.spool_journal import is_torn
from feedback_store.spool_ledger import Ledger
from feedback_store.spool_salvage import JOURNALS, Salvage, salvage
from feedback_store.store import StoreError

_UNSAVED: Final = ".unsaved"
"""Ends the name of a folder of which not all is in the new spool yet; a second repair goes on with it."""
_NEEDED: Final = {"queue", "seen", "places", "vectors", "changed", "requests", "state"}
_IN_USE: Final = (
    "the spool {} is damaged ({}), and another process has the store open: end that process, and run this again; "
    "nothing was changed"
)
_TORN: Final = (
    "the end of the spool's journal cannot be read; a copy is in {}. After a loss of power that is what was not "
    "acknowledged yet; after anything else acknowledged records can be in it: append them again"
)


def set_aside_if_damaged(path: Path) -> list[str]:
    """Repair a spool, and return in words what was done; nothing where it is sound, or where there is none.

    Args:
        path: the spool's file. What is set aside goes into a folder beside it and is never deleted here.

    Raises:
        StoreError: it is damaged and in use, or it cannot be looked at. Nothing was changed.
        OSError: the disk refuses; what was set aside is saved by the next repair.

    """
    if not path.parent.is_dir():
        return []
    opening, lock = DrainLock(path.parent / OPENING), DrainLock(path.parent / LOCK)
    try:
        alone = opening.acquire() and lock.acquire()
        fault = fault_of(path)
        if fault and not alone:
            raise StoreError(_IN_USE.format(path.name, fault))
        if not alone:
            return []
        done = _set_aside(path, fault) if fault else _copy_torn_journal(path)
        for folder in sorted((path.parent / ASIDE).glob(f"*{_UNSAVED}")):
            done.append(_save(folder, path))
        return done
    finally:
        lock.release()
        opening.release()


def fault_of(path: Path) -> str | None:
    """Return in words what is wrong with a spool's file; None where nothing is. It stays as it is.

    Raises StoreError where it may not be read.
    """
    journal = path.with_name(path.name + "-wal")
    if not path.is_file() or not path.stat().st_size:
        return "it is empty, and its journal is not" if journal.is_file() and journal.stat().st_size else None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:  # keeps the journal
            db.text_factory = _text
            [(version,)] = db.execute("PRAGMA user_version").fetchall()
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            found = [row[0] for row in db.execute("PRAGMA integrity_check(1)")]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return str(error)
        msg = f"the spool {path.name} cannot be looked at: let this process read and write its folder ({error})"
        raise StoreError(msg) from error
    if found != ["ok"]:
        return " ".join(found[0].replace("*** in database main ***", "").split())
    missing = _NEEDED - tables if version == VERSION else set[str]()
    return f"it lacks {', '.join(sorted(missing))}" if missing else None


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _set_aside(path: Path, fault: str) -> list[str]:
    folder = _made(path)
    for suffix in ("", *JOURNALS):  # the file first: a new one must never meet the old one's journal
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(folder / source.name)
    sync_folder(folder)
    sync_folder(path.parent)
    return [f"the spool was damaged ({fault}): it is in {ASIDE}/{folder.name.removesuffix(_UNSAVED)} as it was"]


def _copy_torn_journal(path: Path) -> list[str]:
    journal = path.with_name(path.name + "-wal")
    if not is_torn(journal):
        return []
    folder = _made(path, suffix="")
    copyfile(journal, folder / journal.name)
    return [_TORN.format(f"{ASIDE}/{folder.name}")]


def _made(path: Path, suffix: str = _UNSAVED) -> Path:
    aside = path.parent / ASIDE
    aside.mkdir(mode=0o700, exist_ok=True)
    number = 1
    while any((aside / f"spool-{number}{each}").exists() for each in ("", _UNSAVED)):
        number += 1
    folder = aside / f"spool-{number}{suffix}"
    folder.mkdir(mode=0o700)
    return folder


def _save(folder: Path, path: Path) -> str:
    """Put what can be read into the spool; doing it again changes nothing."""
    found = salvage(folder / path.name)
    spool = Spool(path)
    try:
        _put(spool, found)
    finally:
        spool.close()
    folder.rename(free(folder.with_name(folder.name.removesuffix(_UNSAVED))))
    sync_folder(folder.parent)
    return _told(found)


def _put(spool: Spool, found: Salvage) -> None:
    asked_before = [
        (record, month)
        for record, month in found.records
        if isinstance(record, Turn) and record.status != "asked" and month != month_of(record)
    ]
    for turn, month in asked_before:
        row = {"id": turn.turn_id, "ended": 0, "session_id": turn.session_id, "user_id": turn.user_id}
        spool.memory.learn("t", [row], month)  # so that it goes where it was asked
    spool.put(take_in(record for record, _ in found.records))
    ledger = Ledger(spool.file)
    for space, pairs in found.vectors.items():
        ledger.put_vectors(space, pairs)
    ledger.restore(found.requests or ())
    known = ledger.tables_begun()
    ledger.note_tables({name: version for name, version in found.tables.items() if name not in known})


def _told(found: Salvage) -> str:
    saved = len(found.records)
    there = "an unknown number" if found.waited is None else max(saved, found.waited)
    text = f"saved into a new spool: {saved} records of {there} that waited in it"
    if there != saved:
        text += "; who appended the others may append them again"
    if found.requests is None:
        text += "; what was asked of the store and not done yet (an erasure?) cannot be read: ask it again"
    return text
