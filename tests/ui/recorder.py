"""A loopback proxy before a model server: keeps the exact bytes of each prompt, and asks for the likeliest words."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

SHORT_ANSWER = 40
LONG_ANSWER = 120
"""Tokens: enough to be stopped in the middle."""


class Recorder:
    """Listens on loopback, passes all on to `upstream`, and keeps the bodies of the chat requests in `bodies`.

    No answer is longer than `longest` tokens.
    With `rereads` the server reads each prompt anew: a reused cache changes the rounding, and so now and then a word.
    """

    def __init__(self, upstream: str, *, port: int = 0) -> None:
        self.upstream = upstream
        self.bodies: list[bytes] = []
        self.longest = LONG_ANSWER
        self.rereads = False
        target = urlsplit(upstream)
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path.endswith("/chat/completions"):
                    recorder.bodies.append(body)
                    body = likeliest(body, rereads=recorder.rereads, longest=recorder.longest)
                assert target.hostname is not None
                connection = http.client.HTTPConnection(target.hostname, target.port, timeout=300)
                try:
                    changed = ("host", "content-length")
                    headers = {name: value for name, value in self.headers.items() if name.lower() not in changed}
                    connection.request("POST", self.path, body, headers)
                    answer = connection.getresponse()
                    self.send_response(answer.status)
                    self.send_header("content-type", answer.getheader("content-type", "application/json"))
                    self.send_header("connection", "close")
                    self.end_headers()
                    while piece := answer.read1(65536):
                        self.wfile.write(piece)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the app hung up: a stop
                finally:
                    connection.close()
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def last(self) -> bytes:
        return self.bodies[-1]

    def last_text(self) -> str:
        """What the last prompt asks: its last message, with whatever was put into it."""
        return str(json.loads(self.last)["messages"][-1]["content"])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def likeliest(body: bytes, *, rereads: bool, longest: int) -> bytes:
    """Ask for the likeliest words, and for no more than the test needs."""
    wanted = {"temperature": 0, "cache_prompt": not rereads, "max_tokens": longest}
    return json.dumps(json.loads(body) | wanted).encode()
