"""What a look-up knows beside the question: the conversation, and whether the turn takes part in a hold-out."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable

from feedback_store.events import Turn
from feedback_store.holdout import SHOWN, WITHHELD
from feedback_store.langchain import CorrectionRetriever, TurnTracer, feedback_config, with_corrections
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from tests.fake_model import FakeModel
from tests.own_loop import run_async
from tests.records import a_correction, a_review

EARLIER, QUESTION = "What does standard delivery of a sofa cost?", "And by express?"
ABOUT, RIGHT = "What does express delivery of a sofa cost?", "Express delivery of a sofa costs 90 euros."
PROMPT = ChatPromptTemplate.from_messages(
    [("system", "Be kind."), ("placeholder", "{history}"), ("human", "Question: {question}")]
)


def bob(**options: Any) -> Any:
    return feedback_config(user_id="bob", session_id="s1", **options)


def asked(messages: Any) -> str:
    return messages[-1].text.removeprefix("Question: ")


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    correction = a_correction(event_id="c-1", question=ABOUT, corrected=RIGHT)
    store.append([correction, a_review(correction)])
    return store


def test_a_follow_up_is_completed_by_the_question_before_it(store: MemoryStore) -> None:
    model = FakeModel()
    chain = with_corrections(PROMPT | model, store, question=asked, verified_answers=True)
    history = [HumanMessage(f"Question: {EARLIER}"), AIMessage("40 euros.")]
    chain.invoke({"question": QUESTION, "history": history}, bob())
    run_async(chain.ainvoke({"question": QUESTION, "history": history}, bob()))
    chain.invoke({"question": QUESTION, "history": []}, bob())
    assert [RIGHT in prompt[-1][1] for prompt in model.prompts] == [True, True, False]
    assert CorrectionRetriever(store).invoke(QUESTION, bob(), history=[EARLIER])[0].id == "c-1"


def test_a_tool_s_result_between_the_questions_is_no_question(store: MemoryStore) -> None:
    model = FakeModel()
    said = [HumanMessage(EARLIER), AIMessage("40 euros."), HumanMessage(QUESTION), AIMessage("Let me look.")]
    with_corrections(model, store).invoke(said, bob())
    assert RIGHT in model.prompts[0][2][1]


def turn_of(chain: Runnable[Any, Any], question: str) -> Turn:
    turns = list[Turn]()
    chain.invoke(question, bob(callbacks=[TurnTracer(turns.append)], tags=["beta"]))
    return turns[0]


@pytest.mark.parametrize(("share", "tag", "told"), [(1.0, WITHHELD, False), (1e-9, SHOWN, True)])
def test_a_turn_says_whether_corrections_were_held_back_from_it(
    store: MemoryStore, share: float, tag: str, told: bool
) -> None:
    model = FakeModel()
    turn = turn_of(with_corrections(model, CorrectionMemory(store, holdout=share), verified_answers=not told), ABOUT)
    assert turn.tags == (tag, "beta")
    assert (RIGHT in model.prompts[0][-1][1]) == told
    assert turn.correction_ids == (("c-1",) if told else ())


def test_a_turn_without_any_correction_in_scope_takes_no_part_in_it(store: MemoryStore) -> None:
    chain = with_corrections(FakeModel(), CorrectionMemory(store, holdout=1.0))
    assert turn_of(chain, "Do you sell tents?").tags == ("beta",)
