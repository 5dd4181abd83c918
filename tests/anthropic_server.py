"""A server on loopback that speaks Anthropic's Messages API: keeps each request, and calls the tool given."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from langchain_anthropic import ChatAnthropic
from pydantic import SecretStr

from tests.serving import serving


class Messages(ThreadingHTTPServer):
    """The server with the requests that it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []

    def model(self, **options: Any) -> ChatAnthropic:
        """Return a chat model that talks to this server."""
        url = f"http://127.0.0.1:{self.server_port}"
        return ChatAnthropic(
            model_name="claude-fake",
            base_url=url,
            api_key=SecretStr("none"),
            timeout=20,
            max_retries=0,
            stop=None,
            max_tokens_to_sample=100,
            **options,
        )

    def asked(self) -> list[dict[str, Any]]:
        """Return the requests."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def messages_server() -> Generator[Messages]:
    """Serve until the context ends."""
    with serving(Messages()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Messages  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        asked = json.loads(body)
        if asked.get("stream"):
            events = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in _events())
            self._answer("text/event-stream", events.encode())
        else:
            self._answer("application/json", json.dumps(_message(_content(asked))).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name of the base class
        """Keep the test's output clean."""

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _content(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Call the first tool, and once it has answered, answer."""
    last: Any = asked["messages"][-1]["content"]
    answered = not isinstance(last, str) and any(block["type"] == "tool_result" for block in last)
    if asked.get("tools") and not answered:
        return [{"type": "tool_use", "id": "t1", "name": asked["tools"][0]["name"], "input": {"what": "refunds"}}]
    return [{"type": "text", "text": "It takes a month."}]


def _message(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "claude-fake",
        "content": content,
        "stop_reason": "tool_use" if content and content[0]["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 30, "output_tokens": 4},
    }


def _events() -> Generator[dict[str, Any]]:
    yield {"type": "message_start", "message": _message([]) | {"stop_reason": None}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for word in ("It ", "takes ", "a ", "month."):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 4},
    }
    yield {"type": "message_stop"}
