"""The local model in its child process: it streams, serves two at once, and comes back from the dead."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from langchain_core.messages import AIMessageChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from demo.models import Preparing, Ready, explain, open_chat_model
from demo.models.chat import ChatModel
from tests.demo.processes import await_end, children
from tests.demo.small_model import SMALL

STORY = "Tell a long story about a lighthouse."


@dataclass
class Running:
    """A chat model whose child process is known."""

    chat: ChatModel
    pid: int


@pytest.fixture
def small() -> Iterator[Running]:
    before = children()
    chat = open_chat_model(SMALL)
    chat.model()
    (pid,) = children() - before
    yield Running(chat, pid)
    chat.close()
    assert children() == before, "the child was not ended, or nobody waited for it"


@pytest.mark.model
def test_answers_stream_and_their_tokens_are_counted(small: Running) -> None:
    assert small.chat.state() == Ready()
    chunks = list(small.chat.model().stream("Name three colours."))
    whole = AIMessageChunk(content="")
    for chunk in chunks:
        whole += chunk
    assert len([chunk for chunk in chunks if chunk.content]) > 3
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["input_tokens"] > 5
    assert whole.usage_metadata["output_tokens"] >= len([chunk for chunk in chunks if chunk.content])


@pytest.mark.model
def test_two_people_are_answered_at_the_same_time(small: Running) -> None:
    together = threading.Barrier(2)

    def ask(_: int) -> tuple[float, float]:
        together.wait(60)
        times = [time.monotonic() for chunk in small.chat.model().stream(STORY, max_tokens=24) if chunk.content]
        return times[0], times[-1]

    with ThreadPoolExecutor(2) as pool:
        (first, first_end), (second, second_end) = pool.map(ask, range(2))
    assert max(first, second) < min(first_end, second_end), "one waited until the other was done"


@pytest.mark.model
def test_a_model_that_was_killed_while_it_answered_is_started_anew_by_the_next_question(small: Running) -> None:
    model = small.chat.model()
    stream = model.stream(STORY)
    next(stream)
    os.kill(small.pid, signal.SIGKILL)
    with pytest.raises(Exception) as cut:  # whatever class the client raises
        list(stream)
    assert "broke off" in explain(cut.value)
    await_end(small.pid)
    assert small.chat.model() is model, "a chain that holds the old model would talk to a dead port"
    assert model.invoke("Say hi.").content
    assert small.chat.state() == Ready()


@pytest.mark.model
def test_a_dead_model_is_noticed_and_leaves_no_zombie(small: Running) -> None:
    os.kill(small.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while small.chat.state() == Ready():
        assert time.monotonic() < deadline, "nobody noticed"
    assert isinstance(small.chat.state(), Preparing)
    assert small.pid not in children()


@pytest.mark.model
def test_the_server_asks_for_a_key_that_no_other_process_can_read(small: Running) -> None:
    model = small.chat.model()
    assert isinstance(model, ChatOpenAI)
    assert isinstance(model.openai_api_key, SecretStr)
    url, key = model.openai_api_base, model.openai_api_key.get_secret_value()
    assert url is not None
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(f"{url}/models").status_code == 401
    assert httpx.get(f"{url}/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    told = Path(f"/proc/{small.pid}/environ").read_bytes() + Path(f"/proc/{small.pid}/cmdline").read_bytes()
    assert key.encode() not in told


@pytest.mark.model
def test_a_conversation_that_is_too_long_is_explained(small: Running) -> None:
    with pytest.raises(Exception) as refused:  # whatever class the client raises
        small.chat.model().invoke("word " * 9000)
    assert "longer than the model can read" in explain(refused.value)
