"""The store on LanceDB. The only room that imports it, and late: loading it takes seconds and 180 MB."""

import atexit
import os
import weakref
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feedback_store.embedding import Embedder
from feedback_store.events import AnyRecord, Correction, Feedback, Turn
from feedback_store.intake import take_in
from feedback_store.lance_operations import LanceOperations
from feedback_store.limits import check_limit
from feedback_store.places import is_store
from feedback_store.standing import KnownCorrection, State
from feedback_store.store import Candidate, Embeddings, Kind, Receipt, Scope, StoreError

if TYPE_CHECKING:  # it needs numpy and pyarrow
    from feedback_store.lance_parts import Parts

FRESHNESS: Final = timedelta(seconds=30)
SMALL_FILES: Final = 12  # each is three files with its version: a table stays below a hundred, and a query reads all

_open: Final["weakref.WeakSet[LanceStore]"] = weakref.WeakSet()


class LanceStore(LanceOperations):
    """Keeps every record in LanceDB tables: on a local disk, on object storage, or in LanceDB Cloud.

    What was appended survives the kill of the process and a loss of power: it is acknowledged when it is durable in a
    local file, the *spool*, and moved into LanceDB soon after, by one of the processes that have the store open. Reads
    see both. Processes on one computer may share a directory, each sees at once what others append; on object storage
    other computers' records are seen `freshness` later. Open the store after a fork, not before.

    Args:
        uri: a directory (made with mode 0700 where it is missing), or `s3://…`, `gs://…`, `az://…`, `db://…`.
        embeddings: the model by which corrections are found by meaning; without one they are found by words alone, and
            those appended wait for their vectors until the store is opened with a model.
        embedding_name: the model's name and revision, by default what `embeddings` says; vectors of two are not mixed.
        reembed: make all vectors anew where they are of another model, instead of raising; the old ones stay for those
            who open the store with the old model. `LanceOperations.reembed` does it while the store is in use.
        storage_options: credentials and options of the object storage, as LanceDB names them.
        spool: a local folder for the spool; default is the directory itself, or for an address one below
            `~/.local/state/feedback-store` (`$XDG_STATE_HOME`). It must not lie on a network file system.
        freshness: how long a record may wait in the spool, unseen by those who read LanceDB's tables themselves and by
            other computers. Corrections and reviews are moved at once.
        small_files: at so many small files a table is compacted.

    Raises:
        IncompatibleStore: the store was written with newer tables or another embedding model.
        StoreError: it cannot be opened: says what is wrong, what is safe and what to do.

    """

    def __init__(
        self,
        uri: str | Path,
        *,
        embeddings: Embeddings | None = None,
        embedding_name: str | None = None,
        reembed: bool = False,
        storage_options: Mapping[str, str] | None = None,
        spool: str | Path | None = None,
        freshness: timedelta = FRESHNESS,
        small_files: int = SMALL_FILES,
    ) -> None:
        lancedb, indices = _load()
        from feedback_store.lance_parts import Parts  # noqa: PLC0415  # pyarrow is as slow to load

        options = dict(storage_options or {})
        if "://" in str(uri):
            from feedback_store.object_storage import probe  # noqa: PLC0415

            probe(str(uri), options)
        self._closed = False
        self._parts = Parts(
            uri,
            lambda place: _connected(lancedb, place, options),
            indices,
            Embedder(embeddings, name=embedding_name) if embeddings else None,
            spool=spool,
            freshness=freshness.total_seconds(),
            small_files=small_files,
            another_model=reembed,
        )
        self._finalizer = weakref.finalize(self, self._parts.drainer.forsake)
        self._finalizer.atexit = False
        _open.add(self)

    @staticmethod
    def exists(uri: str | Path, *, storage_options: Mapping[str, str] | None = None) -> bool:
        """Tell whether a store is at a directory or an address. Nothing is made.

        Raises:
            StoreError: the address cannot be looked at.

        """
        if "://" not in str(uri):
            return is_store(Path(uri))
        from feedback_store.lance_faults import speaking  # noqa: PLC0415  # it needs pyarrow

        lancedb, _ = _load()
        with speaking(f"look at {uri}", "nothing was changed; are address, endpoint, region and credentials right?"):
            db = _connected(lancedb, str(uri), dict(storage_options or {}))
            page = db.list_tables()
            while "meta" not in page.tables and page.page_token:
                page = db.list_tables(page_token=page.page_token)
            return "meta" in page.tables

    def append(self, records: AnyRecord | Iterable[AnyRecord], /) -> Receipt:
        """Keep the records. See `FeedbackStore.append`."""
        batch = take_in(records)
        parts = self._parts_in_use()
        stored = parts.spool.put(batch)
        taught = [one for key, one in batch.events.items() if key in stored and isinstance(one, Correction)]
        if taught:  # before the drainer is woken, so that it writes them once, with their vectors
            parts.sight.vectors.embed(taught)
        parts.drainer.wake()
        return Receipt(
            stored=tuple(key for key in batch.ids if key in stored),
            known=tuple(key for key in batch.ids if key not in stored),
        )

    def turns(
        self,
        *,
        turn_ids: Sequence[str] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[Turn]:
        """Return turns. See `FeedbackStore.turns`."""
        of = {"session_id": session_id, "user_id": user_id, "tenant": tenant}
        return self._parts_in_use().reading.turns(turn_ids, of, limit)

    def events(
        self,
        *,
        kinds: Sequence[Kind] | None = None,
        event_ids: Sequence[str] | None = None,
        turn_ids: Sequence[str] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[Feedback]:
        """Return events. See `FeedbackStore.events`."""
        of = {"turn_id": turn_ids, "session_id": session_id, "user_id": user_id, "tenant": tenant}
        return self._parts_in_use().reading.events(kinds, event_ids, of, limit)

    def corrections(
        self,
        *,
        event_ids: Sequence[str] | None = None,
        states: Sequence[State] | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[KnownCorrection]:
        """Return corrections with what became of them. See `FeedbackStore.corrections`."""
        of = {"user_id": user_id, "tenant": tenant}
        return self._parts_in_use().seen(lambda sight: sight.corrections(event_ids, states, of, limit))

    def similar_corrections(self, question: str, *, scope: Scope, limit: int = 20) -> list[Candidate]:
        """Return the corrections that may apply. See `FeedbackStore.similar_corrections`."""
        parts = self._parts_in_use()
        if not check_limit(limit):
            return []
        return parts.seen(lambda sight: sight.similar(question, scope, limit))

    def likeness(self, one: str, other: str, /) -> float | None:
        """Return how alike two texts are. See `FeedbackStore.likeness`."""
        return self._parts_in_use().sight.search.likeness(one, other)

    def close(self) -> None:
        """Move what waits in the spool, unless another process does, and let go of the files."""
        self._closed = True
        if self._finalizer.detach():
            _open.discard(self)
            self._parts.close()

    def _parts_in_use(self) -> "Parts":
        if self._closed:
            msg = "the store is closed: open a new LanceStore"
            raise StoreError(msg)
        if os.getpid() != self._parts.process:
            msg = "the store was opened before a fork: open it in each process, and start processes by spawn"
            raise StoreError(msg)
        return self._parts


@atexit.register
def _close_all() -> None:
    """Close what is open at the end of the program."""
    for store in [*_open]:
        store.close()


def _load() -> tuple[Any, dict[str, Any]]:
    """Load LanceDB, and return it with its index configurations by kind."""
    try:
        import lancedb  # noqa: PLC0415  # see the head of this file
        from lancedb.index import FTS, Bitmap, BTree  # noqa: PLC0415
    except ImportError as error:
        msg = "LanceStore needs LanceDB: install feedback-widgets[lancedb]"
        raise StoreError(msg) from error
    return lancedb, {"btree": BTree(), "bitmap": Bitmap(), "words": FTS(base_tokenizer="icu")}


def _connected(lancedb: Any, place: str, options: dict[str, str]) -> Any:
    """Connect; on a local disk so that every read sees the newest version, elsewhere `LanceTable.renew` says when."""
    interval = None if "://" in place else timedelta(0)
    try:
        return lancedb.connect(place, read_consistency_interval=interval, storage_options=options)
    except Exception as error:
        msg = f"{place} cannot be connected to; nothing was changed, is it there, and are the keys right?"
        raise StoreError(msg) from error
