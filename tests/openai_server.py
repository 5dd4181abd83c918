"""An OpenAI-compatible server on loopback: keeps the bytes of each request, streams at a pace, notes who left."""

import json
import re
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.serving import serving

WORDS: Final = ("It ", "takes ", "a ", "month.")


class Recorder(ThreadingHTTPServer):
    """The server with what it saw. `words` are streamed one each `pace` seconds."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []
        self.words: tuple[str, ...] = WORDS
        self.says: Callable[[str], str] | None = None
        """What it says instead, word by word, to the last message."""
        self.pace = 0.0
        self.left_after: list[float] = []
        """For each client that left in the middle of an answer: when, on the monotonic clock."""
        self.left = threading.Event()

    def model(self, **options: Any) -> ChatOpenAI:
        """Return a chat model that talks to this server."""
        given: dict[str, Any] = {
            "model": "fake",
            "temperature": 0,
            "timeout": 20,
            "max_retries": 0,
            "stream_usage": True,
        }
        return ChatOpenAI(
            base_url=f"http://127.0.0.1:{self.server_port}/v1", api_key=SecretStr("none"), **given | options
        )

    def messages(self) -> list[list[dict[str, Any]]]:
        """Return the messages of each request, or its input where it is one of the Responses API."""
        asked = [json.loads(body) for body in self.bodies]
        return [each.get("messages") or each["input"] for each in asked]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that leave are what is tested."""


@contextmanager
def recorder() -> Generator[Recorder]:
    """Serve until the context ends."""
    with serving(Recorder()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        if self.server.says:
            said = self.server.says(json.loads(body)["messages"][-1]["content"])
            self.server.words = tuple(re.findall(r"\S+\s*", said))
        try:
            if json.loads(body).get("stream"):
                self._stream()
            elif self.path.endswith("/responses"):
                self._answer("application/json", json.dumps(_response("".join(self.server.words))).encode())
            else:
                self._answer("application/json", json.dumps(_completion("".join(self.server.words))).encode())
        except OSError:
            self.server.left_after.append(time.monotonic())
            self.server.left.set()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name of the base class
        """Keep the test's output clean."""

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in self.server.words:
            self._event(_chunk({"content": word}))
            time.sleep(self.server.pace)  # the pace of a model that writes, not a wait for luck
        self._event(_chunk({}, finish="stop"))
        usage = {"prompt_tokens": 30, "completion_tokens": len(self.server.words), "total_tokens": 34}
        self._event({**_chunk({}), "choices": [], "usage": usage})
        self._send(b"data: [DONE]\n\n")
        self._send(b"")

    def _event(self, event: dict[str, Any]) -> None:
        self._send(f"data: {json.dumps(event)}\n\n".encode())

    def _send(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "/models/fake.gguf",
        "choices": [choice],
    }


def _completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "fake", "choices": [choice], "usage": usage}


def _response(text: str) -> dict[str, Any]:
    content: list[Any] = [{"type": "output_text", "text": text, "annotations": []}]
    message: dict[str, Any] = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    usage = {
        "input_tokens": 30,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 34,
    }
    return {
        "id": "r1",
        "object": "response",
        "created_at": 1,
        "model": "fake",
        "status": "completed",
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }
