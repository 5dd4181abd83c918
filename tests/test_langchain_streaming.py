"""An asynchronous stream, read by code that is not."""

import asyncio
import contextvars
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from feedback_store.langchain import stream_sync
from tests.fake_model import FakeModel


class Source:
    """Yields numbers, and then waits for what never comes. Notes what happens to it."""

    def __init__(self, count: int = 3, error: Exception | None = None, *, endless: bool = False) -> None:
        self.count = count
        self.error = error
        self.endless = endless
        self.started = threading.Event()
        self.cancelled = threading.Event()

    async def numbers(self, given: AsyncIterator[Any]) -> AsyncIterator[int]:
        self.started.set()
        async for _ in given:
            pass
        try:
            for number in range(self.count):
                yield number
            if self.endless:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if self.error:
            raise self.error

    @property
    def chain(self) -> Runnable[Any, int]:
        return RunnableGenerator(self.numbers)


def test_the_chunks_come_in_order() -> None:
    assert list(stream_sync(Source(5).chain, "go")) == [0, 1, 2, 3, 4]


def test_an_error_is_raised_after_the_chunks_before_it() -> None:
    stream = stream_sync(Source(2, ValueError("the model is gone")).chain, "go")
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(ValueError, match="the model is gone"):
        next(stream)


def test_nothing_runs_before_the_first_chunk_is_asked_for() -> None:
    source = Source()
    stream = stream_sync(source.chain, "go")
    assert not source.started.wait(0.05)
    stream.close()
    assert not source.started.is_set()


def test_closing_cancels_and_returns_when_that_is_done() -> None:
    source = Source(1, endless=True)
    stream = stream_sync(source.chain, "go")
    assert next(stream) == 0
    started = time.monotonic()
    stream.close()
    assert source.cancelled.is_set()
    assert time.monotonic() - started < 5, "it waited for the source, which has no end"


def test_letting_go_of_a_stream_cancels_it_too() -> None:
    source = Source(1, endless=True)
    stream = stream_sync(source.chain, "go")
    next(stream)
    del stream
    gc.collect()
    assert source.cancelled.wait(5)


def test_an_error_of_the_reader_cancels_the_stream() -> None:
    source = Source(1, endless=True)

    def read() -> None:
        for _ in stream_sync(source.chain, "go"):
            raise KeyError

    with pytest.raises(KeyError):
        read()
    assert source.cancelled.wait(5)


def test_a_heartbeat_comes_while_nothing_arrives() -> None:
    stream = stream_sync(Source(1, endless=True).chain, "go", heartbeat=0.01)
    assert [next(stream) for _ in range(3)] == [0, None, None]
    stream.close()


def test_a_context_variable_of_the_reader_is_seen_by_the_chain() -> None:
    person: contextvars.ContextVar[str] = contextvars.ContextVar("person", default="nobody")
    person.set("ann")
    chain: Runnable[Any, str] = RunnableLambda(lambda _: person.get())
    assert list(stream_sync(chain, "go")) == ["ann"]


def test_a_model_that_knows_no_asynchronous_calls_is_streamed_too() -> None:
    assert "".join(chunk.text for chunk in stream_sync(FakeModel(), "go") if chunk) == "It takes a month."


def test_a_stream_inside_a_stream_is_refused_instead_of_waiting_for_itself() -> None:
    async def nested(_: Any) -> list[int | None]:
        return list(stream_sync(Source().chain, "go"))

    with pytest.raises(RuntimeError, match="use astream there"):
        list(stream_sync(RunnableLambda(nested), "go"))


def test_one_reader_who_stops_does_not_stop_the_others() -> None:
    endless, counted = Source(1, endless=True), Source(500)
    stopped = stream_sync(endless.chain, "go")
    next(stopped)
    other = stream_sync(counted.chain, "go")
    first = next(other)
    stopped.close()
    assert [first, *other] == list(range(500))


def test_streams_leave_no_thread_behind_but_the_one_that_all_share() -> None:
    make: Callable[[], list[int | None]] = lambda: list(stream_sync(Source().chain, "go"))  # noqa: E731
    make()
    before = threading.active_count()
    for _ in range(20):
        make()
    assert threading.active_count() == before
