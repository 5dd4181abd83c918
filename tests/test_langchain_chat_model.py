"""A chat model with corrections where nothing but a chat model serves, and the parts to use by hand."""

from typing import Any

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]  # its state is not typed
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from feedback_store.langchain import CorrectionInjector, CorrectionRetriever, feedback_config, with_corrections
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from tests.fake_model import FakeModel
from tests.own_loop import run_async
from tests.records import a_correction

QUESTION = "How long do refunds take?"
RIGHT = "Refunds take ten days."
PROMPT = ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{question}")])


def ann() -> Any:
    return feedback_config(user_id="ann", session_id="s1")


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.append(a_correction(question=QUESTION, corrected=RIGHT))
    return store


def last_text(messages: list[BaseMessage]) -> str:
    return messages[-1].text


def agent_of(model: BaseChatModel) -> Any:
    return create_agent(model, tools=[])  # pyright: ignore[reportUnknownVariableType]  # its state is not typed


def test_an_agent_sees_them_once_and_keeps_its_history_clean(store: MemoryStore) -> None:
    model = FakeModel()
    state = agent_of(with_corrections(model, store)).invoke({"messages": [HumanMessage(QUESTION)]}, ann())
    assert RIGHT in model.prompts[0][-1][1]
    assert [message.text for message in state["messages"]] == [QUESTION, "It takes a month."]


def test_a_model_with_tools_or_structured_output_sees_them_too(store: MemoryStore) -> None:
    class Answer(BaseModel):
        """An answer."""

        days: int

    model = FakeModel(profile={"max_input_tokens": 99})
    wrapped = with_corrections(model, store)
    wrapped.bind_tools([Answer]).invoke(QUESTION, ann())
    wrapped.with_structured_output(Answer, include_raw=True).invoke(QUESTION, ann())
    assert all(RIGHT in prompt[-1][1] for prompt in model.prompts)
    assert wrapped.profile == {"max_input_tokens": 99}, "agents choose their strategy by it"


def test_the_injector_serves_where_no_model_can_be_found(store: MemoryStore) -> None:
    model = FakeModel()
    hidden = RunnableLambda[Any, Any](model.invoke)
    (PROMPT | CorrectionInjector(store) | hidden).invoke({"question": QUESTION}, ann())
    run_async((PROMPT | CorrectionInjector(store) | hidden).ainvoke({"question": QUESTION}, ann()))
    assert all(RIGHT in prompt[-1][1] for prompt in model.prompts)


def test_the_retriever_gives_corrections_as_documents(store: MemoryStore) -> None:
    (document,) = CorrectionRetriever(store).invoke(QUESTION, ann())
    assert document.page_content == RIGHT
    assert document.id == document.metadata["correction_id"] == store.corrections()[0].id
    assert document.metadata["score"] > 0.8
    assert CorrectionRetriever(CorrectionMemory(store)).invoke(QUESTION) == []


def test_a_model_that_cannot_stream_names_them_on_its_one_answer(store: MemoryStore) -> None:
    class Whole(FakeModel):
        _stream = BaseChatModel._stream  # pyright: ignore[reportAssignmentType, reportPrivateUsage]

    (answer,) = with_corrections(Whole(), store).stream(QUESTION, ann())
    assert isinstance(answer, AIMessage)
    assert not isinstance(answer, AIMessageChunk)
    assert list(answer.response_metadata) == ["corrections"]


def test_a_cache_of_answers_does_not_hide_a_new_correction() -> None:
    store, model = MemoryStore(), FakeModel(says=last_text, cache=InMemoryCache())
    chain = with_corrections(PROMPT | model, store)
    assert chain.invoke({"question": QUESTION}, ann()).text == QUESTION
    assert chain.invoke({"question": QUESTION}, ann()).text == QUESTION
    assert len(model.prompts) == 1, "the second answer came from the cache"
    store.append(a_correction(question=QUESTION, corrected=RIGHT))
    assert RIGHT in chain.invoke({"question": QUESTION}, ann()).text
