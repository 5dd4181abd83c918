"""The LangChain glue: corrections into a prompt, runs into turns, streams that a stop really stops."""

from feedback_store.langchain.config import feedback_config
from feedback_store.langchain.example_selector import CorrectionExampleSelector
from feedback_store.langchain.inject import CorrectionInjector
from feedback_store.langchain.retriever import CorrectionRetriever
from feedback_store.langchain.streaming import stream_sync
from feedback_store.langchain.tracer import TurnTracer
from feedback_store.langchain.wrap import with_corrections

__all__ = [
    "CorrectionExampleSelector",
    "CorrectionInjector",
    "CorrectionRetriever",
    "TurnTracer",
    "feedback_config",
    "stream_sync",
    "with_corrections",
]
