"""A model, or a runnable around one, that sees the corrections and says on its answer which ones it saw."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing, closing
from typing import Any, cast

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import ConfigurableFieldSpec, Runnable, RunnableConfig, RunnableSequence
from langchain_core.tools import BaseTool
from typing_extensions import override

from feedback_store.langchain.inject import CorrectionInjector, Found
from feedback_store.langchain.serving import CORRECTIONS, VerifiedOr, writes_text


class Corrected(Runnable[LanguageModelInput, AIMessage]):
    """Runs the look-up, then the model. Nothing is kept between calls, so calls may overlap.

    A stream in which corrections are used begins with an empty chunk that names them. With `verified_answers` an
    approved answer to the very same question takes the place of the model's, if that is a text.
    """

    def __init__(
        self,
        bound: Runnable[LanguageModelInput, AIMessage],
        injector: CorrectionInjector,
        *,
        verified_answers: bool = False,
    ) -> None:
        self.bound = bound
        self.injector = injector
        self.verified_answers = verified_answers

    @property
    @override
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return self.bound.config_specs

    @override
    def invoke(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        found = Found()
        return tagged(self._chain(found, kwargs).invoke(input, config), found)

    @override
    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        found = Found()
        return tagged(await self._chain(found, kwargs).ainvoke(input, config), found)

    @override
    def stream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessage]:
        found = Found()
        with closing(cast("Generator[AIMessage]", self._chain(found, kwargs).stream(input, config))) as chunks:
            for chunk in chunks:
                yield from _telling(chunk, found)
                yield from chunks

    @override
    async def astream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessage]:
        found = Found()
        stream = cast("AsyncGenerator[AIMessage]", self._chain(found, kwargs).astream(input, config))
        async with aclosing(stream) as chunks:
            async for first in chunks:
                for chunk in _telling(first, found):
                    yield chunk
                async for chunk in chunks:
                    yield chunk

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> "Corrected":
        """Bind tools to the model, for a chat model whose kind is only chosen when it is called."""
        return Corrected(cast("Any", self.bound).bind_tools(tools, **kwargs), self.injector)

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[LanguageModelInput, Any]:
        """Ask the model for data of a schema."""
        return self.injector | cast("Any", self.bound).with_structured_output(schema, **kwargs)

    def _chain(self, found: Found, kwargs: dict[str, Any]) -> Runnable[LanguageModelInput, AIMessage]:
        """Compose look-up and model for one call, to which `found` belongs alone."""
        model = self.bound.bind(**kwargs) if kwargs else self.bound
        if self.verified_answers and writes_text(model):
            return RunnableSequence(self.injector.noting(found, verified_answers=True), VerifiedOr(model, found))
        return RunnableSequence(self.injector.noting(found), model)


def tagged(answer: AIMessage, found: Found) -> AIMessage:
    """Return the answer with the ids of the corrections that its prompt carried."""
    if found.verified is not None or not found.ids:
        return answer
    before: list[str] = answer.response_metadata.get(CORRECTIONS, [])
    metadata = {**answer.response_metadata, CORRECTIONS: [*before, *found.ids]}
    return answer.model_copy(update={"response_metadata": metadata})


def _telling(first: AIMessage, found: Found) -> list[AIMessage]:
    """Return the first chunk with the ids: before it, or on it where the model streams its whole answer as one."""
    if found.verified is not None or not found.ids or not isinstance(first, AIMessageChunk):
        return [tagged(first, found)]
    return [AIMessageChunk(content="", response_metadata={CORRECTIONS: list(found.ids)}), first]
