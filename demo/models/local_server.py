"""The parent's side of the local model: prepares the weights, starts the child process and starts it anew when it dies.

Hold one per process; nothing here knows Streamlit or LangChain.
"""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from demo.models.weights import Progress

CHILD: Final = Path(__file__).with_name("local_serve.py")
START_SECONDS: Final = 300.0


@dataclass(frozen=True)
class Preparing:
    """The model is not ready yet. `done` and `total` are bytes; both are 0 while nothing can be counted."""

    step: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Ready:
    """The model answers."""


@dataclass(frozen=True)
class Failed:
    """The last start failed. `message` says why and what to do; the next question tries again."""

    message: str


State = Preparing | Ready | Failed


class LocalServerError(RuntimeError):
    """Raised when the child process cannot be started: says why and what to do."""


@dataclass(frozen=True)
class Endpoint:
    """Where the running child listens, and the key that it asks for."""

    base_url: str
    api_key: str


class LocalServer:
    """A model served by a child process on loopback. Threads may share it.

    Args:
        prepare: Returns the path of the model file; is called at each start, with a progress callback.
    """

    def __init__(self, prepare: Callable[[Progress], Path]) -> None:
        self._prepare = prepare
        self._key = secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._state: State = Preparing("The model is not loaded yet.")
        self._process: subprocess.Popen[str] | None = None
        self._endpoint: Endpoint | None = None
        self._closed = False

    def start(self) -> None:
        """Start in the background; `state` tells how far it is."""
        threading.Thread(target=self._start_quietly, name="local-model", daemon=True).start()

    def state(self) -> State:
        """Tell how far the model is, without waiting."""
        if isinstance(self._state, Ready) and not self._alive():
            return Preparing("The model has stopped. The next question starts it anew.")
        return self._state

    def endpoint(self) -> Endpoint:
        """Return where the model listens, starting the child where none lives. Blocks until it is ready.

        Raises:
            WeightsError: The weights are missing or damaged.
            LocalServerError: The child does not start, or the server was closed.
        """
        with self._lock:
            if self._endpoint is None or not self._alive():
                self._endpoint = self._launch()
            return self._endpoint

    def close(self) -> None:
        """End the child, also in the middle of a start. A closed server stays closed."""
        self._closed = True
        self._end()
        with self._lock:
            self._end()

    def _alive(self) -> bool:
        # A look at the process reaps it too. A thread that waits for its end would do that earlier, but while it does,
        # `poll` cannot tell a dead child from a living one.
        return self._process is not None and self._process.poll() is None

    def _start_quietly(self) -> None:
        with contextlib.suppress(Exception):  # the state keeps it, where people see it
            self.endpoint()

    def _launch(self) -> Endpoint:
        try:
            self._progress(0, 0)
            model = self._prepare(self._progress).resolve()
            self._state = Preparing("Loading the model.")
            endpoint = self._spawn(model)
        except Exception as error:
            self._state = Failed(str(error))
            raise
        self._state = Ready()
        return endpoint

    def _progress(self, done: int, total: int) -> None:
        self._refuse_if_closed()
        self._state = Preparing("Checking the model's weights.", done, total)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            msg = "The local model was closed, because the app ends. Start the app again."
            raise LocalServerError(msg)

    def _spawn(self, model: Path) -> Endpoint:
        """Start a child, on the port of its predecessor where that is free: clients that were made then go on."""
        with tempfile.TemporaryFile("w+", errors="replace") as log:
            last = urlsplit(self._endpoint.base_url).port if self._endpoint else None
            for port in (last, 0) if last else (0,):
                self._refuse_if_closed()
                self._end()
                process = self._process = _child(log)
                url = _handshake(process, {"model": str(model), "key": self._key, "port": port, "threads": _cores()})
                if url is not None:
                    return Endpoint(f"{url}/v1", self._key)
            self._end()
            self._refuse_if_closed()
            raise LocalServerError(_no_start(model, log))

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _child(log: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
        [sys.executable, "-P", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def _handshake(process: subprocess.Popen[str], wanted: dict[str, object]) -> str | None:
    """Tell the child what to serve, and return its address; None where it ends or takes too long."""
    if process.stdin is None or process.stdout is None:
        return None
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    try:
        process.stdin.write(json.dumps(wanted) + "\n")
        process.stdin.flush()
        ready = (line for line in process.stdout if line.startswith("READY "))
        return next(ready, "READY ").removeprefix("READY ").strip() or None
    except (OSError, ValueError):  # it died, or `close` closed its pipes under our hands
        return None
    finally:
        watchdog.cancel()


def _no_start(model: Path, log: IO[str]) -> str:
    log.seek(0)
    said = log.read().strip().splitlines()
    return (
        f"The local model does not start from {model.name} ({said[-1] if said else 'it said nothing'}). "
        "Check that it is a chat model in GGUF form and that enough memory is free, "
        "or set FEEDBACK_MODEL to another model."
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
