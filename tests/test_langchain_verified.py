"""An approved answer in the place of the model's: in every way of calling a chain, and said on the answer."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]  # its state is not typed
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.output_parsers import JsonOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, Runnable, RunnableLambda, RunnableParallel, RunnablePassthrough
from pydantic import BaseModel

from feedback_store.asked_alike import Likeness
from feedback_store.events import Turn
from feedback_store.gate import Judged
from feedback_store.langchain import TurnTracer, feedback_config, stream_sync, with_corrections
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.store import Candidate
from feedback_store.verified import VERIFIED_TAG
from tests.fake_model import FakeModel
from tests.own_loop import run_async
from tests.records import a_correction, a_review

QUESTION = "How long do refunds take?"
RIGHT = "Refunds take **ten** days.\n\n- Cards: the same day."
PROMPT = ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{question}")])
Chain = Runnable[Any, Any]


def bob(**options: Any) -> Any:
    return feedback_config(user_id="bob", session_id="s1", **options)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    correction = a_correction(event_id="c-1", question=QUESTION, corrected=RIGHT)
    store.append([correction, a_review(correction)])
    return store


class OpenGate:
    """Lets everything through, so that more than one correction is found."""

    def judge(self, question: str, candidates: Sequence[Candidate], likeness: Likeness | None = None) -> list[Judged]:
        return [Judged(candidate, 1.0, in_scope=True) for candidate in candidates]


def text(answer: Any) -> str:
    return answer if isinstance(answer, str) else answer.text


async def every_way(chain: Chain, given: Any, config: Any) -> list[str]:
    """Call the chain in each of the ways that LangChain has."""
    return [
        text(chain.invoke(given, config)),
        "".join(text(chunk) for chunk in chain.stream(given, config)),
        text(chain.batch([given], [config])[0]),
        text(await chain.ainvoke(given, config)),
        "".join([text(chunk) async for chunk in chain.astream(given, config)]),
        text((await chain.abatch([given], [config]))[0]),
    ]


SERVED: dict[str, Callable[[FakeModel], Chain]] = {
    "prompt | model": lambda model: PROMPT | model,
    "prompt | model | parser": lambda model: PROMPT | model | StrOutputParser(),
    "bound": lambda model: PROMPT | model.bind(stop=["x"]) | StrOutputParser(),
    "retried": lambda model: PROMPT | model.with_retry(),
    "with fallbacks": lambda model: PROMPT | FakeModel(says=ValueError("down")).with_fallbacks([model]),
    "configurable": lambda model: (
        PROMPT | model.configurable_alternatives(ConfigurableField(id="which"), default_key="a")
    ),
    "the last of two": lambda model: (
        ChatPromptTemplate.from_template("In English, please: {question}")
        | FakeModel(says=QUESTION)
        | StrOutputParser()
        | RunnableLambda[str, Any](lambda said: [HumanMessage(said)])
        | model
    ),
}


@pytest.mark.parametrize("shape", SERVED.values(), ids=SERVED.keys())
def test_the_approved_answer_is_served_in_every_form_of_chain_and_every_way_of_calling_it(
    shape: Callable[[FakeModel], Chain], store: MemoryStore
) -> None:
    model = FakeModel()
    chain = with_corrections(shape(model), store, verified_answers=True)
    assert run_async(every_way(chain, {"question": QUESTION}, bob())) == [RIGHT] * 6
    assert model.prompts == [], "the model was asked"


def test_a_model_serves_it_whatever_form_its_input_has(store: MemoryStore) -> None:
    model = FakeModel()
    chain = with_corrections(model, store, verified_answers=True)
    for given in (QUESTION, [("human", QUESTION)], [HumanMessage(QUESTION)], PROMPT.invoke({"question": QUESTION})):
        assert run_async(every_way(chain, given, bob())) == [RIGHT] * 6
    assert model.prompts == []


def test_without_the_option_it_is_told_to_the_model_as_every_correction_is(store: MemoryStore) -> None:
    model = FakeModel()
    answer = with_corrections(PROMPT | model, store).invoke({"question": QUESTION}, bob())
    assert "Refunds take **ten** days." in model.prompts[0][-1][1]
    assert (answer.text, answer.response_metadata) == ("It takes a month.", {"corrections": ["c-1"]})


def test_the_answer_says_that_it_is_verified_and_a_stream_says_so_before_the_first_word(store: MemoryStore) -> None:
    chain = with_corrections(PROMPT | FakeModel(), store, verified_answers=True)
    told = {"corrections": ["c-1"], "verified": "c-1"}
    answer = chain.invoke({"question": QUESTION}, bob())
    assert type(answer) is AIMessage
    assert answer.response_metadata == told
    chunks: list[Any] = list(chain.stream({"question": QUESTION}, bob()))
    assert (chunks[0].text, chunks[0].response_metadata) == ("", told)
    assert len(chunks) == 10, "one that says so, and one for each word"
    whole = AIMessageChunk(content="")
    for chunk in chunks:
        whole += chunk
    assert (whole.text, whole.response_metadata) == (RIGHT, told)


def test_who_asks_the_model_instead_gets_its_answer_with_the_correction_in_its_prompt(store: MemoryStore) -> None:
    model = FakeModel()
    chain = with_corrections(PROMPT | model, store, verified_answers=True)
    for config in (bob(verified_answers=False), {"configurable": bob()["configurable"] | {"verified_answers": False}}):
        answers = run_async(every_way(chain, {"question": QUESTION}, config))
        assert answers == ["It takes a month."] * 6
    assert all("ten** days" in prompt[-1][1] for prompt in model.prompts)


def test_a_withdrawal_and_a_correction_of_ones_own_end_it_with_the_next_question(store: MemoryStore) -> None:
    model = FakeModel()
    chain = with_corrections(PROMPT | model, store, verified_answers=True)
    own = a_correction(user_id="bob", question=QUESTION, corrected="Nine days.")
    store.append(own)
    assert chain.invoke({"question": QUESTION}, bob()).text == "It takes a month."
    assert "Nine days." in model.prompts[0][-1][1]
    store.append(a_review(own, verdict="withdraw", by="author", user_id="bob"))
    assert chain.invoke({"question": QUESTION}, bob()).text == RIGHT
    store.append(a_review("c-1", verdict="withdraw"))
    assert chain.invoke({"question": QUESTION}, bob()).text == "It takes a month."
    assert model.prompts[1][-1][1] == QUESTION


def test_nobody_of_another_tenant_and_nobody_unknown_is_served(store: MemoryStore) -> None:
    chain = with_corrections(PROMPT | FakeModel(), store, verified_answers=True)
    for config in (None, feedback_config(user_id="bob", tenant="other", session_id="s1")):
        assert chain.invoke({"question": QUESTION}, config).text == "It takes a month."


CONVERSATIONS: dict[str, list[Any]] = {
    "a picture beside it": [
        HumanMessage([{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {"url": "data:,"}}])
    ],
    "a tool has answered": [HumanMessage(QUESTION), AIMessage(""), ToolMessage("3", tool_call_id="1")],
    "wrapped by the app": [HumanMessage(f"Documents: none. Question: {QUESTION}")],
}


@pytest.mark.parametrize("messages", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_where_more_than_the_question_was_asked_the_model_answers(messages: list[Any], store: MemoryStore) -> None:
    chain = with_corrections(FakeModel(), store, verified_answers=True)
    assert chain.invoke(messages, bob()).text == "It takes a month."


def test_a_question_that_goes_on_from_the_conversation_is_answered_by_the_model() -> None:
    store, question = MemoryStore(), "Express delivery?"
    correction = a_correction(question=question, corrected="9 euros.")
    store.append([correction, a_review(correction)])
    chain = with_corrections(FakeModel(), store, verified_answers=True)
    assert chain.invoke(question, bob()).text == "9 euros."
    said = [HumanMessage("What about books?"), AIMessage("Yes."), HumanMessage(question)]
    assert chain.invoke(said, bob()).text == "It takes a month."


class Days(BaseModel):
    """How many days."""

    days: int = 0


def as_days(model: FakeModel) -> Chain:
    return PROMPT | model.bind(response_format=Days) | JsonOutputParser(pydantic_object=Days)


MODELS_THAT_WRITE_NO_TEXT: dict[str, Callable[[FakeModel], Chain]] = {
    "with tools": lambda model: PROMPT | model.bind_tools([Days]),
    "with a schema": as_days,
    "parsed as JSON": lambda model: PROMPT | model | JsonOutputParser(),
    "parsed as JSON in a nested chain": lambda model: PROMPT | (model | JsonOutputParser()).with_retry(),
    "the first of two": lambda model: (
        PROMPT
        | model
        | StrOutputParser()
        | RunnableLambda[str, Any](lambda said: [HumanMessage("Else?")])
        | FakeModel()
    ),
    "two side by side": lambda model: PROMPT | RunnableParallel[Any](answer=model, title=FakeModel()),
}


@pytest.mark.parametrize("shape", MODELS_THAT_WRITE_NO_TEXT.values(), ids=MODELS_THAT_WRITE_NO_TEXT.keys())
def test_a_model_whose_answer_is_no_text_for_the_person_is_always_asked(
    shape: Callable[[FakeModel], Chain], store: MemoryStore
) -> None:
    model = FakeModel(says='{"days": 10}')
    with_corrections(shape(model), store, verified_answers=True).invoke({"question": QUESTION}, bob())
    assert len(model.prompts) == 1
    assert "ten** days" in model.prompts[0][-1][1]


def test_tools_and_schemas_given_to_the_wrapped_model_or_with_the_call_ask_it_too(store: MemoryStore) -> None:
    model = FakeModel()
    wrapped = with_corrections(model, store, verified_answers=True)
    wrapped.bind_tools([Days]).invoke(QUESTION, bob())
    wrapped.with_structured_output(Days, include_raw=True).invoke(QUESTION, bob())
    wrapped.invoke(QUESTION, bob(), response_format=Days)
    assert len(model.prompts) == 3


def test_an_answer_beside_its_sources_is_served(store: MemoryStore) -> None:
    model = FakeModel()
    chain = RunnablePassthrough.assign(answer=PROMPT | model | StrOutputParser())
    answer = with_corrections(chain, store, verified_answers=True).invoke({"question": QUESTION, "sources": []}, bob())
    assert answer == {"question": QUESTION, "sources": [], "answer": RIGHT}
    assert model.prompts == []


def test_an_agent_without_tools_serves_it_and_keeps_it_as_its_answer(store: MemoryStore) -> None:
    model = FakeModel()
    agent: Any = create_agent(with_corrections(model, store, verified_answers=True))  # pyright: ignore[reportUnknownVariableType]
    state = agent.invoke({"messages": [HumanMessage(QUESTION)]}, bob())
    assert [message.text for message in state["messages"]] == [QUESTION, RIGHT]
    assert model.prompts == []


@pytest.mark.parametrize("parsed", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_the_turn_names_the_correction_and_no_model(store: MemoryStore, parsed: bool, streamed: bool) -> None:
    beside = a_correction(question="Do you sell tents?", corrected="Yes, tents.")
    store.append([beside, a_review(beside)])
    turns = list[Turn]()
    chain: Any = PROMPT | FakeModel() | StrOutputParser() if parsed else PROMPT | FakeModel()
    chain = with_corrections(chain, CorrectionMemory(store, gate=OpenGate()), verified_answers=True)
    config = bob(callbacks=[TurnTracer(turns.append)], tags=["beta"])
    if streamed:
        list(stream_sync(chain, {"question": QUESTION}, config))
    else:
        chain.invoke({"question": QUESTION}, config)
    (turn,) = turns
    assert (turn.prompt, turn.response, turn.status) == (QUESTION, RIGHT, "answered")
    assert (turn.correction_ids, turn.model, turn.tags) == (("c-1",), None, (VERIFIED_TAG, "beta"))
    assert turn.input_tokens is None


def test_what_nobody_can_see_is_not_served() -> None:
    store = MemoryStore()
    correction = a_correction(question=QUESTION, corrected="Ten\u202e days.\u200b\n\nNo {braces} are <b>lost</b>.")
    store.append([correction, a_review(correction)])
    chain = with_corrections(FakeModel(), store, verified_answers=True)
    assert chain.invoke(QUESTION, bob()).text == "Ten days.\n\nNo {braces} are <b>lost</b>."
