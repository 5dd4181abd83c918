"""Streaming to code that is not asynchronous, in a way that a stop really stops the model.

Closing the synchronous stream of `… | model | parser` blocks until the model has generated everything. So the
asynchronous stream runs in a thread with an event loop, and closing cancels its task. One loop serves the whole
process: the clients of chat models keep connections open, and a connection dies with the loop that it was made in.
"""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Generator
from contextlib import aclosing
from functools import cache
from typing import Any, Final, TypeVar, cast

from langchain_core.runnables import Runnable, RunnableConfig

Output = TypeVar("Output")
CLOSE_SECONDS: Final = 5.0
"""How long closing waits for the tracers to see the end."""


def stream_sync(
    runnable: Runnable[Any, Output],
    input: Any,  # noqa: A002  # LangChain's own word
    config: RunnableConfig | None = None,
    *,
    heartbeat: float | None = None,
) -> Generator[Output | None]:
    """Yield the chunks of `runnable.astream(input, config)`; its errors are raised here.

    Nothing runs before the first `next`. Closing the generator, or letting it go, cancels the model call at once; when
    that returns, the tracers have seen the end.

    Args:
        runnable: the chain or the model.
        input: its input.
        config: its config, as `feedback_config` makes it.
        heartbeat: seconds; yields None whenever so long nothing has arrived, so that the caller can look around. By
            default it waits as long as it takes.

    Raises:
        RuntimeError: called on the event loop itself, where it would wait for itself: use `astream` there.

    """
    if threading.current_thread().name == _LOOP_THREAD:
        msg = "stream_sync was called from asynchronous code that it runs itself: use astream there"
        raise RuntimeError(msg)
    stream = _Stream(runnable, input, config)
    try:
        yield from stream.chunks(heartbeat)
    finally:
        stream.cancel()


class _Stream:
    """One asynchronous stream, running on the loop as a task."""

    def __init__(self, runnable: Runnable[Any, Any], given: Any, config: RunnableConfig | None) -> None:
        self._arrived: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop = _loop()
        self._loop.call_soon_threadsafe(self._start, runnable, given, config, context=contextvars.copy_context())

    def chunks(self, heartbeat: float | None) -> Generator[Any]:
        while True:
            try:
                chunk, end = self._arrived.get(timeout=heartbeat)
            except queue.Empty:
                yield None
                continue
            if isinstance(end, StopAsyncIteration):
                return
            if end is not None:
                raise end
            yield chunk

    def cancel(self) -> None:
        if not self._ended.is_set():
            self._loop.call_soon_threadsafe(self._cancel)
            self._ended.wait(CLOSE_SECONDS)

    def _start(self, runnable: Runnable[Any, Any], given: Any, config: RunnableConfig | None) -> None:
        self._task = self._loop.create_task(self._pump(runnable, given, config))

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _pump(self, runnable: Runnable[Any, Any], given: Any, config: RunnableConfig | None) -> None:
        end: BaseException = StopAsyncIteration()
        try:
            async with aclosing(cast("Any", runnable.astream(given, config))) as chunks:
                async for chunk in chunks:
                    self._arrived.put((chunk, None))
        except asyncio.CancelledError:
            # A new one: the frames in the traceback would keep the model's own stream, and its connection, open.
            end = asyncio.CancelledError()
        except BaseException as error:  # whatever it is, it belongs to the caller
            end = error
        finally:
            self._arrived.put((None, end))
            self._ended.set()


_LOOP_THREAD: Final = "feedback-store-streams"
_starting: Final = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:
        return _running_loop()


@cache
def _running_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name=_LOOP_THREAD, daemon=True).start()
    return loop
