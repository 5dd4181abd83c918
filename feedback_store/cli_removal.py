"""The commands that remove records: they say what goes, ask on a terminal, and print the receipt."""

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from feedback_store import cli_output
from feedback_store.cli_store import NOT_WELL, Outcome, demand, opened
from feedback_store.store import Erasure

if TYPE_CHECKING:
    from feedback_store.lancedb import LanceStore


def erase(given: Namespace) -> Outcome:
    """Remove a user's or a session's records, once that was confirmed."""
    whose = " and ".join(
        f"{name} {value!r}" for name, value in (("user", given.user), ("session", given.session)) if value is not None
    )
    what = f"all records of {whose} of tenant {given.tenant!r}"
    return _remove(
        given, what, lambda store: store.erase(user_id=given.user, session_id=given.session, tenant=given.tenant)
    )


def retain(given: Namespace) -> Outcome:
    """Remove what is older, once that was confirmed."""
    kept = "" if given.corrections else ", save corrections that still act"
    what = f"all records older than {given.days:g} days{kept}"
    return _remove(given, what, lambda store: store.retain(days=given.days, corrections=given.corrections))


def _remove(given: Namespace, what: str, remove: Callable[["LanceStore"], Erasure]) -> Outcome:
    demand(given)
    if not given.yes:
        sys.stderr.write(f"Remove {what} from {given.store}, with their bytes? There is no way back. [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return Outcome({"removed": False}, ["nothing was removed"], NOT_WELL)
    with opened(given, sure=True) as store:
        erased = remove(store)
    data = {"removed": True, **erased.model_dump()}
    return Outcome(data, cli_output.erasure_lines(erased, why=what))
