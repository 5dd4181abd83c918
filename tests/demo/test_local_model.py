"""The local model in its child process: it streams, serves two at once, comes back from the dead, leaves no orphan."""

import contextlib
import os
import select
import signal
import subprocess
import sys
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

from demo.models import Failed, ModelUnavailable, Preparing, Ready, explain, open_chat_model
from demo.models.chat import ChatModel
from demo.models.local_server import LocalServer, LocalServerError
from demo.models.weights import QWEN_0_5B, Progress, joined
from demo.settings import Settings

ROOT = Path(__file__).parents[2]
CACHE = Settings.from_env(
    {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}
).cache  # joined once, kept for later runs
SMALL = Settings.from_env({"FEEDBACK_MODEL": "local:small", "FEEDBACK_CACHE": str(CACHE)})
STORY = "Tell a long story about a lighthouse."


def children() -> set[int]:
    """The process ids of our children, dead ones that nobody has waited for included."""
    found: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended while we looked
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            found |= {int(process.name)} if int(parent) == os.getpid() else set()
    return found


def await_end(pid: int, seconds: float = 20) -> None:
    """Wait until the process has ended; a process of any parent will do."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            assert select.select([handle], [], [], seconds)[0], f"process {pid} still runs after {seconds} s"
        finally:
            os.close(handle)


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


PARENT = """
import sys
from pathlib import Path
from demo.models.local_server import LocalServer
server = LocalServer(lambda _: Path(sys.argv[1]))
server.endpoint()
print(server._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.model
def test_no_orphan_is_left_when_the_app_is_killed() -> None:
    model = joined(QWEN_0_5B, SMALL.cache)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(model)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)  # it lives
        parent.kill()
    await_end(child)


def test_a_file_that_is_no_model_is_told_from_one_that_does_not_load(tmp_path: Path) -> None:
    before = children()
    (tmp_path / "text.gguf").write_text("not a model")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(200))
    said: dict[str, str] = {}
    for name in ("absent.gguf", "text.gguf", "broken.gguf"):
        chat = open_chat_model(Settings.from_env({"FEEDBACK_MODEL": f"local:{tmp_path / name}"}))
        with pytest.raises(ModelUnavailable) as refused:
            chat.model()
        said[name] = str(refused.value)
        assert chat.state() == Failed(said[name])
        chat.close()
    assert "cannot be read (No such file or directory)" in said["absent.gguf"]
    assert "is no GGUF file" in said["text.gguf"]
    assert "does not start from broken.gguf" in said["broken.gguf"]
    assert all("FEEDBACK_MODEL" in each for each in said.values())
    assert children() == before


def test_the_way_to_the_first_answer_can_be_watched() -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def prepare(report: Progress) -> Path:
        report(5, 10)
        arrived.set()
        go_on.wait(60)
        msg = "the disk is full"
        raise LocalServerError(msg)

    server = LocalServer(prepare)
    assert server.state() == Preparing("The model is not loaded yet.")
    server.start()
    assert arrived.wait(60)
    assert server.state() == Preparing("Checking the model's weights.", 5, 10)
    go_on.set()
    with pytest.raises(LocalServerError, match="the disk is full"):
        server.endpoint()
    assert server.state() == Failed("the disk is full")
    server.close()


def test_closing_ends_a_start_that_is_under_way() -> None:
    arrived = threading.Event()
    before = children()

    def prepare(report: Progress) -> Path:
        while True:
            report(1, 10)
            arrived.set()

    server = LocalServer(prepare)
    server.start()
    assert arrived.wait(60)
    server.close()
    with pytest.raises(LocalServerError, match="was closed"):
        server.endpoint()
    assert children() == before


@pytest.mark.model
def test_closing_ends_a_child_that_is_still_loading() -> None:
    before = children()
    chat = open_chat_model(SMALL)
    deadline = time.monotonic() + 60
    while children() == before:
        assert time.monotonic() < deadline, "no child was started"
    chat.close()
    assert children() == before
    with pytest.raises(ModelUnavailable, match="was closed"):
        chat.model()
