"""Processes of their own for the arms of a benchmark of the store, so that each pays for its own threads and memory."""

import importlib
import multiprocessing
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_SPAWN = multiprocessing.get_context("spawn")  # a process that has used LanceDB must not fork


class Worker:
    """An object that lives in another process and is told by name what to do.

    Args:
        make: makes the object there: a class or a function of a module.
        arguments: its arguments.

    """

    def __init__(self, make: Callable[..., object], *arguments: object) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, make, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self._name = getattr(make, "__name__", "a worker")

    def tell(self, method: str, *arguments: object) -> None:
        """Start a method of the object, and do not wait for it."""
        self._pipe.send((method, arguments))

    def hear(self) -> Any:
        """Wait for what was told to be done, and return what it gave; RuntimeError where it raised."""
        try:
            done, reply = self._pipe.recv()
        except EOFError:
            self._process.join()
            msg = f"the process of {self._name} ended by itself, exit code {self._process.exitcode}"
            raise RuntimeError(msg) from None
        if not done:
            raise RuntimeError(reply)
        return reply

    def ask(self, method: str, *arguments: object) -> Any:
        """Do both."""
        self.tell(method, *arguments)
        return self.hear()

    def close(self) -> None:
        """End the process."""
        self._pipe.close()  # it meets the end of its pipe
        self._process.join(60)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def all_at_once(workers: Iterable[Worker], method: str, *arguments: object) -> list[Any]:
    """Tell all of them to do the same at the same time, and return what each gave."""
    told = list(workers)
    for worker in told:
        worker.tell(method, *arguments)
    return [worker.hear() for worker in told]


def peer(module: str) -> Any:
    """Import a peer's package, or say how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        msg = f"this benchmark compares with {module}, which is not installed: uv pip install --group bench"
        raise SystemExit(msg) from error


def peak_megabytes() -> float:
    """Return the most memory that this process ever held, in MB (Linux; `getrusage` counts what its parent held)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def files_and_bytes(folder: Path) -> tuple[int, int]:
    """Return how many files a folder holds at any depth, and the bytes that the disk gives them."""
    sizes: list[int] = []
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                sizes.append(path.stat().st_blocks * 512)
        except FileNotFoundError:  # its owner is at work
            continue
    return len(sizes), sum(sizes)


def _serve(pipe: Connection, make: Callable[..., object], arguments: tuple[object, ...]) -> None:
    held: object = None
    failure = ""
    try:
        held = make(*arguments)
    except (Exception, SystemExit) as error:
        failure = str(error) if isinstance(error, SystemExit) else traceback.format_exc()
    while True:
        try:
            method, given = pipe.recv()
        except EOFError:
            break
        try:
            pipe.send((False, failure) if failure else (True, getattr(held, method)(*given)))
        except Exception:
            pipe.send((False, traceback.format_exc()))
    if close := getattr(held, "close", None):
        close()
