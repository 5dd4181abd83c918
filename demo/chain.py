"""The help desk as a LangChain chain: find sections of the documents, ask the model, and let it see the corrections."""

from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from demo.knowledge_base import KnowledgeBase
from feedback_store import FeedbackStore
from feedback_store.langchain import with_corrections
from feedback_store.recall import CorrectionMemory

PROMPT_VERSION: Final = "help-desk-1"
SHORT_QUESTION: Final = 5
"""Up to so many words, a question is taken to go on from the one before: "And by express?"."""
SYSTEM: Final = """\
You are the help desk of Lindgren & Oak, a shop for household goods. Answer the question in one or two short sentences \
from the documents below. If the answer is not there, say that you do not know.

{documents}"""


def help_desk(
    model: BaseChatModel, knowledge: KnowledgeBase, store: FeedbackStore | CorrectionMemory
) -> Runnable[dict[str, Any], BaseMessage]:
    """Return the chain. Its input is `{"question": str, "history": list of messages}`; it streams.

    An approved answer to the very same question is served as it is.
    """
    prompt = ChatPromptTemplate.from_messages(
        [("system", SYSTEM), ("placeholder", "{history}"), ("human", "{question}")]
    )
    prompt.metadata = {"prompt_name": "help-desk", "prompt_version": PROMPT_VERSION}
    found = RunnableLambda(_search_words) | knowledge.retriever | _as_text
    return RunnablePassthrough.assign(documents=found) | with_corrections(prompt | model, store, verified_answers=True)


def _search_words(given: dict[str, Any]) -> str:
    """Return what to look for: the question, and before a short one the question from which it goes on."""
    question = str(given["question"])
    history = convert_to_messages(given.get("history") or [])
    earlier = [message.text for message in history if message.type == "human"]
    return f"{earlier[-1]} {question}" if earlier and len(question.split()) <= SHORT_QUESTION else question


def _as_text(sections: list[Document]) -> str:
    return "\n\n".join(section.page_content for section in sections)
