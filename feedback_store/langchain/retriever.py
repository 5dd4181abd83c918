"""Corrections as LangChain documents, so that every trace shows by itself which of them an answer used."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from feedback_store.langchain.config import scope_in
from feedback_store.recall import CorrectionMemory, Recalled
from feedback_store.store import FeedbackStore


class CorrectionRetriever(BaseRetriever):
    """Retrieves the corrections in scope for a question, for the person that the config's metadata names.

    A document's id is the correction's event id; its metadata has `question`, `corrected`, `guidance` and `score`.
    """

    memory: Any  # opaque on purpose: pydantic copies lists and models, and a copy would not see later corrections

    def __init__(self, store_or_memory: FeedbackStore | CorrectionMemory, **options: Any) -> None:
        super().__init__(memory=as_memory(store_or_memory), **options)  # pyright: ignore[reportCallIssue]  # a pydantic field

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        recalled = self.memory.recall(query, scope=scope_in(run_manager.metadata))
        return [_document(each) for each in recalled]


def as_memory(store_or_memory: FeedbackStore | CorrectionMemory) -> CorrectionMemory:
    """Return a memory over a store, or the memory itself."""
    return store_or_memory if isinstance(store_or_memory, CorrectionMemory) else CorrectionMemory(store_or_memory)


def is_correction(document: Document) -> bool:
    """Tell a correction from the documents of other retrievers."""
    return "correction_id" in document.metadata


def _document(recalled: Recalled) -> Document:
    correction = recalled.known.correction
    return Document(
        id=correction.event_id,
        page_content=correction.corrected or correction.guidance,
        metadata={
            "correction_id": correction.event_id,
            "question": correction.question,
            "corrected": correction.corrected,
            "guidance": correction.guidance,
            "score": recalled.score,
        },
    )
