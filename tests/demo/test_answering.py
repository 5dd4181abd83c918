"""An answer is kept however it ends. The model is the real local one, or a real server that is not there."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.answering import Answering, in_flight
from demo.knowledge_base import KnowledgeBase
from demo.models import ChatModel, open_chat_model
from demo.services import Services
from demo.settings import Settings
from feedback_store import Correction, CorrectionMemory, MemoryStore, Signal, StoreError, Turn, new_id

QUESTION = "What does standard delivery cost?"

MakeDesk = Callable[[Settings], Services]


def settings(model: str) -> Settings:
    return Settings.from_env(
        {"FEEDBACK_MODEL": model, "FEEDBACK_EMBEDDINGS": "none", "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}
    )


def desk_with(chat_model: ChatModel, chosen: Settings) -> Services:
    store = MemoryStore()
    knowledge = KnowledgeBase(Path("demo/knowledge"))
    return Services(chosen, store, CorrectionMemory(store), knowledge, chat_model)


@pytest.fixture(scope="module")
def chat_model() -> Iterator[ChatModel]:
    opened = open_chat_model(settings("local:small"))
    opened.model()
    yield opened
    opened.close()


@pytest.fixture
def desk(chat_model: ChatModel) -> Services:
    return desk_with(chat_model, settings("local:small"))


def asked(prompt: str = QUESTION, **more: object) -> Turn:
    return Turn.model_validate(
        {"session_id": "s", "user_id": "ada", "prompt": prompt, "status": "asked", "turn_id": new_id()} | more
    )


def kept(desk: Services) -> Turn:
    [turn] = desk.store.turns()
    return turn


@pytest.mark.model
def test_a_complete_answer_is_kept_with_the_facts_of_its_run(desk: Services) -> None:
    with Answering(desk, asked(index=3), []) as answering:
        assert kept(desk).status == "asked"
        texts = list(answering.pieces())
    turn = kept(desk)
    assert (turn.status, turn.index, turn.response, turn.displayed) == ("answered", 3, texts[-1], None)
    assert turn.model
    assert turn.document_ids
    assert turn.latency_ms
    assert turn.ttft_ms
    assert turn.output_tokens
    assert turn.prompt_version == "help-desk-1"


@pytest.mark.model
def test_a_stopped_answer_is_kept_as_far_as_it_was_shown_and_the_stop_is_a_signal(desk: Services) -> None:
    shown = ""
    with Answering(desk, asked("Tell me everything about returns, step by step."), []) as answering:
        for text in answering.pieces():
            shown = text
            if len(text) > 20:
                break
    turn = kept(desk)
    assert (turn.status, turn.displayed) == ("stopped", shown)
    [signal] = desk.store.events(kinds=["signal"])
    assert isinstance(signal, Signal)
    assert (signal.name, signal.turn_id) == ("stop", turn.turn_id)
    assert not in_flight


@pytest.mark.model
def test_the_turn_names_the_corrections_that_its_prompt_carried(desk: Services) -> None:
    correction = Correction(session_id="s", user_id="ada", question=QUESTION, guidance="Standard delivery is free.")
    desk.store.append(correction)
    with Answering(desk, asked(), []) as answering:
        list(answering.pieces())
    assert kept(desk).correction_ids == (correction.event_id,)


def test_a_server_that_is_not_there_makes_a_failed_turn_that_says_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen = settings(f"http://127.0.0.1:{free.getsockname()[1]}/v1")
        desk = desk_with(open_chat_model(chosen), chosen)
        with Answering(desk, asked(), []) as answering:
            list(answering.pieces())
    turn = kept(desk)
    assert turn.status == "failed"
    assert "Check that it runs" in (turn.error or "")


def test_a_question_that_cannot_be_kept_is_not_answered(desk: Services) -> None:
    desk.store.close()
    with pytest.raises(StoreError), Answering(desk, asked(), []):
        pytest.fail("it was answered")
    assert not in_flight
