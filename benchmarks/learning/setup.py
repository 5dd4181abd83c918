"""How a run measures: the store, the embeddings, the model, and how much of it is asked."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

from langchain_core.language_models import BaseChatModel

from benchmarks.learning.arms import READER, Asking
from benchmarks.learning.teaching import KeptVectors, open_store
from feedback_store.store import Embeddings, FeedbackStore, Scope


@dataclass(frozen=True)
class Setup:
    """What every suite is given.

    Args:
        embeddings: the model of the store.
        store: "memory" or "lance".
        model: the chat model; without one the measures of retrieval and gate alone are taken.
        limit: so many questions are answered by the model.
        shuffles: orders of a stream.

    """

    embeddings: Embeddings
    store: str = "lance"
    model: BaseChatModel | None = None
    limit: int = 200
    shuffles: int = 5

    @cached_property
    def kept(self) -> KeptVectors:
        """The embeddings, each text embedded once."""
        return KeptVectors(self.embeddings)

    def opened(self) -> AbstractContextManager[FeedbackStore]:
        """Open an empty store."""
        return open_store(self.store, self.kept)

    def asking(self, store: FeedbackStore, system: str, reader: Scope = READER) -> Asking:
        """Return who asks this store."""
        return Asking(store, embeddings=self.kept, system=system, model=self.model, reader=reader)
