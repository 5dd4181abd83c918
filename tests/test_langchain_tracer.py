"""From a finished run to the turn that feedback points at."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from feedback_store.events import Turn
from feedback_store.langchain import TurnTracer, feedback_config, with_corrections
from feedback_store.limits import new_id
from feedback_store.memory import MemoryStore
from tests.fake_model import FakeModel
from tests.own_loop import run_async
from tests.records import a_correction

QUESTION = "How long do refunds take?"


def last_text(messages: list[BaseMessage]) -> str:
    return messages[-1].text


class Library(BaseRetriever):
    """Finds the same two documents each time."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document("A", id="returns#deadline"), Document("B", id="refunds#when")]


def traced(chain: Runnable[Any, Any], given: Any, **options: Any) -> Turn:
    turns: list[Turn] = []
    chain.invoke(
        given, feedback_config(user_id="ann", session_id="s1", callbacks=[TurnTracer(turns.append)], **options)
    )
    (turn,) = turns
    return turn


def test_a_turn_says_what_went_into_the_answer() -> None:
    store = MemoryStore()
    correction = a_correction(question=QUESTION)
    store.append(correction)
    prompt = ChatPromptTemplate.from_messages([("system", "{documents}"), ("human", "{question}")])
    prompt.metadata = {"prompt_name": "help-desk", "prompt_version": "help-desk-7"}
    search = RunnableLambda[Any, Any](lambda given: given["question"]) | Library()
    chain = RunnablePassthrough.assign(documents=search) | with_corrections(prompt | FakeModel(), store)
    turn_id, parent = new_id(), new_id()
    turn = traced(
        chain, {"question": QUESTION}, turn_id=turn_id, index=3, parent_turn_id=parent, app_version="1.2", tags=["beta"]
    )
    assert turn.document_ids == ("returns#deadline", "refunds#when")
    assert turn.correction_ids == (correction.event_id,)
    assert turn.prompt_version == "help-desk-7"
    assert (turn.turn_id, turn.run_id, turn.trace_id) == (turn_id, turn_id, turn_id)
    assert (turn.index, turn.parent_turn_id, turn.app_version, turn.tags) == (3, parent, "1.2", ("beta",))
    assert (turn.session_id, turn.user_id, turn.tenant) == ("s1", "ann", "default")
    assert (turn.prompt, turn.response, turn.status, turn.error) == (QUESTION, "It takes a month.", "answered", None)


CHAINS: dict[str, Callable[[FakeModel], tuple[Runnable[Any, Any], Any]]] = {
    "a model": lambda model: (model, QUESTION),
    "a model asked with messages": lambda model: (model, [HumanMessage("Hello"), HumanMessage(QUESTION)]),
    "a sequence": lambda model: (ChatPromptTemplate.from_template("Docs. {input}") | model, {"input": QUESTION}),
    "a parsed sequence": lambda model: (
        ChatPromptTemplate.from_template("{question}") | model | StrOutputParser(),
        {"question": QUESTION},
    ),
    "messages in a dictionary": lambda model: (
        RunnableLambda[Any, Any](lambda given: given["messages"]) | model,
        {"messages": [HumanMessage(QUESTION)]},
    ),
    "a form of its own": lambda model: (
        RunnableLambda[Any, Any](lambda given: [HumanMessage(given["ask"])]) | model,
        {"ask": QUESTION},
    ),
}


@pytest.mark.parametrize("made", CHAINS.values(), ids=CHAINS.keys())
def test_the_question_and_the_answer_are_found_in_every_form_of_chain(
    made: Callable[[FakeModel], tuple[Runnable[Any, Any], Any]],
) -> None:
    store = MemoryStore()
    store.append(a_correction(question=QUESTION))
    chain, given = made(FakeModel())
    turn = traced(with_corrections(chain, store), given)
    assert (turn.prompt, turn.response, len(turn.correction_ids)) == (QUESTION, "It takes a month.", 1)


def test_a_failed_run_is_a_failed_turn_that_says_why_in_one_line() -> None:
    turns: list[Turn] = []
    config = feedback_config(user_id="ann", session_id="s1", callbacks=[TurnTracer(turns.append)])
    with pytest.raises(ValueError, match="no such model"):
        with_corrections(FakeModel(says=ValueError("no such model")), MemoryStore()).invoke(QUESTION, config)
    (turn,) = turns
    assert (turn.status, turn.response) == ("failed", "")
    assert turn.error == "ValueError('no such model')"


def test_a_turn_too_large_for_a_record_is_cut_rather_than_lost() -> None:
    turn = traced(FakeModel(says="\0\ud800" + "x" * 200_000), QUESTION, tags=[f"tag {number}" for number in range(60)])
    assert turn.response == "?" + "x" * 99_999
    assert len(turn.tags) == 50


def test_a_cancelled_run_is_a_stopped_turn() -> None:
    turns: list[Turn] = []

    async def stop_in_the_middle() -> None:
        config = feedback_config(user_id="ann", session_id="s1", callbacks=[TurnTracer(turns.append)])
        begun, never = asyncio.Event(), asyncio.Event()

        async def wait(_: Any) -> Any:
            begun.set()
            await never.wait()

        chain: Runnable[Any, Any] = RunnableLambda(wait)
        task = asyncio.create_task(chain.ainvoke(QUESTION, config))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_async(stop_in_the_middle())
    assert turns[0].status == "stopped"


def test_fifty_runs_at_once_are_fifty_turns_of_their_own() -> None:
    turns: list[Turn] = []
    chain = with_corrections(FakeModel(says=last_text), MemoryStore())

    async def ask(number: int) -> None:
        tracer = TurnTracer(turns.append)
        config = feedback_config(user_id=f"user-{number}", session_id=f"s{number}", callbacks=[tracer])
        await chain.ainvoke(f"Question {number}", config)

    async def ask_all() -> None:
        await asyncio.gather(*map(ask, range(50)))

    run_async(ask_all())
    expected = {(f"user-{number}", f"s{number}", f"Question {number}", f"Question {number}") for number in range(50)}
    assert {(turn.user_id, turn.session_id, turn.prompt, turn.response) for turn in turns} == expected
    assert len({turn.turn_id for turn in turns}) == 50


def test_a_run_without_a_session_is_answered_and_the_log_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    turns: list[Turn] = []
    with caplog.at_level(logging.WARNING):
        assert FakeModel().invoke(QUESTION, {"callbacks": [TurnTracer(turns.append)]}).text == "It takes a month."
    assert turns == []
    assert "build its config with feedback_config" in caplog.text


def test_a_store_that_cannot_keep_the_turn_does_not_cost_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    store.close()
    config = feedback_config(user_id="ann", session_id="s1", callbacks=[TurnTracer(store.append)])
    assert FakeModel().invoke(QUESTION, config).text == "It takes a month."
    assert "closed" in caplog.text
