"""A model, or a runnable around one, that sees the corrections and says on its answer which ones it saw."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from typing import Any, Final, cast

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSequence
from typing_extensions import override

from feedback_store.langchain.inject import CorrectionInjector

CORRECTIONS: Final = "corrections"
"""The key in `AIMessage.response_metadata` under which an answer names the corrections that its prompt carried."""


class Corrected(Runnable[LanguageModelInput, AIMessage]):
    """Runs the look-up, then the model. Nothing is kept between calls, so calls may overlap.

    A stream in which corrections are used begins with an empty chunk that names them.
    """

    def __init__(self, bound: Runnable[LanguageModelInput, AIMessage], injector: CorrectionInjector) -> None:
        self.bound = bound
        self.injector = injector

    @override
    def invoke(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        used: list[str] = []
        return _tagged(self._chain(used, kwargs).invoke(input, config), used)

    @override
    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        used: list[str] = []
        return _tagged(await self._chain(used, kwargs).ainvoke(input, config), used)

    @override
    def stream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessage]:
        used: list[str] = []
        with closing(cast("Generator[AIMessage]", self._chain(used, kwargs).stream(input, config))) as chunks:
            for chunk in chunks:
                yield from _telling(chunk, used)
                yield from chunks

    @override
    async def astream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessage]:
        used: list[str] = []
        stream = cast("AsyncGenerator[AIMessage]", self._chain(used, kwargs).astream(input, config))
        async with aclosing(stream) as chunks:
            async for first in chunks:
                for chunk in _telling(first, used):
                    yield chunk
                async for chunk in chunks:
                    yield chunk

    def _chain(self, used: list[str], kwargs: dict[str, Any]) -> Runnable[LanguageModelInput, AIMessage]:
        """Compose look-up and model for one call. `used` receives the ids: it belongs to this call alone."""
        return RunnableSequence(self.injector.noting(used), self.bound.bind(**kwargs) if kwargs else self.bound)


def _telling(first: AIMessage, used: list[str]) -> list[AIMessage]:
    """Return the first chunk with the ids: before it, or on it where the model streams its whole answer as one."""
    if not isinstance(first, AIMessageChunk) or not used:
        return [_tagged(first, used)]
    return [AIMessageChunk(content="", response_metadata={CORRECTIONS: list(used)}), first]


def _tagged(answer: AIMessage, used: list[str]) -> AIMessage:
    if not used:
        return answer
    return answer.model_copy(update={"response_metadata": {**answer.response_metadata, CORRECTIONS: list(used)}})
