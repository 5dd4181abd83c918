"""The help desk: the chain that finds sections, asks the model and lets it see the corrections."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import Runnable

from demo.chain import PROMPT_VERSION, help_desk
from demo.knowledge_base import KnowledgeBase
from demo.models import MiniLM, open_chat_model
from demo.models.chat import ChatModel
from feedback_store.events import Correction, Turn
from feedback_store.langchain import TurnTracer, feedback_config, stream_sync
from feedback_store.limits import new_id
from feedback_store.memory import MemoryStore
from tests.demo.lessons import LESSONS, UNRELATED
from tests.demo.small_model import SMALL
from tests.fake_model import FakeModel
from tests.openai_server import recorder

FOLDER = Path("demo/knowledge")


@pytest.fixture(scope="module")
def knowledge(minilm: MiniLM) -> KnowledgeBase:
    return KnowledgeBase(FOLDER, minilm)


@pytest.fixture(scope="module")
def chat() -> Iterator[ChatModel]:
    chat = open_chat_model(SMALL)
    yield chat
    chat.close()


@pytest.fixture
def store(minilm: MiniLM) -> MemoryStore:
    return MemoryStore(embeddings=minilm)


def ask(chain: Runnable[dict[str, Any], Any], question: str, history: list[Any] | None = None) -> Turn:
    """Ask as the chat page does, and return the turn that the tracer made of it."""
    turns: list[Turn] = []
    config = feedback_config(user_id="ann", session_id=new_id(), callbacks=[TurnTracer(turns.append)])
    streamed = stream_sync(chain, {"question": question, "history": history or []}, config)
    text = "".join(chunk.text for chunk in streamed if chunk is not None)
    (turn,) = turns
    assert turn.response == text
    return turn


def lessons() -> list[Correction]:
    """Return the lessons as the correction form keeps them."""
    return [
        Correction(session_id="s", user_id="ann", question=lesson.question, guidance=lesson.correction)
        for lesson in LESSONS
    ]


def test_the_prompt_has_the_sections_found_the_last_turns_and_the_question(
    knowledge: KnowledgeBase, store: MemoryStore
) -> None:
    model = FakeModel()
    history = [HumanMessage("Hello"), AIMessage("Good morning.")]
    turn = ask(help_desk(model, knowledge, store), "What does express delivery cost?", history)
    (system, *said) = model.prompts[0]
    assert "Express delivery costs 19 euros" in system[1]
    assert said == [("human", "Hello"), ("ai", "Good morning."), ("human", "What does express delivery cost?")]
    assert "express-delivery#what-it-costs" in turn.document_ids
    assert (turn.prompt_version, turn.status) == (PROMPT_VERSION, "answered")


def test_a_short_question_is_searched_with_the_one_before(knowledge: KnowledgeBase, store: MemoryStore) -> None:
    chain = help_desk(FakeModel(), knowledge, store)
    history = [HumanMessage("How much does assembly cost?"), AIMessage("49 euros.")]
    assert "assembly-service#what-it-costs" in ask(chain, "And for a kitchen?", history).document_ids
    assert "assembly-service#what-it-costs" not in ask(chain, "How do I choose a new password?", history).document_ids


def test_braces_in_a_question_or_a_correction_are_only_braces(knowledge: KnowledgeBase, store: MemoryStore) -> None:
    model = FakeModel()
    question = "What is {documents} for?"
    store.append(Correction(session_id="s", user_id="ann", question=question, corrected="{question} {x} 100% {"))
    ask(help_desk(model, knowledge, store), question)
    assert question in model.prompts[0][-1][1]
    assert "{question} {x} 100% {" in model.prompts[0][-1][1]


def test_each_lesson_is_recalled_for_its_paraphrase_and_nothing_for_the_unrelated_questions(
    knowledge: KnowledgeBase, store: MemoryStore
) -> None:
    chain = help_desk(FakeModel(), knowledge, store)
    corrections = lessons()
    store.append(corrections)
    for lesson, correction in zip(LESSONS, corrections, strict=True):
        assert ask(chain, lesson.question).correction_ids == (correction.event_id,)
        assert ask(chain, lesson.paraphrase).correction_ids == (correction.event_id,)
    for question in UNRELATED:
        assert ask(chain, question).correction_ids == (), question


def test_the_requests_of_unrelated_questions_are_the_same_to_the_byte_with_all_lessons_stored(
    knowledge: KnowledgeBase, store: MemoryStore
) -> None:
    with recorder() as server:
        chain = help_desk(server.model(), knowledge, store)
        for question in UNRELATED:
            ask(chain, question)
        store.append(lessons())
        for question in UNRELATED:
            ask(chain, question)
        assert server.bodies[: len(UNRELATED)] == server.bodies[len(UNRELATED) :]


@pytest.mark.model
@pytest.mark.slow  # `ui/test_loop.py` teaches it five of them
def test_the_small_model_learns_every_lesson(chat: ChatModel, knowledge: KnowledgeBase, store: MemoryStore) -> None:
    chain = help_desk(chat.model(), knowledge, store)
    for lesson in LESSONS:
        answer = ask(chain, lesson.question).response
        assert re.search(lesson.wrong, answer), f"{lesson.question} {answer}"
    store.append(lessons())
    for lesson in LESSONS:
        turn = ask(chain, lesson.paraphrase)
        assert re.search(lesson.right, turn.response), f"{lesson.paraphrase} {turn.response}"
        assert turn.input_tokens is not None
        assert turn.input_tokens < 600
