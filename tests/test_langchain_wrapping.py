"""Models deep inside a chain are found, and a wrapped chain can do what the chain could."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain.chat_models import init_chat_model
from langchain_core.messages import BaseMessage, HumanMessage, trim_messages
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import (
    ConfigurableField,
    Runnable,
    RunnableBranch,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)
from langchain_core.tracers.context import collect_runs

from feedback_store.langchain import feedback_config, with_corrections
from feedback_store.memory import MemoryStore
from tests.fake_model import FakeModel
from tests.openai_server import recorder
from tests.own_loop import run_async
from tests.records import a_correction

QUESTION = "How long do refunds take?"
RIGHT = "Refunds take ten days."
ASKED = {"question": QUESTION}
PROMPT = ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{question}")])
CANNED = RunnableLambda[Any, str](lambda _: "Please call us.")
Chain = Runnable[Any, Any]


def ann(**more: Any) -> Any:
    config = feedback_config(user_id="ann", session_id="s1")
    return {**config, "configurable": {**config.get("configurable", {}), **more}}


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.append(a_correction(question=QUESTION, corrected=RIGHT))
    return store


def last_text(messages: list[BaseMessage]) -> str:
    return messages[-1].text


def answering(model: FakeModel) -> Any:
    return PROMPT | model | StrOutputParser()


def down() -> FakeModel:
    return FakeModel(says=ValueError("down"))


DEEP: dict[str, Callable[[FakeModel], Chain]] = {
    "an answer beside its sources": lambda model: RunnablePassthrough.assign(answer=answering(model)),
    "steps side by side": lambda model: RunnableParallel[Any](answer=answering(model), question=RunnablePassthrough()),
    "a branch": lambda model: RunnableBranch[Any, Any](
        (lambda asked: "refunds" in asked["question"], answering(model)), CANNED
    ),
    "the default of a branch": lambda model: RunnableBranch[Any, Any]((lambda asked: False, CANNED), answering(model)),
    "an alternative chain": lambda model: answering(down()).configurable_alternatives(
        ConfigurableField(id="which"), default_key="a", b=answering(model)
    ),
    "an alternative made late": lambda model: answering(down()).configurable_alternatives(
        ConfigurableField(id="which"), default_key="a", b=lambda: answering(model)
    ),
    "several fallbacks": lambda model: answering(down()).with_fallbacks((answering(down()), answering(model))),  # pyright: ignore[reportArgumentType]
    "a fallback that is no model": lambda model: answering(model).with_fallbacks([CANNED]),
    "a step in the middle": lambda model: (
        RunnablePassthrough() | answering(model) | RunnableLambda[str, str](str.upper)
    ),
}


@pytest.mark.parametrize("shape", DEEP.values(), ids=DEEP.keys())
def test_a_model_inside_another_runnable_sees_the_correction(
    shape: Callable[[FakeModel], Chain], store: MemoryStore
) -> None:
    model = FakeModel()
    chain = with_corrections(shape(model), store)
    chain.invoke(ASKED, ann(which="b"))
    list(chain.stream(ASKED, ann(which="b")))
    run_async(chain.ainvoke(ASKED, ann(which="b")))
    assert len(model.prompts) == 3
    assert all(RIGHT in prompt[-1][1] for prompt in model.prompts)


@pytest.mark.parametrize("shape", DEEP.values(), ids=DEEP.keys())
def test_the_chain_that_was_given_stays_as_it_was(shape: Callable[[FakeModel], Chain], store: MemoryStore) -> None:
    model = FakeModel()
    plain = shape(model)
    with_corrections(plain, store)
    plain.invoke(ASKED, ann(which="b"))
    assert model.prompts == [[("system", "Be kind."), ("human", QUESTION)]]


def test_each_element_of_a_mapped_chain_has_its_own_corrections(store: MemoryStore) -> None:
    model = FakeModel(says=last_text)
    chain = with_corrections(answering(model).map(), store)
    answers = chain.invoke([ASKED, {"question": "Do you sell tents?"}], ann())
    assert RIGHT in answers[0]
    assert answers[1] == "Do you sell tents?"


def test_the_condition_of_a_branch_is_asked_as_it_was(store: MemoryStore) -> None:
    judge, model = FakeModel(says="yes"), FakeModel()
    says_yes = RunnableLambda[str, bool](lambda said: said == "yes")
    with_corrections(RunnableBranch[Any, Any]((answering(judge) | says_yes, answering(model)), CANNED), store).invoke(
        ASKED, ann()
    )
    assert judge.prompts == [[("system", "Be kind."), ("human", QUESTION)]]
    assert RIGHT in model.prompts[0][-1][1]


def test_a_model_chosen_by_each_call_sees_the_correction_and_can_be_bound(store: MemoryStore) -> None:
    with recorder() as server:
        model: Any = init_chat_model(
            "fake",
            model_provider="openai",
            configurable_fields=("model",),
            base_url=f"http://127.0.0.1:{server.server_port}/v1",
            api_key="none",
            max_retries=0,
        )
        chain = with_corrections(PROMPT | model, store)
        chain.invoke(ASKED, ann(model="other"))
        wrapped = with_corrections(model, store)
        wrapped.bind_tools(
            [{"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}}]
        ).invoke(QUESTION, ann())
        assert all(RIGHT.encode() in body for body in server.bodies)
        assert [b'"model":"other"' in body for body in server.bodies] == [True, False]
        assert b'"tools"' in server.bodies[1]


def test_a_field_that_a_call_may_set_is_still_announced_and_set(store: MemoryStore) -> None:
    model = FakeModel()
    chain = PROMPT | model.configurable_fields(says=ConfigurableField(id="says"))
    wrapped = with_corrections(chain, store)
    assert [spec.id for spec in wrapped.config_specs] == [spec.id for spec in chain.config_specs] == ["says"]
    assert wrapped.invoke(ASKED, ann(says="Set.")).text == "Set."
    assert wrapped.with_config(configurable={"says": "Set before."}).invoke(ASKED, ann()).text == "Set before."


def test_a_retry_asks_again_with_the_correction(store: MemoryStore) -> None:
    tries: list[str] = []

    def says(messages: list[BaseMessage]) -> str:
        tries.append(messages[-1].text)
        if len(tries) < 3:
            msg = "busy"
            raise ValueError(msg)
        return "It takes a month."

    chain = with_corrections(PROMPT | FakeModel(says=says).with_retry(wait_exponential_jitter=False), store)
    with collect_runs() as runs:
        assert chain.invoke(ASKED, ann()).text == "It takes a month."
    assert len(tries) == 3
    assert all(RIGHT in said for said in tries)
    assert len(runs.traced_runs) == 1, "one call is one trace"


def test_the_error_of_one_of_a_batch_costs_the_others_nothing(store: MemoryStore) -> None:
    def says(messages: list[BaseMessage]) -> str:
        if "tents" in messages[-1].text:
            msg = "down"
            raise ValueError(msg)
        return messages[-1].text

    chain = with_corrections(answering(FakeModel(says=says)), store)
    given = [ASKED, {"question": "Do you sell tents?"}, ASKED]
    configs = [ann(), ann(), feedback_config(user_id="bob", session_id="s2")]
    own, failed, others = chain.batch(given, configs, return_exceptions=True)
    assert RIGHT in own
    assert isinstance(failed, ValueError)
    assert others == QUESTION
    assert dict(chain.batch_as_completed(given[:1], configs[:1])).keys() == {0}


def test_a_call_may_carry_arguments_for_the_model(store: MemoryStore) -> None:
    with recorder() as server:
        wrapped = with_corrections(server.model(), store)
        wrapped.invoke(QUESTION, ann(), stop=["x"])
        list(wrapped.stream(QUESTION, ann(), stop=["x"]))
        assert all(b'"stop":["x"]' in body and RIGHT.encode() in body for body in server.bodies)


def test_the_wrapped_model_counts_tokens_as_its_own_model_does(store: MemoryStore) -> None:
    class Counting(FakeModel):
        def get_token_ids(self, text: str) -> list[int]:
            return [len(word) for word in text.split()]

        def get_num_tokens_from_messages(self, messages: Any, tools: Any = None) -> int:
            return sum(len(message.text.split()) for message in messages)

    wrapped = with_corrections(Counting(), store)
    assert (wrapped.get_num_tokens("How long?"), wrapped.get_token_ids("How long?")) == (2, [3, 5])
    said: list[BaseMessage] = [HumanMessage("one two three"), HumanMessage("four five")]
    assert trim_messages(said, max_tokens=2, token_counter=wrapped) == said[1:]


def test_many_calls_at_once_in_one_chain_of_alternatives_stay_apart(store: MemoryStore) -> None:
    alternatives = answering(FakeModel(says="a")).configurable_alternatives(
        ConfigurableField(id="which"), default_key="a", b=answering(FakeModel(says=last_text))
    )
    chain = with_corrections(alternatives, store)

    async def every() -> list[Any]:
        return await asyncio.gather(*(chain.ainvoke(ASKED, ann(which=which)) for which in "ab" * 10))

    answers = run_async(every())
    assert answers[::2] == ["a"] * 10
    assert all(RIGHT in answer for answer in answers[1::2])
