"""A chat model that keeps what it was asked and says what it was given to say, word by word."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field


class FakeModel(BaseChatModel):
    """Answers `says`, or what `says` makes of the messages; raises it where it is an exception."""

    says: Any = "It takes a month."
    asked: Any = Field(default_factory=list[list[BaseMessage]])
    streams: bool = True

    @property
    def prompts(self) -> list[list[tuple[str, Any]]]:
        """What it was asked, as (type, content)."""
        return [[(message.type, message.content) for message in messages] for messages in self.asked]

    @property
    def _llm_type(self) -> str:
        return "fake"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=tools, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self._answer(messages)))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._answer(messages)
        parts = answer.split(" ") if self.streams else [answer]
        for place, word in enumerate(parts):
            chunk = AIMessageChunk(content=word if place == 0 else f" {word}")
            if run_manager:
                run_manager.on_llm_new_token(chunk.text)
            yield ChatGenerationChunk(message=chunk)

    def _answer(self, messages: list[BaseMessage]) -> str:
        self.asked.append(messages)
        if isinstance(self.says, Exception):
            raise self.says
        return str(self.says(messages) if callable(self.says) else self.says)
