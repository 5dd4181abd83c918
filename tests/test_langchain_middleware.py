"""An agent of `create_agent` sees the corrections in its requests alone, in every way of running it."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]  # its state is not typed
from langchain.agents.middleware import ModelCallLimitMiddleware, ModelRetryMiddleware
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, Field

from feedback_store.events import Turn
from feedback_store.langchain import TurnTracer, feedback_config, with_corrections
from feedback_store.langchain.middleware import CorrectionsMiddleware
from feedback_store.memory import MemoryStore
from feedback_store.verified import VERIFIED_TAG
from tests.fake_model import FakeModel
from tests.own_loop import run_async
from tests.records import a_correction, a_review

ROOT = Path(__file__).parent.parent
QUESTION = "How long do refunds take?"
RIGHT = "Refunds take ten days."
ASKED = {"messages": [HumanMessage(QUESTION)]}


class ToolUser(FakeModel):
    """Calls the tool `call` first, where it is bound, and answers with what `says` after the tool has."""

    call: Any = Field(default={"name": "days", "args": {"what": "refunds"}})

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        answer = self._answer(messages)
        calls = [{**self.call, "id": "1", "type": "tool_call"}] if messages[-1].type != "tool" else []
        message = AIMessage("", tool_calls=calls) if calls else AIMessage(answer)
        return ChatResult(generations=[ChatGeneration(message=message)])

    _stream = BaseChatModel._stream  # pyright: ignore[reportAssignmentType, reportPrivateUsage]


@tool
def days(what: str) -> str:
    """Look up how many days something takes."""
    return f"{what}: 3"


def agent(
    model: BaseChatModel,
    store: MemoryStore,
    *before: Any,
    tools: Any = (),
    options: Any = MappingProxyType({}),
    **more: Any,
) -> Any:
    ours = CorrectionsMiddleware(store, **options)
    return create_agent(model, list(tools), middleware=[*before, ours], **more)  # pyright: ignore[reportUnknownVariableType]


def ann(**options: Any) -> Any:
    return feedback_config(user_id="ann", session_id="s1", **options)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.append(a_correction(event_id="c-1", question=QUESTION, corrected=RIGHT))
    return store


async def every_way(running: Any, given: Any, config: Any) -> list[Any]:
    """Run the agent in each of its ways; returns the states in which it ended."""
    return [
        running.invoke(given, config),
        list(running.stream(given, config, stream_mode="values"))[-1],
        running.batch([given], [config])[0],
        await running.ainvoke(given, config),
        [state async for state in running.astream(given, config, stream_mode="values")][-1],
        (await running.abatch([given], [config]))[0],
    ]


def test_the_model_sees_the_correction_and_the_state_does_not_in_every_way_of_running(store: MemoryStore) -> None:
    model = FakeModel()
    for state in run_async(every_way(agent(model, store, system_prompt="Be kind."), ASKED, ann())):
        assert [message.text for message in state["messages"]] == [QUESTION, "It takes a month."]
        assert state["messages"][-1].response_metadata["corrections"] == ["c-1"]
    assert len(model.prompts) == 6
    for system, human in model.prompts:
        assert system == ("system", "Be kind.")
        assert human[1].startswith(f"{QUESTION}\n\n")
        assert RIGHT in human[1]


def test_where_nothing_is_in_scope_the_model_receives_what_it_receives_without_it(store: MemoryStore) -> None:
    plain, ours = FakeModel(), FakeModel()
    given = {"messages": [HumanMessage("Do you sell tents?", id="m1")]}
    without: Any = create_agent(plain, system_prompt="Be kind.")  # pyright: ignore[reportUnknownVariableType]
    without.invoke(given, ann())
    state = agent(ours, store, system_prompt="Be kind.").invoke(given, ann())
    assert [message.model_dump() for message in ours.asked[0]] == [message.model_dump() for message in plain.asked[0]]
    assert "corrections" not in state["messages"][-1].response_metadata


def test_in_a_loop_of_tools_each_request_carries_it_after_the_question(store: MemoryStore) -> None:
    model = ToolUser()
    state = agent(model, store, tools=[days]).invoke(ASKED, ann())
    first, second = model.prompts
    assert first[0][1] == second[0][1]
    assert RIGHT in first[0][1]
    assert [kind for kind, _ in second] == ["human", "ai", "tool"]
    assert [message.text for message in state["messages"]] == [QUESTION, "", "refunds: 3", "It takes a month."]
    said = [each.response_metadata.get("corrections") for each in state["messages"] if isinstance(each, AIMessage)]
    assert said == [["c-1"], ["c-1"]]


class Days(BaseModel):
    """How many days."""

    days: int


def test_structured_output_is_asked_for_with_the_correction(store: MemoryStore) -> None:
    model = ToolUser(call={"name": "Days", "args": {"days": 10}})
    state = agent(model, store, response_format=ToolStrategy(Days), options={"verified_answers": True}).invoke(
        ASKED, ann()
    )
    assert state["structured_response"] == Days(days=10)
    assert RIGHT in model.prompts[0][0][1]


def test_structured_output_of_the_provider_is_asked_for_with_the_correction(store: MemoryStore) -> None:
    model = FakeModel(says='{"days": 10}')
    state = agent(model, store, response_format=ProviderStrategy(Days)).invoke(ASKED, ann())
    assert state["structured_response"] == Days(days=10)
    assert RIGHT in model.prompts[0][0][1]


def test_a_model_that_has_corrections_already_is_refused(store: MemoryStore) -> None:
    running = agent(with_corrections(FakeModel(), store), store)
    with pytest.raises(TypeError, match="either with_corrections or this middleware"):
        running.invoke(ASKED, ann())


def test_a_checkpoint_holds_the_questions_as_they_were_asked_and_the_next_turn_starts_clean(store: MemoryStore) -> None:
    model, saver = FakeModel(), InMemorySaver()
    running = agent(model, store, checkpointer=saver)
    for question in (QUESTION, "Do you sell tents?", QUESTION):
        config = ann()
        config["configurable"]["thread_id"] = "t1"
        running.invoke({"messages": [HumanMessage(question)]}, config)
    assert [RIGHT in str(prompt) for prompt in model.prompts] == [True, False, True]
    assert [kind for kind, _ in model.prompts[-1]] == ["human", "ai"] * 2 + ["human"]
    assert RIGHT not in model.prompts[-1][0][1]
    kept = [str(each.checkpoint) + str(each.pending_writes) for each in saver.list(None)]
    assert len(kept) > 3
    assert not any(RIGHT in each for each in kept)
    assert any("c-1" in each for each in kept), "the answer names what it used"


@dataclass
class Who:
    user_id: str
    tenant: str = "default"


IDENTITIES: dict[str, tuple[Any, Any, bool]] = {
    "in the config": (ann(), None, True),
    "in the context": ({}, Who("ann"), True),
    "in a mapping as context": ({}, {"user_id": "ann", "tenant": "default"}, True),
    "another's context goes before the config": (ann(), Who("bob"), False),
    "of another tenant": ({}, Who("ann", "other"), False),
    "none at all": ({}, None, False),
    "unreadable": ({}, {"user_id": 7, "tenant": "default"}, False),
}


@pytest.mark.parametrize(("config", "context", "sees"), IDENTITIES.values(), ids=IDENTITIES.keys())
def test_whose_question_it_is_decides_what_is_seen(config: Any, context: Any, sees: bool, store: MemoryStore) -> None:
    model = FakeModel()
    running = agent(model, store, context_schema=dict if isinstance(context, dict) else Who)
    running.invoke(ASKED, config, context=context)
    run_async(running.ainvoke(ASKED, config, context=context))
    assert [RIGHT in prompt[0][1] for prompt in model.prompts] == [sees] * 2


def test_a_correction_made_between_two_runs_is_seen_by_the_second() -> None:
    store, model = MemoryStore(), FakeModel()
    running = agent(model, store)
    running.invoke(ASKED, ann())
    store.append(a_correction(question=QUESTION, corrected=RIGHT))
    running.invoke(ASKED, ann())
    assert [RIGHT in prompt[0][1] for prompt in model.prompts] == [False, True]


def test_a_stream_has_the_words_one_by_one_and_names_the_corrections_before_them(store: MemoryStore) -> None:
    running = agent(FakeModel(), store)
    seen: list[Any] = list(running.stream(ASKED, ann(), stream_mode=["custom", "messages"]))
    assert seen[0] == ("custom", {"corrections": ["c-1"]})
    words = [data[0].text for mode, data in seen if mode == "messages" and isinstance(data[0], AIMessageChunk)]
    assert [word for word in words if word] == ["It", " takes", " a", " month."]

    async def stream() -> list[Any]:
        return [each async for each in running.astream(ASKED, ann(), stream_mode=["custom", "messages"])]

    assert [mode for mode, _ in run_async(stream())] == [mode for mode, _ in seen]


def test_a_store_that_fails_does_not_cost_the_answer(store: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    store.close()
    state = agent(FakeModel(), store).invoke(ASKED, ann())
    assert state["messages"][-1].text == "It takes a month."
    assert "could not be recalled" in caplog.text


def test_it_works_beside_other_middleware_before_and_after_it(store: MemoryStore) -> None:
    def says(messages: list[BaseMessage]) -> str:
        if len(model.asked) == 1:
            msg = "busy"
            raise ValueError(msg)
        return "It takes a month."

    model = FakeModel(says=says)
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    state = agent(model, store, ModelCallLimitMiddleware(run_limit=3), retry).invoke(ASKED, ann())
    assert state["messages"][-1].text == "It takes a month."
    assert [RIGHT in prompt[0][1] for prompt in model.prompts] == [True, True]
    model.asked.clear()
    after: Any = create_agent(model, middleware=[CorrectionsMiddleware(store), retry])  # pyright: ignore[reportUnknownVariableType]
    after.invoke(ASKED, ann())
    assert [RIGHT in prompt[0][1] for prompt in model.prompts] == [True, True]


def test_two_in_one_agent_bear_names_of_their_own(store: MemoryStore) -> None:
    model, other = FakeModel(), MemoryStore()
    other.append(a_correction(question=QUESTION, corrected="Call us first."))
    both = [CorrectionsMiddleware(store), CorrectionsMiddleware(other, name="HouseRules")]
    running: Any = create_agent(model, middleware=both)  # pyright: ignore[reportUnknownVariableType]
    state = running.invoke(ASKED, ann())
    assert RIGHT in model.prompts[0][0][1]
    assert "Call us first." in model.prompts[0][0][1]
    assert len(state["messages"][-1].response_metadata["corrections"]) == 2


def test_in_the_system_message_it_stands_after_the_blocks_that_are_cached(store: MemoryStore) -> None:
    cached = {"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}
    model = FakeModel()
    options = {"placement": "system"}
    agent(model, store, system_prompt=SystemMessage([cached]), options=options).invoke(ASKED, ann())
    agent(model, store, options=options).invoke(ASKED, ann())
    (system, human), (made, _) = model.prompts
    assert system[1][0] == cached
    assert RIGHT in system[1][1]["text"]
    assert human == ("human", QUESTION)
    assert made[0] == "system"
    assert RIGHT in made[1]


def test_the_turn_of_an_agent_names_the_correction_once(store: MemoryStore) -> None:
    turns = list[Turn]()
    agent(ToolUser(), store, tools=[days]).invoke(ASKED, ann(callbacks=[TurnTracer(turns.append)]))
    (turn,) = turns
    assert (turn.prompt, turn.response, turn.correction_ids) == (QUESTION, "It takes a month.", ("c-1",))


def test_a_verified_answer_is_the_agents_answer_before_any_tool_is_called(store: MemoryStore) -> None:
    store.append(a_review("c-1"))
    model = ToolUser()
    turns = list[Turn]()
    running = agent(model, store, tools=[days], options={"verified_answers": True})
    for state in run_async(every_way(running, ASKED, feedback_config(user_id="bob", session_id="s1"))):
        assert [message.text for message in state["messages"]] == [QUESTION, RIGHT]
        assert state["messages"][-1].response_metadata == {"corrections": ["c-1"], "verified": "c-1"}
    assert model.prompts == []
    running.invoke(ASKED, ann(callbacks=[TurnTracer(turns.append)]))
    assert (turns[0].response, turns[0].correction_ids, turns[0].tags) == (RIGHT, ("c-1",), (VERIFIED_TAG,))
    asked = running.invoke(ASKED, ann(verified_answers=False))
    assert asked["messages"][-1].text == "It takes a month."
    assert RIGHT in model.prompts[0][0][1]


def test_without_langchain_the_import_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['langchain'] = None\n"
        "import feedback_store.langchain\n"
        "try:\n    import feedback_store.langchain.middleware\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pip install 'feedback-widgets[agents]'" in done.stdout
