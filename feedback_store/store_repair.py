"""A repair that a person asks for: of the spool, and then of tables that were closed in good order and damaged later.

The tables themselves are repaired when the store is opened next (see `lance_repair`).
"""

from pathlib import Path

from feedback_store.lance_repair import ASKED
from feedback_store.spool import Spool
from feedback_store.spool_ledger import Ledger
from feedback_store.spool_repair import set_aside_if_damaged


def prepare(root: Path | None, spool_path: Path) -> list[str]:
    """Make the spool usable, have the tables looked at when the store is opened, and return in words what was done.

    Args:
        root: the store's directory; None on object storage.
        spool_path: the spool's file.

    Raises:
        StoreError, OSError: see `set_aside_if_damaged`.

    """
    done = set_aside_if_damaged(spool_path)
    spool = Spool(spool_path)
    try:
        ledger = Ledger(spool.file)
        if done or not ledger.get("dirty"):
            ledger.note(dirty=ASKED)
        gone = [name for name in sorted(ledger.tables()) if root and not (root / f"{name}.lance").exists()]
        ledger.note_tables(dict.fromkeys(gone))
    finally:
        spool.close()
    return done + [f"the table {name} is not there any more: the store goes on without it" for name in gone]
