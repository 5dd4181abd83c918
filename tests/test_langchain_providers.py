"""What the adapters for OpenAI and Anthropic send: order, roles, tools; what is cached stands before a correction."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]  # its state is not typed
from langchain_anthropic.middleware import AnthropicPromptCachingMiddleware
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool

from feedback_store.langchain import feedback_config, stream_sync, with_corrections
from feedback_store.langchain.middleware import CorrectionsMiddleware
from feedback_store.memory import MemoryStore
from tests.anthropic_server import Messages, messages_server
from tests.openai_server import Recorder, recorder
from tests.own_loop import run_async
from tests.records import a_correction, a_review

QUESTION = "How long do refunds take?"
RIGHT = "Refunds take ten days."
CACHED = {"type": "ephemeral"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


@tool
def days(what: str) -> str:
    """Look up how many days something takes."""
    return f"{what}: 3"


@pytest.fixture
def openai() -> Iterator[Recorder]:
    with recorder() as server:
        yield server


@pytest.fixture
def anthropic() -> Iterator[Messages]:
    with messages_server() as server:
        yield server


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.append(a_correction(event_id="c-1", question=QUESTION, corrected=RIGHT))
    return store


def ann() -> Any:
    return feedback_config(user_id="ann", session_id="s1")


def cached(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": CACHED}


def talk(question: Any = QUESTION) -> list[Any]:
    """A conversation in which a tool was called before."""
    return [
        SystemMessage("Be kind."),
        HumanMessage("Hello"),
        AIMessage("Good morning."),
        HumanMessage("And the time?"),
        AIMessage("", tool_calls=[{"name": "days", "args": {"what": "refunds"}, "id": "t0", "type": "tool_call"}]),
        {"role": "tool", "content": "3", "tool_call_id": "t0"},
        AIMessage("Three."),
        HumanMessage(question),
    ]


def test_openai_gets_the_same_messages_in_the_same_order_and_roles_but_for_the_last(
    openai: Recorder, store: MemoryStore
) -> None:
    model = openai.model()
    model.invoke(talk(), ann())
    with_corrections(model, store).invoke(talk(), ann())
    plain, corrected = openai.messages()
    assert [each["role"] for each in corrected] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert corrected[:-1] == plain[:-1]
    assert plain[-1] == {"content": QUESTION, "role": "user"}
    assert corrected[-1]["content"].startswith(f"{QUESTION}\n\n")
    assert RIGHT in corrected[-1]["content"]


def test_openai_gets_a_picture_and_the_question_before_the_correction(openai: Recorder, store: MemoryStore) -> None:
    blocks: list[str | dict[Any, Any]] = [{"type": "text", "text": QUESTION}, PICTURE]
    with_corrections(openai.model(), store).invoke([HumanMessage(blocks)], ann())
    ((message,),) = openai.messages()
    assert message["content"][:2] == blocks
    assert message["content"][2]["type"] == "text"
    assert RIGHT in message["content"][2]["text"]


def test_openais_responses_api_gets_it_in_the_last_input(openai: Recorder, store: MemoryStore) -> None:
    model = openai.model(use_responses_api=True)
    asked = [SystemMessage("Be kind."), HumanMessage("Hello"), AIMessage("Good morning."), HumanMessage(QUESTION)]
    model.invoke(asked, ann())
    answer = with_corrections(model, store).invoke(asked, ann())
    plain, corrected = openai.messages()
    assert [each["role"] for each in corrected] == ["system", "user", "assistant", "user"]
    assert corrected[:-1] == plain[:-1]
    assert RIGHT in str(corrected[-1]["content"])
    assert (answer.text, answer.response_metadata["corrections"]) == ("It takes a month.", ["c-1"])


def test_anthropic_gets_the_same_messages_in_the_same_order_and_roles_but_for_the_last(
    anthropic: Messages, store: MemoryStore
) -> None:
    model = anthropic.model()
    model.invoke(talk(), ann())
    with_corrections(model, store).invoke(talk(), ann())
    plain, corrected = anthropic.asked()
    assert [each["role"] for each in corrected["messages"]] == ["user", "assistant"] * 3 + ["user"]
    assert corrected["messages"][:-1] == plain["messages"][:-1]
    assert plain["messages"][-1] == {"role": "user", "content": QUESTION}
    assert corrected["messages"][-1]["content"].startswith(f"{QUESTION}\n\n")
    assert {key: each for key, each in corrected.items() if key != "messages"} == {
        key: each for key, each in plain.items() if key != "messages"
    }


def test_anthropic_caches_the_system_message_the_history_and_the_question_before_the_correction(
    anthropic: Messages, store: MemoryStore
) -> None:
    asked = [
        SystemMessage([cached("Be kind.")]),
        HumanMessage([cached("Hello")]),
        AIMessage("Good morning."),
        HumanMessage([cached(QUESTION)]),
    ]
    model = anthropic.model()
    model.invoke(asked, ann())
    with_corrections(model, store).invoke(asked, ann())
    plain, corrected = anthropic.asked()
    assert corrected["system"] == plain["system"] == [cached("Be kind.")]
    assert corrected["messages"][:-1] == plain["messages"][:-1]
    question, correction = corrected["messages"][-1]["content"]
    assert question == cached(QUESTION)
    assert correction.keys() == {"type", "text"}, "it is no end of what is cached"
    assert RIGHT in correction["text"]


def test_what_anthropic_is_asked_to_cache_by_an_argument_of_the_call_is_left_to_it(
    anthropic: Messages, store: MemoryStore
) -> None:
    with_corrections(anthropic.model(), store).invoke(talk(), ann(), cache_control=CACHED)
    with_corrections(anthropic.model().bind(cache_control=CACHED), store).invoke(talk(), ann())
    for asked in anthropic.asked():
        assert asked["cache_control"] == CACHED
        assert RIGHT in asked["messages"][-1]["content"]


def test_in_the_system_message_it_stands_after_the_block_that_anthropic_caches(
    anthropic: Messages, store: MemoryStore
) -> None:
    asked = [SystemMessage([cached("Be kind.")]), HumanMessage(QUESTION)]
    with_corrections(anthropic.model(), store, placement="system").invoke(asked, ann())
    (request,) = anthropic.asked()
    first, second = request["system"]
    assert first == cached("Be kind.")
    assert second.keys() == {"type", "text"}
    assert RIGHT in second["text"]
    assert request["messages"] == [{"role": "user", "content": QUESTION}]


def test_an_agent_that_caches_for_anthropic_caches_the_same_with_corrections(
    anthropic: Messages, store: MemoryStore
) -> None:
    caching = AnthropicPromptCachingMiddleware()
    for middleware in ([caching], [CorrectionsMiddleware(store), caching]):
        running: Any = create_agent(anthropic.model(), [days], system_prompt="Be kind.", middleware=middleware)  # pyright: ignore[reportUnknownVariableType]
        running.invoke({"messages": [HumanMessage(QUESTION)]}, ann())
    plain, after_tool, corrected, corrected_after_tool = anthropic.asked()
    for name in ("system", "tools", "cache_control"):
        assert plain[name] == corrected[name] == corrected_after_tool[name]
    assert corrected["system"][-1]["cache_control"]["type"] == "ephemeral"
    assert corrected["tools"][-1]["cache_control"]["type"] == "ephemeral"
    assert RIGHT in corrected["messages"][0]["content"]
    assert corrected_after_tool["messages"][0] == corrected["messages"][0], "the loop of tools reads what is cached"
    assert corrected_after_tool["messages"][1:] == after_tool["messages"][1:]


def test_it_goes_into_the_system_message_behind_what_an_agent_caches_where_the_caching_stands_first(
    anthropic: Messages, store: MemoryStore
) -> None:
    middleware = [AnthropicPromptCachingMiddleware(), CorrectionsMiddleware(store, placement="system")]
    running: Any = create_agent(anthropic.model(), system_prompt="Be kind.", middleware=middleware)  # pyright: ignore[reportUnknownVariableType]
    running.invoke({"messages": [HumanMessage(QUESTION)]}, ann())
    first, second = anthropic.asked()[0]["system"]
    assert (first["text"], first["cache_control"]["type"]) == ("Be kind.", "ephemeral")
    assert RIGHT in second["text"]
    assert "cache_control" not in second


ASK: dict[str, Callable[[Any, Any], Any]] = {
    "invoke": lambda chain, config: chain.invoke(QUESTION, config).text,
    "stream": lambda chain, config: "".join(chunk.text for chunk in chain.stream(QUESTION, config)),
    "stream_sync": lambda chain, config: "".join(chunk.text for chunk in stream_sync(chain, QUESTION, config) if chunk),
    "ainvoke": lambda chain, config: run_async(chain.ainvoke(QUESTION, config)).text,
}


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK.keys())
def test_both_answer_with_a_correction_and_neither_is_asked_for_a_verified_answer(
    ask: Callable[[Any, Any], Any], openai: Recorder, anthropic: Messages, store: MemoryStore
) -> None:
    for server in (openai, anthropic):
        assert ask(with_corrections(server.model(), store), ann()) == "It takes a month."
        assert RIGHT.encode() in server.bodies[-1]
    store.append(a_review("c-1"))
    for server in (openai, anthropic):
        assert ask(with_corrections(server.model(), store, verified_answers=True), ann()) == RIGHT
        assert len(server.bodies) == 1


def test_where_nothing_is_in_scope_anthropics_request_is_the_same_to_the_byte(
    anthropic: Messages, store: MemoryStore
) -> None:
    for model in (anthropic.model(), with_corrections(anthropic.model(), store)):
        model.invoke(talk("Do you sell tents?"), ann())
        list(model.stream(talk("Do you sell tents?"), ann()))
    plain, streamed, *ours = anthropic.bodies
    assert ours == [plain, streamed]


def test_the_ids_of_corrections_are_not_sent_to_anthropic_with_the_next_question(
    anthropic: Messages, store: MemoryStore
) -> None:
    chain = with_corrections(anthropic.model(), store)
    answer = chain.invoke(QUESTION, ann())
    chain.invoke([HumanMessage(QUESTION), answer, HumanMessage("Do you sell tents?")], ann())
    assert b"c-1" not in anthropic.bodies[1]
    assert RIGHT.encode() not in anthropic.bodies[1]
