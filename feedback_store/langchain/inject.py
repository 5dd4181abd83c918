"""The step before a model: looks up the corrections for the question asked and puts them into the prompt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from langchain_core.documents import Document
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage, HumanMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from typing_extensions import override

from feedback_store.langchain.config import serves_verified_answers, with_identity
from feedback_store.langchain.envelope import Placement, last_human, placed
from feedback_store.langchain.retriever import CorrectionRetriever
from feedback_store.recall import CorrectionMemory
from feedback_store.store import FeedbackStore
from feedback_store.verified import self_contained

PLACEMENTS: Final = ("human", "system")
Question = Callable[[Sequence[BaseMessage]], str]


def last_question(messages: Sequence[BaseMessage]) -> str:
    """Return the text of the last human message: the question, unless the app wraps something around it."""
    place = last_human(messages)
    return "" if place is None else messages[place].text


@dataclass
class Found:
    """What the look-up of one call found."""

    ids: list[str] = field(default_factory=list[str])
    """The corrections used."""
    verified: Document | None = None
    """The one that is the answer, where it may be served as it is."""


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
        return self.noting(Found()).invoke(input, config)

    @override
    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[BaseMessage]:
        return await self.noting(Found()).ainvoke(input, config)

    def noting(
        self, found: Found, *, verified_answers: bool = False, said: Sequence[BaseMessage] = ()
    ) -> Runnable[LanguageModelInput, list[BaseMessage]]:
        """Return this step for a single call; `found` receives what it found.

        With `verified_answers` the messages stay as they are where an answer may be served in the place of a model's.
        The question is looked for in what was `said`; by default that is what the model is given.
        """

        def applied(
            messages: list[BaseMessage], documents: list[Document], config: RunnableConfig
        ) -> list[BaseMessage]:
            if last_human(messages) is None:
                return messages
            if verified_answers and serves_verified_answers(config) and self._may_be_served(said or messages):
                found.verified = next((document for document in documents if document.metadata["verified"]), None)
            if found.verified is not None:
                found.ids = [str(found.verified.id)]
                return messages
            found.ids = [str(document.id) for document in documents]
            return placed(messages, documents, self._placement)

        def inject(given: LanguageModelInput, config: RunnableConfig) -> list[BaseMessage]:
            messages = as_messages(given)
            *history, question = self._questions(said or messages)
            documents = self._retriever.invoke(question, with_identity(config), history=history)
            return applied(messages, documents, config)

        async def ainject(given: LanguageModelInput, config: RunnableConfig) -> list[BaseMessage]:
            messages = as_messages(given)
            *history, question = self._questions(said or messages)
            documents = await self._retriever.ainvoke(question, with_identity(config), history=history)
            return applied(messages, documents, config)

        return RunnableLambda(inject, afunc=ainject, name="inject_corrections")

    def _questions(self, messages: Sequence[BaseMessage]) -> list[str]:
        """Return the questions of a conversation, oldest first; the last one is what is asked now."""
        now = last_human(messages)
        places = [place for place in range(now or 0) if isinstance(messages[place], HumanMessage)]
        return [*(self._question(messages[: place + 1]) for place in places), self._question(messages)]

    def _may_be_served(self, messages: Sequence[BaseMessage]) -> bool:
        """Tell whether the question is all that was asked: without an image, a tool's result or an allusion."""
        *before, last = messages
        blocks = [last.content] if isinstance(last.content, str) else last.content
        if not isinstance(last, HumanMessage) or not all(isinstance(each, str) or _is_text(each) for each in blocks):
            return False
        in_conversation = any(isinstance(message, HumanMessage) for message in before)
        return self_contained(self._question(messages), in_conversation=in_conversation)


def _is_text(block: dict[str, Any]) -> bool:
    return block.get("type") == "text"


def as_messages(given: LanguageModelInput) -> list[BaseMessage]:
    """Return what a chat model takes (a prompt value, a text, messages in any form) as messages."""
    if isinstance(given, PromptValue):
        return given.to_messages()
    return convert_to_messages([("human", given)] if isinstance(given, str) else cast("Sequence[Any]", given))
