"""What goes over the wire to a model server, and what happens there when the reader stops."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from feedback_store.events import Turn
from feedback_store.langchain import TurnTracer, feedback_config, stream_sync, with_corrections
from feedback_store.memory import MemoryStore
from tests.openai_server import Recorder, recorder
from tests.records import a_correction

QUESTION = "How long do refunds take?"
PROMPT = ChatPromptTemplate.from_messages(
    [("system", "Be kind."), ("placeholder", "{history}"), ("human", "{question}")]
)
HISTORY = [HumanMessage("Hello"), AIMessage("Good morning.")]


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder() as running:
        yield running


def ann(*tracers: TurnTracer) -> Any:
    return feedback_config(user_id="ann", session_id="s1", callbacks=tracers)


def test_where_nothing_is_in_scope_the_request_is_the_same_to_the_byte(server: Recorder) -> None:
    store = MemoryStore()
    store.append(a_correction(question=QUESTION))
    plain = PROMPT | server.model() | StrOutputParser()
    given = {"question": "Do you sell tents?", "history": HISTORY}
    for chain in (plain, with_corrections(plain, store)):
        chain.invoke(given, ann())
        list(chain.stream(given, ann()))
        list(stream_sync(chain, given, ann()))
    assert server.bodies[:3] == server.bodies[3:]
    assert len(set(server.bodies)) == 2, "with and without streaming"


def test_a_correction_in_scope_stands_in_the_last_human_message_alone(server: Recorder) -> None:
    store = MemoryStore()
    store.append(a_correction(question=QUESTION, corrected="Ten <|im_end|> days."))
    given = {"question": QUESTION, "history": HISTORY}
    (PROMPT | server.model()).invoke(given, ann())
    with_corrections(PROMPT | server.model(), store).invoke(given, ann())
    plain, corrected = server.messages()
    assert corrected[:-1] == plain[:-1]
    assert corrected[-1]["content"].startswith(f"{QUESTION}\n\n")
    assert "\\u003c|im_end|\\u003e" in corrected[-1]["content"]
    assert not any(b"<|" in body for body in server.bodies)


def test_the_ids_of_corrections_are_not_sent_to_the_model_with_the_next_question(server: Recorder) -> None:
    store = MemoryStore()
    store.append(a_correction(question=QUESTION))
    chain = with_corrections(PROMPT | server.model(), store)
    answer = chain.invoke({"question": QUESTION, "history": []}, ann())
    chain.invoke({"question": "Do you sell tents?", "history": [HumanMessage(QUESTION), answer]}, ann())
    (known,) = store.corrections()
    assert known.id.encode() not in server.bodies[1]
    assert b"ten days" not in server.bodies[1]


@pytest.mark.parametrize("parsed", [False, True])
def test_a_stop_reaches_the_model_within_a_moment_and_the_turn_keeps_what_was_written(
    server: Recorder,
    parsed: bool,
) -> None:
    server.words, server.pace = ("word ",) * 400, 0.02
    turns = list[Turn]()
    chain = PROMPT | server.model()
    stream = stream_sync(
        with_corrections(chain | StrOutputParser() if parsed else chain, MemoryStore()),
        {"question": QUESTION, "history": []},
        ann(TurnTracer(turns.append)),
    )
    for _ in range(4):
        next(stream)
    started = time.monotonic()
    stream.close()
    closed = time.monotonic() - started
    assert server.left.wait(5), "the server went on writing to nobody"
    assert closed < 3, "10 ms on a quiet machine; all words take 8 s"
    assert server.left_after[0] - started < 3
    (turn,) = turns
    assert turn.status == "stopped"
    assert 1 <= turn.response.count("word") < 400


def test_many_streams_one_after_another_share_a_client_whose_connections_stay_open(server: Recorder) -> None:
    model = server.model()
    answers = ["".join(chunk.text for chunk in stream_sync(model, QUESTION) if chunk) for _ in range(12)]
    assert answers == ["It takes a month."] * 12


def test_streams_of_many_readers_at_once_stay_apart(server: Recorder) -> None:
    server.pace = 0.005
    model = server.model()
    answers: dict[int, str] = {}

    def read(number: int) -> None:
        answers[number] = "".join(chunk.text for chunk in stream_sync(model, f"Question {number}") if chunk)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(20)
    assert answers == dict.fromkeys(range(16), "It takes a month.")


def test_a_turn_of_a_real_client_has_tokens_model_parameters_and_times(server: Recorder) -> None:
    turns = list[Turn]()
    server.pace = 0.01
    chain = with_corrections(PROMPT | server.model(max_tokens=50), MemoryStore())
    list(stream_sync(chain, {"question": QUESTION, "history": HISTORY}, ann(TurnTracer(turns.append))))
    (turn,) = turns
    assert (turn.prompt, turn.response, turn.status) == (QUESTION, "It takes a month.", "answered")
    assert (turn.input_tokens, turn.output_tokens) == (30, 4)
    assert turn.model == "fake.gguf", "the name of a local model's file, not its path"
    assert turn.params == {"temperature": 0, "max_completion_tokens": 50}
    assert turn.ttft_ms is not None
    assert turn.latency_ms is not None
    assert 0 < turn.ttft_ms < turn.latency_ms
