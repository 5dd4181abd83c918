"""A loopback stand-in for Google's and Azure's storages, for which no light server exists: puts and deletes of keys."""

from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tests.serving import serving

CONDITIONS: Final = {"x-goog-if-generation-match": ("0", 412), "if-none-match": ("*", 409)}
"""The header by which Google and Azure are asked to create only, its value, and the status when the key is there."""


class PutServer(ThreadingHTTPServer):
    """The server with the keys it has and the requests it got. `forgetful` makes it pass over conditions."""

    daemon_threads = True

    def __init__(self, *, forgetful: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forgetful = forgetful
        self.keys: set[str] = set()
        self.requests: list[tuple[str, str]] = []
        """Of each request the method and who signed it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def put_server(*, forgetful: bool = False) -> Generator[PutServer]:
    """Serve until the context ends."""
    with serving(PutServer(forgetful=forgetful)) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PutServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_PUT(self) -> None:
        self._note()
        self.rfile.read(int(self.headers["Content-Length"]))
        for header, (value, status) in CONDITIONS.items():
            if self.headers.get(header) == value and self.path in self.server.keys and not self.server.forgetful:
                self._answer(status)
                return
        self.server.keys.add(self.path)
        self._answer(201)

    def do_DELETE(self) -> None:
        self._note()
        self.server.keys.discard(self.path)
        self._answer(202)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
        """Keep the test's output clean."""

    def _note(self) -> None:
        self.server.requests.append((self.command, self.headers.get("Authorization", "")))

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()
