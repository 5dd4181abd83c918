"""The port of every store: what it must do, in sentences in the contract suite (`tests/test_store_contract.py`)."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from feedback_store.events import AnyRecord, Feedback, Turn
from feedback_store.limits import Name
from feedback_store.standing import KnownCorrection, State

Kind = Literal["rating", "correction", "signal", "review"]


class StoreError(Exception):
    """Raised when a store cannot do what was asked: says what is safe and what to do. The cause is chained."""


class IncompatibleStore(StoreError):  # the name says what is wrong
    """Raised when a store was written with another schema or embedding model than it is opened with."""


class Embeddings(Protocol):
    """Text to vectors, in the shape of LangChain's `Embeddings`; vectors need not be normalised."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector per text."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of one text."""
        ...


class Receipt(BaseModel):
    """What an append did. `stored` are the ids that are new, `known` those that the store had already."""

    model_config = ConfigDict(frozen=True)
    stored: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


class Erasure(BaseModel):
    """What an erasure removed, in rows."""

    model_config = ConfigDict(frozen=True)
    turns: int = 0
    events: int = 0
    corrections: int = 0


class TableHealth(BaseModel):
    """What a look at a table found."""

    model_config = ConfigDict(frozen=True)
    name: str
    rows: int = 0
    version: int = 0
    doubled: int = 0
    """Rows whose key another row has too."""
    fault: str | None = None
    """Why it cannot be read; None where it can."""


class Health(BaseModel):
    """What a look at a whole store found."""

    model_config = ConfigDict(frozen=True)
    tables: tuple[TableHealth, ...]
    spool: tuple[str, ...] = ()
    """What SQLite finds wrong with the spool."""
    in_two_months: int = 0
    """Records that stand in the tables of two months; reads give them once."""
    behind: int = 0
    """Corrections whose row in a view is not what the events say; the drainer mends it when it starts."""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.spool or self.behind or any(each.fault or each.doubled for each in self.tables))


class Status(BaseModel):
    """What a store is doing. Sizes are in bytes."""

    model_config = ConfigDict(frozen=True)
    uri: str
    version: str
    waiting: int
    """Records that are acknowledged and not in LanceDB yet."""
    drainer: Literal["this process", "another process"]
    fault: str | None = None
    """Why the last attempt of this process's drainer failed."""
    rows: dict[str, int]
    """By table that can be read."""
    files: dict[str, int] = {}
    """By table, where it is on a local disk."""
    size: int = 0
    active: str
    """The table of corrections that is searched by default."""
    models: dict[str, str | None]
    """By table of corrections, the embedding model of its vectors."""
    without_vectors: int = 0
    """Corrections that are found by words alone as yet."""


class Scope(BaseModel):
    """Whose question it is. Without a `user_id` nothing private is seen, without a `tenant` nothing of any tenant."""

    model_config = ConfigDict(frozen=True)
    user_id: Name | None = None
    tenant: Name | None = None


class Candidate(BaseModel):
    """A correction that may apply, with how near it is to the question asked."""

    model_config = ConfigDict(frozen=True)
    known: KnownCorrection
    similarity: float | None = None
    """The larger of the cosines to the question and to question and answer, -1 to 1; None without embeddings."""
    text_score: float | None = None
    """The store's full-text score, above 0, higher is nearer, comparable within one result only. None where no word
    matched, or where so many matched better that the store did not score it."""


class FeedbackStore(Protocol):
    """A place that keeps every record. All methods may be called from any thread."""

    def append(self, records: AnyRecord | Iterable[AnyRecord], /) -> Receipt:
        """Keep the records, and return only when they are kept.

        A record whose id is known already is not kept again (an ended turn replaces the same turn as asked).
        The next read of any method sees what was appended.

        Raises:
            StoreError: nothing, or only a part, was kept; appending the same records again is always right.

        """
        ...

    def turns(
        self,
        *,
        turn_ids: Sequence[str] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[Turn]:
        """Return the turns that match every argument given, oldest first; with a `limit`, the newest ones."""
        ...

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
        """Return the events that match every argument given, oldest first; with a `limit`, the newest ones."""
        ...

    def corrections(
        self,
        *,
        event_ids: Sequence[str] | None = None,
        states: Sequence[State] | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        limit: int | None = None,
    ) -> list[KnownCorrection]:
        """Return the corrections with what became of them, oldest first; with a `limit`, the newest ones."""
        ...

    def similar_corrections(self, question: str, *, scope: Scope, limit: int = 20) -> list[Candidate]:
        """Return the corrections that may apply, nearest first: the best by meaning united with the best by words.

        Only those in force for `scope` (`standing.in_force`) come back: it is part of the query, not a step after it.
        After the nearest, and beyond a `limit` above 0, come the newest `kinds.MOST_ALWAYS` of those that act on every
        question (`kinds.acts_always`); they have neither a similarity nor a score.
        """
        ...

    def likeness(self, one: str, other: str, /) -> float | None:
        """Return how alike two texts are to the store's embedding model: a cosine, -1 to 1; None where it cannot tell.

        Each text that it has not seen of late costs one run of the model.
        """
        ...

    def erase(self, *, user_id: str | None = None, session_id: str | None = None, tenant: str = "default") -> Erasure:
        """Remove a user's or a session's records (those that match both where both are given).

        Gone are the turns, the events by that user or in that session, all events on those turns whoever made them,
        and the reviews about any of these.

        Raises:
            ValueError: neither a user nor a session is given; nothing is removed.

        """
        ...

    def close(self) -> None:
        """Finish what is under way and let go of the files. A closed store raises `StoreError` on use."""
        ...
