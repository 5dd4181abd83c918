"""Teaching a store: corrections by one person, approved by another, and withdrawn."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from feedback_store.events import Correction, Review
from feedback_store.lancedb import LanceStore
from feedback_store.limits import Audience
from feedback_store.memory import MemoryStore
from feedback_store.store import Embeddings, FeedbackStore

STORES: Final = ("memory", "lance")
TEACHER: Final = "teacher"
SESSION: Final = "teaching"


class KeptVectors:
    """Embeds each text once a run: arms and suites ask the same questions again and again."""

    def __init__(self, inner: Embeddings) -> None:
        self._inner = inner
        self._kept: dict[str, list[float]] = {}

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed each text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Embed one text."""
        if text not in self._kept:
            self._kept[text] = self._inner.embed_query(text)
        return self._kept[text]


@contextmanager
def open_store(kind: str, embeddings: Embeddings) -> Generator[FeedbackStore]:
    """Open an empty store of a kind, "memory" or "lance"; its files are gone at the end."""
    with TemporaryDirectory(prefix="learning-") as folder:
        store: FeedbackStore = (
            MemoryStore(embeddings=embeddings)
            if kind == "memory"
            else LanceStore(Path(folder) / "feedback", embeddings=embeddings)
        )
        try:
            yield store
        finally:
            store.close()


def correction(question: str, *, user_id: str = TEACHER, **what: Any) -> Correction:
    """Return a correction by `user_id`."""
    return Correction(session_id=SESSION, user_id=user_id, question=question, **what)


def teach(store: FeedbackStore, corrections: Iterable[Correction], *, audience: Audience = "tenant") -> None:
    """Append corrections with their approval."""
    given = list(corrections)
    store.append([*given, *(approval(each.event_id, audience) for each in given)])


def approval(event_id: str, audience: Audience = "tenant") -> Review:
    """Return a reviewer's approval."""
    about = {"about": event_id, "verdict": "approve", "by": "reviewer", "audience": audience}
    return Review.model_validate({"session_id": SESSION, "user_id": "reviewer", **about})


def withdraw(store: FeedbackStore, taught: Correction) -> None:
    """Let its author take a correction back."""
    about = {"about": taught.event_id, "verdict": "withdraw", "by": "author", "user_id": taught.user_id}
    store.append(Review.model_validate({"session_id": SESSION, **about}))
