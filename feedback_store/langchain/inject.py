"""The step before a model: looks up the corrections for the question asked and puts them into the prompt."""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from langchain_core.documents import Document
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda, ensure_config
from langchain_core.runnables.config import merge_configs
from typing_extensions import override

from feedback_store.langchain.config import scope_of
from feedback_store.langchain.envelope import Placement, last_human, placed
from feedback_store.langchain.retriever import CorrectionRetriever
from feedback_store.recall import CorrectionMemory
from feedback_store.store import FeedbackStore

PLACEMENTS: Final = ("human", "system")
Question = Callable[[Sequence[BaseMessage]], str]


def last_question(messages: Sequence[BaseMessage]) -> str:
    """Return the text of the last human message: the question, unless the app wraps something around it."""
    place = last_human(messages)
    return "" if place is None else messages[place].text


class CorrectionInjector(Runnable[LanguageModelInput, list[BaseMessage]]):
    """Takes what a chat model takes and returns the messages with the corrections in scope; mostly the same messages.

    `with_corrections` puts it where it belongs. Use it by hand where a model cannot be found:
    `prompt | CorrectionInjector(store) | model`.

    Args:
        store_or_memory: a store, or a `CorrectionMemory` with options of its own.
        placement: "human" puts the corrections at the end of the last human message; "system" at the end of the
            system message, which small models obey less and which has more privilege: for stores whose every
            correction an administrator approves.
        question: finds the question in the messages; by default the text of the last human message.

    """

    def __init__(
        self,
        store_or_memory: FeedbackStore | CorrectionMemory,
        *,
        placement: Placement = "human",
        question: Question = last_question,
    ) -> None:
        if placement not in PLACEMENTS:
            msg = f"placement is one of {', '.join(PLACEMENTS)}; given {placement!r}"
            raise ValueError(msg)
        self._retriever = CorrectionRetriever(store_or_memory)
        self._placement: Placement = placement
        self._question = question

    @override
    def invoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[BaseMessage]:
        return self.noting([]).invoke(input, config)

    @override
    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[BaseMessage]:
        return await self.noting([]).ainvoke(input, config)

    def noting(self, used: list[str]) -> Runnable[LanguageModelInput, list[BaseMessage]]:
        """Return this step for a single call; it adds to `used` the ids of the corrections that it put in."""

        def inject(given: LanguageModelInput, config: RunnableConfig) -> list[BaseMessage]:
            messages = as_messages(given)
            found = self._retriever.invoke(self._question(messages), _with_identity(config))
            return self._placed(messages, found, used)

        async def ainject(given: LanguageModelInput, config: RunnableConfig) -> list[BaseMessage]:
            messages = as_messages(given)
            found = await self._retriever.ainvoke(self._question(messages), _with_identity(config))
            return self._placed(messages, found, used)

        return RunnableLambda(inject, afunc=ainject, name="inject_corrections")

    def _placed(self, messages: list[BaseMessage], found: list[Document], used: list[str]) -> list[BaseMessage]:
        if last_human(messages) is None:
            return messages
        used.extend(str(document.id) for document in found)
        return placed(messages, found, self._placement)


def as_messages(given: LanguageModelInput) -> list[BaseMessage]:
    """Return what a chat model takes (a prompt value, a text, messages in any form) as messages."""
    if isinstance(given, PromptValue):
        return given.to_messages()
    return convert_to_messages([("human", given)] if isinstance(given, str) else cast("Sequence[Any]", given))


def _with_identity(config: RunnableConfig) -> RunnableConfig:
    """Copy the identity into the metadata: nothing else of a config reaches a retriever."""
    return merge_configs(ensure_config(config), {"metadata": scope_of(config).model_dump()})
