"""A chat model with corrections, for the places that accept nothing but a chat model."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from typing_extensions import override

from feedback_store.langchain.corrected import Corrected
from feedback_store.langchain.inject import CorrectionInjector


class CorrectedChatModel(BaseChatModel):
    """Wraps a chat model; `invoke`, `stream`, `batch` and their async twins see the corrections.

    The look-up stands before the model, never inside `_generate`: there it could not be traced, and a language model
    cache would answer from the prompt without the correction. So `generate` and `_stream`, which bypass `invoke` and
    `stream`, run the inner model as it is.
    """

    inner: Any
    injector: Any
    verified_answers: bool = False

    @classmethod
    def around(
        cls, model: BaseChatModel, injector: CorrectionInjector, *, verified_answers: bool = False
    ) -> "CorrectedChatModel":
        """Wrap `model`; its profile is copied, since agents choose their strategy by it."""
        return cls(inner=model, injector=injector, verified_answers=verified_answers, profile=model.profile)

    @override
    def invoke(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        return self._corrected.invoke(input, config, **kwargs)

    @override
    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        return await self._corrected.ainvoke(input, config, **kwargs)

    @override
    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        yield from self._corrected.stream(input, config, **kwargs)  # pyright: ignore[reportReturnType]

    @override
    async def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        async for chunk in self._corrected.astream(input, config, **kwargs):
            yield chunk  # pyright: ignore[reportReturnType]

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return Corrected(self.inner.bind_tools(tools, **kwargs), self.injector)

    @override
    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[LanguageModelInput, Any]:
        return self.injector | self.inner.with_structured_output(schema, **kwargs)

    @property
    def _corrected(self) -> Corrected:
        return Corrected(self.inner, self.injector, verified_answers=self.verified_answers)

    @override
    def get_token_ids(self, text: str) -> list[int]:
        return self.inner.get_token_ids(text)

    @override
    def get_num_tokens(self, text: str) -> int:
        return self.inner.get_num_tokens(text)

    @override
    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        return self.inner.get_num_tokens_from_messages(messages, tools)

    @property
    def _llm_type(self) -> str:
        return self.inner._llm_type

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self.inner._identifying_params

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self.inner._generate(messages, stop=stop, run_manager=run_manager, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await self.inner._agenerate(messages, stop=stop, run_manager=run_manager, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        yield from self.inner._stream(messages, stop=stop, run_manager=run_manager, **kwargs)
