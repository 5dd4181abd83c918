"""The store on LanceDB. The only room that imports it, and late: loading it takes seconds and 180 MB."""

import os
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from feedback_store.embedding import Embedder
from feedback_store.events import AnyRecord, Correction, Feedback, Turn, parse_feedback, parse_record
from feedback_store.intake import take_in
from feedback_store.limits import check_limit
from feedback_store.quoting import EVERYTHING, all_of, asked
from feedback_store.standing import KnownCorrection, State
from feedback_store.store import Candidate, Embeddings, Erasure, Kind, Receipt, Scope, StoreError

TIDY_AFTER: Final = 64
"""Small files of a table at which they are joined: each write adds one that every query then reads."""
KEPT: Final = timedelta(hours=1)
"""Age of the versions that tidying drops. Never near 0: a writer that pauses for longer loses what it then commits."""


class LanceStore:
    """Keeps every record in LanceDB tables: on a local disk, on object storage, or in LanceDB Cloud.

    What was appended survives the end or the kill of the process. It is not promised to survive a loss of power:
    LanceDB leaves that to the operating system. Processes on one machine may share a directory; each sees at once what
    the others appended. Open the store after a fork, not before.

    Args:
        uri: a directory (made with mode 0700 where it is missing), or `s3://…`, `gs://…`, `az://…`, `db://…`.
        embeddings: the model by which corrections are found by meaning; without one they are found by words alone, and
            those appended wait for their vectors until the store is opened with a model.
        embedding_name: the model's name and revision; default is what `embeddings` says of itself. A store does not mix
            vectors of two models.
        reembed: make all vectors anew where they are of another model, instead of raising.
        storage_options: credentials and options of the object storage, as LanceDB names them.

    Raises:
        IncompatibleStore: the store was written with other tables or another embedding model.
        StoreError: it cannot be opened.

    """

    def __init__(
        self,
        uri: str | Path,
        *,
        embeddings: Embeddings | None = None,
        embedding_name: str | None = None,
        reembed: bool = False,
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        self._process = os.getpid()
        self._closed = False
        self._lock = threading.RLock()
        self._upkeep: threading.Thread | None = None
        db, indices = _connect(uri, storage_options)
        from feedback_store.lance_tables import open_tables  # noqa: PLC0415  # pyarrow is as slow to load

        embedder = Embedder(embeddings, name=embedding_name) if embeddings else None
        self._tables = open_tables(db, indices, embedder, reembed=reembed)

    def append(self, records: AnyRecord | Iterable[AnyRecord], /) -> Receipt:
        """Keep the records. See `FeedbackStore.append`."""
        batch = take_in(records)
        self._check_usable()
        corrections = [event for event in batch.events.values() if isinstance(event, Correction)]
        vectors = self._tables.view.embed(corrections)
        with self._writing():
            stored = self._tables.keep(batch, vectors)
            if vectors and self._tables.view.waiting:
                self._tables.view.embed_waiting()
            self._start_upkeep()
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
        self._check_usable()
        where = all_of(_of(session_id, user_id, tenant), asked("turn_id", turn_ids))
        return [turn for turn in map(parse_record, self._tables.turns.records(where, limit)) if isinstance(turn, Turn)]

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
        self._check_usable()
        where = all_of(
            _of(session_id, user_id, tenant),
            asked("kind", kinds),
            asked("event_id", event_ids),
            asked("turn_id", turn_ids),
        )
        return [parse_feedback(record) for record in self._tables.events.records(where, limit)]

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
        self._check_usable()
        where = all_of(_of(None, user_id, tenant), asked("event_id", event_ids))
        return self._tables.view.known(where, states, limit)

    def similar_corrections(self, question: str, *, scope: Scope, limit: int = 20) -> list[Candidate]:
        """Return the corrections that may apply. See `FeedbackStore.similar_corrections`."""
        self._check_usable()
        return self._tables.view.similar(question, scope, limit) if check_limit(limit) else []

    def erase(self, *, user_id: str | None = None, session_id: str | None = None, tenant: str = "default") -> Erasure:
        """Remove the records of a user or a session, and their bytes. See `FeedbackStore.erase`.

        No other process may write to the store meanwhile: what it then appends could be lost.
        """
        if user_id is None and session_id is None:
            msg = "erase needs a user_id, a session_id or both, given neither"
            raise ValueError(msg)
        with self._writing():
            self._await_upkeep()
            return self._tables.erase(user_id=user_id, session_id=session_id, tenant=tenant)

    def rebuild(self) -> None:
        """Derive the view of corrections from the events anew, and make the vectors that are missing."""
        with self._writing():
            self._tables.rebuild()

    def close(self) -> None:
        """Finish what is under way. See `FeedbackStore.close`."""
        with self._lock:
            self._closed = True
        self._await_upkeep()

    @contextmanager
    def _writing(self) -> Generator[None]:
        self._check_usable()
        with self._lock:
            self._check_usable()
            yield

    def _check_usable(self) -> None:
        if self._closed:
            msg = "the store is closed: open a new LanceStore"
            raise StoreError(msg)
        if os.getpid() != self._process:
            msg = "the store was opened before a fork: open it in each process, and start processes by spawn"
            raise StoreError(msg)

    def _start_upkeep(self) -> None:
        if self._tables.untidy(TIDY_AFTER) and not (self._upkeep and self._upkeep.is_alive()):
            self._upkeep = threading.Thread(target=self._tables.tidy, kwargs={"after": TIDY_AFTER, "keep": KEPT})
            self._upkeep.start()

    def _await_upkeep(self) -> None:
        if self._upkeep:
            self._upkeep.join()


def _connect(uri: str | Path, storage_options: Mapping[str, str] | None) -> tuple[Any, dict[str, Any]]:
    """Load LanceDB, connect to it, and return its index configurations by kind."""
    try:
        import lancedb  # noqa: PLC0415  # see the head of this file
        from lancedb.index import FTS, Bitmap, BTree  # noqa: PLC0415
    except ImportError as error:
        msg = "LanceStore needs LanceDB: install feedback-widgets[lancedb]"
        raise StoreError(msg) from error
    place = str(uri)
    if "://" not in place:
        folder = Path(place).absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = str(folder)
    db = lancedb.connect(place, read_consistency_interval=timedelta(0), storage_options=dict(storage_options or {}))
    return db, {"btree": BTree(), "bitmap": Bitmap(), "words": FTS(base_tokenizer="icu")}


def _of(session_id: str | None, user_id: str | None, tenant: str | None) -> str:
    return all_of(EVERYTHING, asked("session_id", session_id), asked("user_id", user_id), asked("tenant", tenant))
