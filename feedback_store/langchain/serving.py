"""An approved answer in the place of a model's: as one message, or as the chunks of a stream."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, Final, cast

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message
from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator, RunnableWithFallbacks
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.configurable import DynamicRunnable, RunnableConfigurableAlternatives
from typing_extensions import override

from feedback_store.langchain.envelope import seen
from feedback_store.langchain.inject import Found

CORRECTIONS: Final = "corrections"
"""The key in `AIMessage.response_metadata` under which an answer names the corrections that it used."""
VERIFIED: Final = "verified"
"""The key under which an answer names the correction that it is, word for word."""
VERIFIED_RUN: Final = "verified_answer"
"""The name of the run that a trace shows in the place of a model's."""
_FORMS: Final = frozenset(
    ("tools", "functions", "tool_choice", "response_format", "format", "ls_structured_output_format")
)
"""Bound to a model, these ask for something else than a text for people."""
_PARTS: Final = re.compile(r"\s*\S+|\s+$")


class VerifiedOr(Runnable[list[BaseMessage], AIMessage]):
    """The model, unless the look-up before it found an answer to serve."""

    def __init__(self, model: Runnable[list[BaseMessage], AIMessage], found: Found) -> None:
        self._model = model
        self._found = found

    @override
    def invoke(self, input: list[BaseMessage], config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        if self._found.verified is None:
            return self._model.invoke(input, config)
        return as_message(served(self._found.verified).invoke(input, config))

    @override
    async def ainvoke(self, input: list[BaseMessage], config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        if self._found.verified is None:
            return await self._model.ainvoke(input, config)
        return as_message(await served(self._found.verified).ainvoke(input, config))

    @override
    def stream(
        self, input: list[BaseMessage], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessage]:
        yield from self._answering().stream(input, config)

    @override
    async def astream(
        self, input: list[BaseMessage], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessage]:
        stream = cast("AsyncGenerator[AIMessage]", self._answering().astream(input, config))
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                yield chunk

    def _answering(self) -> Runnable[Any, AIMessage]:
        return self._model if self._found.verified is None else served(self._found.verified)


def served(answer: Document) -> Runnable[Any, AIMessage]:
    """Return the answer as a runnable, so that a trace shows it; of a stream the first chunk is empty and says so."""
    text = seen(str(answer.metadata["corrected"]))
    facts = {CORRECTIONS: [answer.id], VERIFIED: answer.id}
    parts = [AIMessageChunk(content=part) for part in _PARTS.findall(text)]
    chunks = [AIMessageChunk(content="", response_metadata=facts), *parts]

    def say(_: Iterator[Any]) -> Iterator[AIMessage]:
        yield from chunks

    async def asay(_: AsyncIterator[Any]) -> AsyncIterator[AIMessage]:
        for chunk in chunks:
            yield chunk

    return RunnableGenerator(say, asay, name=VERIFIED_RUN)


def as_message(answer: AIMessage) -> AIMessage:
    """Return the chunks of an answer, already added up, as the one message that a model returns."""
    return cast("AIMessage", message_chunk_to_message(answer))


def writes_text(model: Runnable[Any, Any]) -> bool:
    """Tell whether a model, as it is bound, answers with text for people; nothing else can be served in its place."""
    if isinstance(model, RunnableBindingBase):
        return _FORMS.isdisjoint(model.kwargs) and writes_text(model.bound)
    if isinstance(model, RunnableWithFallbacks):
        return all(writes_text(each) for each in model.runnables)
    if isinstance(model, RunnableConfigurableAlternatives):
        every: list[Any] = [model.default, *cast("Any", model).alternatives.values()]
        return all(writes_text(cast("Any", each)) for each in every if isinstance(each, Runnable))
    if isinstance(model, DynamicRunnable):
        return writes_text(model.default)
    later: list[tuple[str, Any, Any]] = getattr(model, "_queued_declarative_operations", [])  # of init_chat_model
    return all(name == "with_config" for name, _, _ in later)
