"""What all pages share: one store, one model, one set of documents for the whole process.

It lives in a module and not in Streamlit's caches, because any browser can clear those.
"""

import os
import secrets
import threading
from dataclasses import dataclass
from functools import cache

from langchain_core.runnables import Runnable

from demo.chain import help_desk
from demo.knowledge_base import KnowledgeBase
from demo.models import ChatModel, open_chat_model, open_embeddings
from demo.outcomes import Outcomes
from demo.settings import Settings
from feedback_store import Embeddings, FeedbackStore, LanceStore, Turn
from feedback_store.events import AnyRecord
from feedback_store.recall import CorrectionMemory


@dataclass(frozen=True)
class Services:
    """The parts of the running demo."""

    settings: Settings
    store: FeedbackStore
    memory: CorrectionMemory
    knowledge: KnowledgeBase
    chat_model: ChatModel
    outcomes: Outcomes
    embeddings: Embeddings | None = None

    def chain(self) -> Runnable[dict[str, object], object]:
        """Return the help desk's chain on a model that is ready; waits for it.

        Raises:
            ModelUnavailable: the configured model cannot be used; the message says what to do.

        """
        return help_desk(self.chat_model.model(), self.knowledge, self.memory)


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings.from_env(os.environ)


_opening = threading.Lock()


def services() -> Services:
    """Return the one set of services, opening it on the first call.

    Raises:
        StoreError: the store cannot be opened; the message says what to do.
        ModelUnavailable: the embedding model cannot be opened; the message says what to do.

    """
    with _opening:
        return _open()


@cache
def _open() -> Services:
    chosen = settings()
    embeddings = open_embeddings(chosen)
    store = LanceStore(chosen.store, embeddings=embeddings, embedding_name=chosen.embeddings)
    return Services(
        settings=chosen,
        store=store,
        memory=CorrectionMemory(store),
        knowledge=KnowledgeBase(chosen.knowledge, embeddings),
        chat_model=open_chat_model(chosen),
        outcomes=Outcomes(store),
        embeddings=embeddings,
    )


def close_services() -> None:
    """Close what was opened; nothing where nothing was."""
    with _opening:
        if _open.cache_info().currsize:
            opened = _open()
            opened.chat_model.close()
            opened.outcomes.close()
            opened.store.close()


def keep(record: AnyRecord) -> None:
    """Keep a record. Pages and the ingest route hand over to this one function, by which they know each other."""
    open_now = services()
    open_now.store.append(record)
    open_now.outcomes.heard(record)


def find_turn(turn_id: str) -> Turn | None:
    """Find a turn by its id."""
    return next(iter(services().store.turns(turn_ids=[turn_id])), None)


def signing_key() -> bytes:
    """Return the key that signs what a page may send, made once and kept, so that an open page outlives a restart."""
    path = settings().data / "ingest.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()
