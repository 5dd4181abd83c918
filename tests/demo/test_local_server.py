"""The life of the child process: watched from the first byte, ended with the app, however that ends."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from demo.models import Failed, ModelUnavailable, Preparing, open_chat_model
from demo.models.local_server import LocalServer, LocalServerError
from demo.models.weights import QWEN_0_5B, Progress, joined
from demo.settings import Settings
from tests.demo.processes import await_end, children
from tests.demo.small_model import SMALL

ROOT = Path(__file__).parents[2]
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
