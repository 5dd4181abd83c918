"""Corrections as LangChain documents, so that every trace shows by itself which of them an answer used."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, cast

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, run_in_executor

from feedback_store.langchain.config import scope_in
from feedback_store.recall import CorrectionMemory, Recalled
from feedback_store.store import FeedbackStore
from feedback_store.verified import verified_answer

HOLDOUT_RUN: Final = "corrections_holdout"
"""The name of the run whose output are the tags of a turn that took part in a hold-out."""


class CorrectionRetriever(BaseRetriever):
    """Retrieves the corrections in scope for a question, for the person that the config's metadata names.

    `invoke(question, config, history=[…])` takes the questions asked before it, which complete a follow-up.

    A document's id is the correction's event id; its metadata has `question`, `corrected`, `guidance`, `type`,
    `condition`, `score` and `verified`: whether it is the approved answer to this very question (`verified_answer`).
    """

    memory: Any  # opaque on purpose: pydantic copies lists and models, and a copy would not see later corrections

    def __init__(self, store_or_memory: FeedbackStore | CorrectionMemory, **options: Any) -> None:
        super().__init__(memory=as_memory(store_or_memory), **options)  # pyright: ignore[reportCallIssue]  # a pydantic field

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, history: Sequence[str] = ()
    ) -> list[Document]:
        metadata: Mapping[str, Any] = run_manager.metadata
        turn_id = metadata.get("turn_id")
        found = cast("CorrectionMemory", self.memory).recollect(
            query,
            scope=scope_in(metadata),
            history=history,
            turn_id=turn_id if isinstance(turn_id, str) else None,
        )
        if found.tags:
            _said(found.tags).invoke(None, {"callbacks": run_manager.get_child()})
        verified = verified_answer(query, found.recalled)
        return [_document(each, verified=each is verified) for each in found.recalled]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, history: Sequence[str] = ()
    ) -> list[Document]:
        search = partial(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), history=history)
        return await run_in_executor(None, search)


def as_memory(store_or_memory: FeedbackStore | CorrectionMemory) -> CorrectionMemory:
    """Return a memory over a store, or the memory itself."""
    return store_or_memory if isinstance(store_or_memory, CorrectionMemory) else CorrectionMemory(store_or_memory)


def is_correction(document: Document) -> bool:
    """Tell a correction from the documents of other retrievers."""
    return "correction_id" in document.metadata


def _said(tags: Sequence[str]) -> Runnable[None, list[str]]:
    """Return a run of which a trace keeps the tags: what was held back leaves no other mark on it."""
    return RunnableLambda(lambda _: list(tags), name=HOLDOUT_RUN)


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
