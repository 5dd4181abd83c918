"""What every command needs: the store that it is about, which is never made by it, and the form of an outcome."""

from argparse import Namespace
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feedback_store.places import SPOOL
from feedback_store.store import StoreError

if TYPE_CHECKING:
    from feedback_store.lancedb import LanceStore
    from feedback_store.store import Embeddings

NOT_WELL: Final = 1
READS: Final = ("status", "verify", "export")
"""These may have a new spool beside that of a directory that they may only read."""
NO_STORE: Final = "there is no store at {}: look at the path; an app makes a store when it opens one there"


@dataclass(frozen=True)
class Outcome:
    """What a command found or did: for machines, for people, and its exit code."""

    data: Mapping[str, Any]
    lines: list[str] = field(default_factory=list[str])
    code: int = 0


def demand(given: Namespace) -> None:
    """Raise StoreError where there is no store, or not the spool that is named; none is made."""
    from feedback_store.lancedb import LanceStore  # noqa: PLC0415  # not for --help

    if not LanceStore.exists(given.store, storage_options=_options(given)):
        raise StoreError(NO_STORE.format(given.store))
    reads = given.verb in READS and (Path(given.store) / SPOOL).is_file()  # whose own spool may not be written
    if given.spool and "://" not in given.store and not reads and not (Path(given.spool) / SPOOL).is_file():
        msg = f"there is no {SPOOL} in {given.spool}: give the folder with which the app opens the store as spool="
        raise StoreError(msg)


@contextmanager
def opened(
    given: Namespace,
    *,
    sure: bool = False,
    embeddings: "Embeddings | None" = None,
    embedding_name: str | None = None,
) -> Generator["LanceStore"]:
    """Open the store.

    Args:
        given: the arguments.
        sure: that there is one was looked at already.
        embeddings: the embedding model, for a command that asks by meaning.
        embedding_name: its name, where it is not the one that it has by itself.

    """
    if not sure:
        demand(given)
    from feedback_store.lancedb import LanceStore  # noqa: PLC0415  # not for --help

    store = LanceStore(
        given.store,
        embeddings=embeddings,
        embedding_name=embedding_name,
        spool=given.spool,
        storage_options=_options(given),
    )
    try:
        yield store
    finally:
        store.close()


def _options(given: Namespace) -> dict[str, str]:
    return dict(each.split("=", 1) for each in given.option)
