"""What those who run a store do with it, beyond keeping and reading."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from feedback_store.embedding import Embedder
from feedback_store.store import Embeddings, Erasure, Health, Status, StoreError

if TYPE_CHECKING:  # loading it takes seconds
    from feedback_store.lance_parts import Parts
    from feedback_store.lance_vectors import Progress

LONGEST: Final = 365_000
"""Days that records can be retained for."""


class LanceOperations:
    """The operator's part of `LanceStore`."""

    def _parts_in_use(self) -> "Parts":
        raise NotImplementedError

    def flush(self, timeout: timedelta | None = timedelta(minutes=1)) -> None:
        """Return when LanceDB has all that was acknowledged before the call, for those who read its tables.

        Raises:
            StoreError: it took longer than `timeout`; nothing is lost.

        """
        self._parts_in_use().flush(None if timeout is None else timeout.total_seconds())

    def erase(self, *, user_id: str | None = None, session_id: str | None = None, tenant: str = "default") -> Erasure:
        """Remove the records of a user or a session, and their bytes. See `FeedbackStore.erase`.

        Bytes are gone from the tables, their older versions, the spool and its journal; not from backups. Should the
        process end meanwhile, the store completes it when it is opened again.
        """
        if user_id is None and session_id is None:
            msg = "erase needs a user_id, a session_id or both, given neither"
            raise ValueError(msg)
        parts = self._parts_in_use()
        erased = parts.ask("erase", user_id=user_id, session_id=session_id, tenant=tenant)
        parts.spool.file.forget_bytes()  # the request has names
        parts.sight.search.forget()
        return Erasure(**erased)

    def retain(self, *, days: float, corrections: bool = False) -> Erasure:
        """Remove the records that are older, and their bytes.

        Args:
            days: records made longer ago go: turns, ratings, signals, and corrections and reviews that act no more.
            corrections: whether corrections that still act go too.

        Raises:
            ValueError: `days` is below 0, or more than a thousand years.

        """
        if not 0 <= days <= LONGEST:
            msg = f"days: given {days}, allowed are 0 to {LONGEST}"
            raise ValueError(msg)
        parts = self._parts_in_use()
        erased = parts.ask("retain", days=days, corrections=corrections)
        parts.sight.search.forget()
        return Erasure(**erased)

    def compact(self) -> None:
        """Join small files and drop old versions of all tables now; the store does it by itself when it is due."""
        self._parts_in_use().ask("compact")

    def rebuild(self) -> None:
        """Derive the views of corrections from the events anew, and make the vectors that are missing."""
        parts = self._parts_in_use()
        parts.ask("rebuild")
        parts.sight.vectors.catch_up()

    def reindex(self) -> None:
        """Make every index of every table anew."""
        self._parts_in_use().ask("reindex")

    def reembed(self, embeddings: Embeddings, *, name: str | None = None, progress: "Progress | None" = None) -> None:
        """Make the vectors of all corrections by another embedding model, and search by it when all are there.

        The store answers meanwhile by the model that it has. The vectors of that model stay, so that a store opened
        with it works as before; `drop_model` removes them.

        Args:
            embeddings: the other model.
            name: its name and revision; default is what it says of itself.
            progress: is told how many corrections are done, of how many.

        Raises:
            StoreError: the model gives no vectors; what it gave is kept, and a second call goes on from there.

        """
        embedder = Embedder(embeddings, name=name)
        if embedder.probe() is None:
            msg = f"the embedding model {embedder.name!r} gives no vectors: look at it and call this again"
            raise StoreError(msg)
        self._parts_in_use().reembed(embedder, progress)

    def drop_model(self, name: str) -> None:
        """Remove the vectors of an embedding model that is not searched by default.

        Raises:
            ValueError: there is no such model, or it is the one that is searched by default.

        """
        self._parts_in_use().drop_model(name)

    def export(self, kept: Literal["turns", "events"]) -> Iterator[str]:
        """Yield the JSON of every turn, or of every event, once and oldest first, with a month of them in memory.

        What is appended meanwhile may be among them.
        """
        from feedback_store.lance_stream import stream  # noqa: PLC0415  # it needs pyarrow

        parts = self._parts_in_use()
        return stream(kept, parts.spool, parts.tables)

    def backup(self, target: str | Path) -> dict[str, int]:
        """Copy the whole store as it is now, while others go on writing; return the rows of each table.

        The copy is a store: open it, or copy it back with `restore`. A folder has everything acknowledged before the
        call; object storage gets the tables.

        Raises:
            StoreError: something is at the target already, or it cannot be written.

        """
        place = str(target) if "://" in str(target) else str(Path(target).absolute())
        return self._parts_in_use().ask("back up", target=place)

    def verify(self) -> Health:
        """Read every row and ask every index; change nothing."""
        return self._parts_in_use().health()

    def status(self) -> Status:
        """Return what the store is doing."""
        return self._parts_in_use().status()
