"""A TCP proxy between browser and server that can be cut: the fault that Playwright's offline mode does not make."""

import contextlib
import socket
import threading
from typing import Literal

Mode = Literal["pass", "cut", "lose replies"]


class CutProxy:
    """Forwards connections to `port` on loopback. Use as a context manager; `url` is what the browser opens."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._mode: Mode = "pass"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "CutProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def mend(self) -> None:
        self._mode = "pass"

    def cut(self) -> None:
        """End every connection, and end new ones at once."""
        self._mode = "cut"
        with self._lock:
            ended, self._open = self._open, set()
        for each in ended:
            _end(each)

    def lose_replies(self) -> None:
        """Carry what the browser says to the server, and end the connection when the server answers."""
        self._mode = "lose replies"

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return  # closed
            if self._mode == "cut":
                _end(browser)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                _end(browser)
                continue
            with self._lock:
                self._open |= {browser, server}
            for source, sink, is_reply in ((browser, server, False), (server, browser, True)):
                threading.Thread(target=self._carry, args=(source, sink, is_reply), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_reply: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if is_reply and self._mode == "lose replies":
                    break
                sink.sendall(data)
        _end(source)
        _end(sink)
        with self._lock:
            self._open -= {source, sink}


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
