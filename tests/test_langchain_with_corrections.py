"""One line around a chain or a model: whatever its form, it sees the corrections in scope, and nothing else changes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]  # its state is not typed
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, Runnable, RunnableLambda, RunnableParallel

from feedback_store.langchain import feedback_config, with_corrections
from feedback_store.memory import MemoryStore
from tests.fake_model import FakeModel
from tests.own_loop import run_async
from tests.records import a_correction

QUESTION = "How long do refunds take?"
RIGHT = "Refunds take ten days."
PROMPT = ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{question}")])

Shape = Callable[[FakeModel], Runnable[Any, Any]]
SHAPES: dict[str, Shape] = {
    "prompt | model": lambda model: PROMPT | model,
    "prompt | model | parser": lambda model: PROMPT | model | StrOutputParser(),
    "bound": lambda model: PROMPT | model.bind(stop=["x"]) | StrOutputParser(),
    "retried": lambda model: PROMPT | model.with_retry(),
    "with fallbacks": lambda model: PROMPT | FakeModel(says=ValueError("down")).with_fallbacks([model]),
    "with config": lambda model: (PROMPT | model).with_config(tags=["x"]),
    "sequence retried": lambda model: (PROMPT | model | StrOutputParser()).with_retry(),
    "sequence with fallbacks": lambda model: (PROMPT | FakeModel(says=ValueError("down"))).with_fallbacks(
        [PROMPT | model]
    ),
    "configurable": lambda model: (
        PROMPT | model.configurable_alternatives(ConfigurableField(id="which"), default_key="a")
    ),
}
MODELS: dict[str, Callable[[FakeModel], Runnable[Any, Any]]] = {
    "model": lambda model: model,
    "bound model": lambda model: model.bind(stop=["x"]),
    "retried model": lambda model: model.with_retry(),
}


def ann(**options: Any) -> Any:
    return feedback_config(user_id="ann", session_id="s1", **options)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.append(a_correction(question=QUESTION, corrected=RIGHT))
    return store


def last_text(messages: list[BaseMessage]) -> str:
    return messages[-1].text


def agent_of(model: BaseChatModel) -> Any:
    return create_agent(model, tools=[])  # pyright: ignore[reportUnknownVariableType]  # its state is not typed


def text(answer: Any) -> str:
    return answer.text if isinstance(answer, BaseMessage) else answer


async def every_way(chain: Runnable[Any, Any], given: Any) -> list[str]:
    """Call the chain in each of the ways that LangChain has."""
    streamed = [text(chunk) async for chunk in chain.astream(given, ann())]
    return [
        text(chain.invoke(given, ann())),
        "".join(text(chunk) for chunk in chain.stream(given, ann())),
        text(chain.batch([given], [ann()])[0]),
        text(await chain.ainvoke(given, ann())),
        "".join(streamed),
        text((await chain.abatch([given], [ann()]))[0]),
    ]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_every_form_of_chain_sees_the_correction_in_every_way_of_calling_it(shape: Shape, store: MemoryStore) -> None:
    model = FakeModel()
    answers = run_async(every_way(with_corrections(shape(model), store), {"question": QUESTION}))
    assert answers == ["It takes a month."] * 6
    assert len(model.prompts) == 6
    for prompt in model.prompts:
        assert prompt[0] == ("system", "Be kind.")
        assert RIGHT in prompt[1][1]
        assert prompt[1][1].startswith(f"{QUESTION}\n\n")


@pytest.mark.parametrize("shape", MODELS.values(), ids=MODELS.keys())
@pytest.mark.parametrize(
    "given", [QUESTION, [("human", QUESTION)], [HumanMessage(QUESTION)], PROMPT.invoke({"question": QUESTION})]
)
def test_a_model_sees_the_correction_whatever_form_its_input_has(shape: Shape, given: Any, store: MemoryStore) -> None:
    model = FakeModel()
    run_async(every_way(with_corrections(shape(model), store), given))
    assert len(model.prompts) == 6
    assert all(RIGHT in prompt[-1][1] for prompt in model.prompts)


@pytest.mark.parametrize("shape", [*SHAPES.values()], ids=[*SHAPES.keys()])
def test_where_nothing_is_in_scope_the_messages_are_those_of_the_chain_without_corrections(
    shape: Shape, store: MemoryStore
) -> None:
    plain, wrapped = FakeModel(), FakeModel()
    given = {"question": "Do you sell tents?"}
    run_async(every_way(shape(plain), given))
    run_async(every_way(with_corrections(shape(wrapped), store), given))
    assert wrapped.prompts == plain.prompts
    dumps = [[message.model_dump() for messages in model.asked for message in messages] for model in (plain, wrapped)]
    assert dumps[0] == dumps[1]


def test_a_correction_made_between_two_calls_is_seen_by_the_second() -> None:
    store, model = MemoryStore(), FakeModel()
    chain = with_corrections(PROMPT | model, store)
    chain.invoke({"question": QUESTION}, ann())
    store.append(a_correction(question=QUESTION, corrected=RIGHT))
    chain.invoke({"question": QUESTION}, ann())
    assert [RIGHT in prompt[-1][1] for prompt in model.prompts] == [False, True]


def test_without_an_identity_nothing_private_is_seen(store: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    model = FakeModel()
    chain = with_corrections(PROMPT | model, store)
    configs: list[Any] = [
        None,
        {},
        {"configurable": {"user_id": 7, "tenant": "default"}},
        {"configurable": {"tenant": "default"}},
    ]
    for config in configs:
        chain.invoke({"question": QUESTION}, config)
    chain.invoke({"question": QUESTION}, feedback_config(user_id="bob", session_id="s1"))
    chain.invoke({"question": QUESTION}, feedback_config(user_id="ann", tenant="other", session_id="s1"))
    assert not any(RIGHT in prompt[-1][1] for prompt in model.prompts)
    assert "user_id must be a string" in caplog.text


def test_an_identity_in_configurable_or_in_metadata_alone_is_enough(store: MemoryStore) -> None:
    model = FakeModel()
    chain = with_corrections(PROMPT | model, store)
    who = {"user_id": "ann", "tenant": "default"}
    chain.invoke({"question": QUESTION}, {"configurable": who})
    chain.invoke({"question": QUESTION}, {"metadata": who})
    assert all(RIGHT in prompt[-1][1] for prompt in model.prompts)


def test_calls_that_overlap_do_not_see_each_others_corrections(store: MemoryStore) -> None:
    chain = with_corrections(PROMPT | FakeModel(says=last_text), store)

    async def both() -> list[Any]:
        people = [feedback_config(user_id=person, session_id="s1") for person in ("ann", "bob") * 20]
        return await asyncio.gather(*(chain.ainvoke({"question": QUESTION}, config) for config in people))

    answers = run_async(both())
    assert [RIGHT in answer.text for answer in answers] == [True, False] * 20
    assert ["corrections" in answer.response_metadata for answer in answers] == [True, False] * 20


def test_the_answer_names_the_corrections_and_so_does_the_first_chunk_of_a_stream(store: MemoryStore) -> None:
    (known,) = store.corrections()
    chain = with_corrections(PROMPT | FakeModel(), store)
    assert chain.invoke({"question": QUESTION}, ann()).response_metadata["corrections"] == [known.id]
    chunks: list[Any] = list(chain.stream({"question": QUESTION}, ann()))
    assert (chunks[0].text, chunks[0].response_metadata) == ("", {"corrections": [known.id]})
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert (whole.text, whole.response_metadata["corrections"]) == ("It takes a month.", [known.id])


def test_an_app_that_reads_events_sees_the_corrections_before_the_first_word(store: MemoryStore) -> None:
    async def events() -> list[Any]:
        chain = with_corrections(PROMPT | FakeModel(), store)
        return [event async for event in chain.astream_events({"question": QUESTION}, ann(), version="v2")]

    seen = run_async(events())
    names = [event["event"] for event in seen]
    assert names.index("on_retriever_end") < names.index("on_chat_model_stream")
    (found,) = [event for event in seen if event["event"] == "on_retriever_end"]
    assert [document.id for document in found["data"]["output"]] == [store.corrections()[0].id]


def test_the_app_may_say_what_the_question_is_where_it_wraps_documents_around_it(store: MemoryStore) -> None:
    model = FakeModel()
    prompt = ChatPromptTemplate.from_messages([("human", "Documents: returns, gift cards.\n\nQuestion: {question}")])
    chain = with_corrections(
        prompt | model, store, question=lambda messages: messages[-1].text.partition("Question: ")[2]
    )
    chain.invoke({"question": QUESTION}, ann())
    assert RIGHT in model.prompts[0][-1][1]


def test_the_block_can_stand_in_the_system_message(store: MemoryStore) -> None:
    model = FakeModel()
    with_corrections(PROMPT | model, store, placement="system").invoke({"question": QUESTION}, ann())
    (system, human) = model.prompts[0]
    assert RIGHT in system[1]
    assert human[1] == QUESTION


def test_every_model_of_a_sequence_sees_its_own_questions_corrections(store: MemoryStore) -> None:
    first, second = FakeModel(says="Something else?"), FakeModel()
    chain = PROMPT | first | StrOutputParser() | RunnableLambda[str, Any](lambda said: [HumanMessage(said)]) | second
    with_corrections(chain, store).invoke({"question": QUESTION}, ann())
    assert RIGHT in first.prompts[0][-1][1]
    assert second.prompts[0] == [("human", "Something else?")]


REFUSED: dict[str, Callable[[MemoryStore], Any]] = {
    "a parser": lambda store: StrOutputParser(),
    "a hidden model": lambda store: PROMPT | RunnableLambda[Any, Any](FakeModel().invoke),
    "no model in any branch": lambda store: RunnableParallel[Any](a=StrOutputParser(), b=StrOutputParser()),
    "no runnable": lambda store: "gpt",
    "an agent": lambda store: agent_of(FakeModel()),
    "a wrapped model": lambda store: PROMPT | with_corrections(FakeModel(), store),
    "a wrapped chain": lambda store: with_corrections(PROMPT | FakeModel().bind(stop=["x"]), store),
}


@pytest.mark.parametrize("target", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_wrapped_is_refused_with_what_to_do_instead(
    target: Callable[[MemoryStore], Any], store: MemoryStore
) -> None:
    with pytest.raises(TypeError, match=r"wrap the model|CorrectionInjector|once, on the whole chain"):
        with_corrections(target(store), store)


def test_an_unknown_placement_is_refused_with_those_that_exist(store: MemoryStore) -> None:
    with pytest.raises(ValueError, match="human, system; given 'top'"):
        with_corrections(FakeModel(), store, placement="top")  # pyright: ignore[reportArgumentType]


def test_a_turn_id_that_is_no_uuid_is_refused() -> None:
    with pytest.raises(ValueError, match="given 'seven'"):
        ann(turn_id="seven")
