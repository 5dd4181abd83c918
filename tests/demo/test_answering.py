"""An answer is kept however it ends. The model is the real local one, or a real server that is not there."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.answering import ASK_MODEL, Answering, in_flight, stop_all
from demo.knowledge_base import KnowledgeBase
from demo.models import ChatModel, open_chat_model
from demo.outcomes import Outcomes
from demo.services import Services
from demo.settings import Settings
from feedback_store import Correction, CorrectionMemory, MemoryStore, Signal, StoreError, Turn, new_id
from feedback_store.verified import VERIFIED_TAG
from tests.openai_server import recorder
from tests.records import a_correction, a_review

PATIENCE = 120
QUESTION = "What does standard delivery cost?"

MakeDesk = Callable[[Settings], Services]


def settings(model: str) -> Settings:
    return Settings.from_env(
        {"FEEDBACK_MODEL": model, "FEEDBACK_EMBEDDINGS": "none", "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}
    )


def desk_with(chat_model: ChatModel, chosen: Settings) -> Services:
    store = MemoryStore()
    knowledge = KnowledgeBase(Path("demo/knowledge"))
    return Services(chosen, store, CorrectionMemory(store), knowledge, chat_model, Outcomes(store))


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
    answering = Answering(desk, asked(index=3), [])
    answering.start()
    assert kept(desk).status == "asked"
    assert answering.wait(PATIENCE)
    turn = kept(desk)
    assert (turn.status, turn.index, turn.response, turn.displayed) == ("answered", 3, answering.text, None)
    assert turn.model
    assert turn.document_ids
    assert turn.latency_ms
    assert turn.ttft_ms
    assert turn.output_tokens
    assert turn.prompt_version == "help-desk-1"


@pytest.mark.model
def test_a_stopped_answer_is_kept_as_far_as_it_was_shown_and_the_stop_is_a_signal(desk: Services) -> None:
    answering = Answering(desk, asked("Tell me everything about returns, refunds and repairs."), [])
    answering.start()
    while len(answering.text) < 20:
        assert not answering.wait(0.01), "it ended before it could be stopped"
    answering.stop()
    assert answering.wait(PATIENCE)
    turn = kept(desk)
    assert (turn.status, turn.displayed) == ("stopped", answering.text)
    [signal] = desk.store.events(kinds=["signal"])
    assert isinstance(signal, Signal)
    assert (signal.name, signal.turn_id) == ("stop", turn.turn_id)
    assert not in_flight


@pytest.mark.model
def test_what_is_asked_next_tells_that_the_answer_before_was_not_enough(desk: Services) -> None:
    first = asked()
    reworded = asked("What is the cost of a standard delivery?")
    again = [asked(parent_turn_id=first.turn_id) for _ in range(2)]
    for turn in (first, reworded, asked("Thank you!"), *again):
        answering = Answering(desk, turn, [])
        answering.start()
        answering.stop()
        assert answering.wait(PATIENCE)
    signals = [event for event in desk.store.events(kinds=["signal"]) if isinstance(event, Signal)]
    told = [(signal.name, signal.turn_id, signal.value) for signal in signals if signal.name != "stop"]
    of_first = first.turn_id
    assert told == [("rephrase", of_first, 1), ("regenerate", of_first, 1), ("regenerate", of_first, 2)]


@pytest.mark.model
def test_the_turn_names_the_corrections_that_its_prompt_carried(desk: Services) -> None:
    correction = Correction(session_id="s", user_id="ada", question=QUESTION, guidance="Standard delivery is free.")
    desk.store.append(correction)
    answering = Answering(desk, asked(), [])
    answering.start()
    assert answering.wait(PATIENCE)
    assert kept(desk).correction_ids == (correction.event_id,)


@pytest.mark.model
def test_stopping_a_session_stops_its_answers_and_no_others(desk: Services) -> None:
    one, other = (Answering(desk, asked(f"{QUESTION} {name}", session_id=name), []) for name in ("one", "other"))
    one.start()
    other.start()
    stop_all("one")
    assert other.wait(PATIENCE)
    assert {turn.session_id: turn.status for turn in desk.store.turns()} == {"one": "stopped", "other": "answered"}


def test_an_approved_answer_is_served_without_the_model_which_is_asked_on_demand() -> None:
    with recorder() as server:
        chosen = settings(f"http://127.0.0.1:{server.server_port}/v1")
        desk = desk_with(open_chat_model(chosen), chosen)
        approved = a_correction(tenant="default", question=QUESTION, corrected="It is **free**.\n\nAlways.")
        desk.store.append([approved, a_review(approved)])
        for turn in (asked(user_id="bob"), asked(user_id="bob", tags=("regenerated", ASK_MODEL))):
            answering = Answering(desk, turn, [])
            answering.start()
            assert answering.wait(PATIENCE)
        served, generated = desk.store.turns()
        assert (served.response, served.displayed, served.status) == ("It is **free**.\n\nAlways.", None, "answered")
        assert (served.correction_ids, served.model, served.tags) == ((approved.event_id,), None, (VERIFIED_TAG,))
        assert (generated.response, generated.tags) == ("It takes a month.", ("regenerated", ASK_MODEL))
        assert generated.correction_ids == (approved.event_id,)
        assert len(server.bodies) == 1
        assert b"It is **free**." in server.bodies[0]


def test_a_server_that_is_not_there_makes_a_failed_turn_that_says_what_to_do() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen = settings(f"http://127.0.0.1:{free.getsockname()[1]}/v1")
        desk = desk_with(open_chat_model(chosen), chosen)
        answering = Answering(desk, asked(), [])
        answering.start()
        assert answering.wait(PATIENCE)
    turn = kept(desk)
    assert turn.status == "failed"
    assert "Check that it runs" in (turn.error or "")


def test_a_question_that_cannot_be_kept_is_not_answered(desk: Services) -> None:
    desk.store.close()
    with pytest.raises(StoreError):
        Answering(desk, asked(), []).start()
    assert not in_flight
