"""Corrections as the examples of a few-shot prompt."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from langchain_core.documents import Document
from langchain_core.example_selectors import BaseExampleSelector
from typing_extensions import override

from feedback_store.langchain.config import with_identity
from feedback_store.langchain.envelope import inert, visible
from feedback_store.langchain.retriever import CorrectionRetriever
from feedback_store.recall import CorrectionMemory
from feedback_store.store import FeedbackStore

Braces = Literal["doubled", "kept"]
BRACES: Final = ("doubled", "kept")


class CorrectionExampleSelector(BaseExampleSelector):
    """Selects the corrections in scope for the question as examples, the best match last, next to the question.

    An example is `{"question": …, "answer": …}`, in which no text can pose as a turn of the chat; where nothing is in
    scope there is none. Whose question it is stands in the config with which the prompt, or the chain that it is part
    of, is called; a prompt that is formatted without one sees only what is approved for everyone.

    Args:
        store_or_memory: a store, or a `CorrectionMemory` with options of its own.
        question_key: the prompt's variable with the question, and the example's key for it.
        answer_key: the example's key for what is right.
        braces: "doubled" for `FewShotPromptTemplate`, which formats its examples a second time; "kept" for
            `FewShotChatMessagePromptTemplate`, which does not. Never use it with `template_format="jinja2"`, which
            would run what stands in an example.

    """

    def __init__(
        self,
        store_or_memory: FeedbackStore | CorrectionMemory,
        *,
        question_key: str = "question",
        answer_key: str = "answer",
        braces: Braces = "doubled",
    ) -> None:
        if braces not in BRACES:
            msg = f"braces is one of {', '.join(BRACES)}; given {braces!r}"
            raise ValueError(msg)
        self._retriever = CorrectionRetriever(store_or_memory)
        self._question_key = question_key
        self._answer_key = answer_key
        self._braces: Braces = braces

    @override
    def add_example(self, example: dict[str, str]) -> Any:
        """Refuse: a correction is somebody's act, and an example does not say whose.

        Raises:
            TypeError: always.

        """
        msg = "a correction needs an author and a session: append a Correction to the store"
        raise TypeError(msg)

    @override
    def select_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        return self._examples(self._retriever.invoke(self._question(input_variables), with_identity()))

    @override
    async def aselect_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        return self._examples(await self._retriever.ainvoke(self._question(input_variables), with_identity()))

    def _question(self, variables: Mapping[str, Any]) -> str:
        if self._question_key not in variables:
            msg = f"the prompt has no variable {self._question_key!r}, only {', '.join(variables)}: give question_key"
            raise ValueError(msg)
        return str(variables[self._question_key])

    def _examples(self, corrections: list[Document]) -> list[dict[str, Any]]:
        return [self._example(each) for each in reversed(corrections) if _is_answer(each)]

    def _example(self, correction: Document) -> dict[str, str]:
        question, right = str(correction.metadata["question"]), correction.page_content
        return {self._question_key: self._inert(question), self._answer_key: self._inert(right)}

    def _inert(self, text: str) -> str:
        plain = inert(visible(text))
        return plain if self._braces == "kept" else plain.replace("{", "{{").replace("}", "}}")


def _is_answer(correction: Document) -> bool:
    """Tell an answer from a rule or a style, which answers no question."""
    return bool(correction.metadata["corrected"]) or correction.metadata["type"] == "fact"
