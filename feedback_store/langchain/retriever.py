"""Corrections as LangChain documents, so that every trace shows by itself which of them an answer used."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from feedback_store.langchain.config import scope_in
from feedback_store.recall import CorrectionMemory, Recalled
from feedback_store.store import FeedbackStore
from feedback_store.verified import verified_answer


class CorrectionRetriever(BaseRetriever):
    """Retrieves the corrections in scope for a question, for the person that the config's metadata names.

    A document's id is the correction's event id; its metadata has `question`, `corrected`, `guidance`, `type`,
    `condition`, `score` and `verified`: whether it is the approved answer to this very question (`verified_answer`).
    """

    memory: Any  # opaque on purpose: pydantic copies lists and models, and a copy would not see later corrections

    def __init__(self, store_or_memory: FeedbackStore | CorrectionMemory, **options: Any) -> None:
        super().__init__(memory=as_memory(store_or_memory), **options)  # pyright: ignore[reportCallIssue]  # a pydantic field

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        recalled = self.memory.recall(query, scope=scope_in(run_manager.metadata))
        verified = verified_answer(query, recalled)
        return [_document(each, verified=each is verified) for each in recalled]


def as_memory(store_or_memory: FeedbackStore | CorrectionMemory) -> CorrectionMemory:
    """Return a memory over a store, or the memory itself."""
    return store_or_memory if isinstance(store_or_memory, CorrectionMemory) else CorrectionMemory(store_or_memory)


def is_correction(document: Document) -> bool:
    """Tell a correction from the documents of other retrievers."""
    return "correction_id" in document.metadata


def _document(recalled: Recalled, *, verified: bool) -> Document:
    correction = recalled.known.correction
    return Document(
        id=correction.event_id,
        page_content=correction.corrected or correction.guidance,
        metadata={
            "correction_id": correction.event_id,
            "question": correction.question,
            "corrected": correction.corrected,
            "guidance": correction.guidance,
            "type": correction.type,
            "condition": correction.condition,
            "score": recalled.score,
            "verified": verified,
        },
    )
