"""One answer being written: asked, streamed, and kept however it ends. Knows no Streamlit."""

import logging
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import Final, Self

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from demo.models import ModelUnavailable, explain
from demo.services import Services
from feedback_store import Signal, Turn
from feedback_store.langchain import TurnTracer, feedback_config, stream_sync

BEAT_SECONDS: Final = 0.25
in_flight: Final[set[str]] = set()
"""The turns that this process is answering now; a turn that is only asked and not here was interrupted."""
_waiting: Final = ThreadPoolExecutor(thread_name_prefix="model")
_log = logging.getLogger(__name__)


class Answering:
    """A context in which a question is answered. The question is kept before anything else, the answer when it ends.

    Raises:
        StoreError: on entering, where the question could not be kept.

    """

    def __init__(self, desk: Services, asked: Turn, history: Sequence[tuple[str, str]]) -> None:
        self._desk = desk
        self._asked = asked
        self._history = history
        self._text = ""
        self._traced: Turn | None = None
        self._error: str | None = None
        self._complete = False
        self._stream: Generator[object] | None = None

    def __enter__(self) -> Self:
        """Keep the question."""
        self._desk.store.append(self._asked)
        if self._asked.parent_turn_id:
            self._signal("regenerate", self._asked.parent_turn_id)
        in_flight.add(self._asked.turn_id)
        return self

    def pieces(self) -> Iterator[str]:
        """Yield the answer so far, at least every quarter of a second: a reader's Stop is only heard in between.

        A model that fails ends the answer; the turn then says in words why.
        """
        try:
            chain = _waiting.submit(self._desk.chain)  # a local model may still be loading, or be started anew
            while not wait([chain], timeout=BEAT_SECONDS).done:
                yield ""
            config = feedback_config(
                user_id=self._asked.user_id,
                session_id=self._asked.session_id,
                tenant=self._asked.tenant,
                turn_id=self._asked.turn_id,
                callbacks=[TurnTracer(self._trace)],
            )
            asked = {"question": self._asked.prompt, "history": _messages(self._history)}
            self._stream = stream_sync(chain.result(), asked, config, heartbeat=BEAT_SECONDS)
            for chunk in self._stream:
                if isinstance(chunk, AIMessageChunk):
                    self._text += chunk.text
                yield self._text
            self._complete = True
        except ModelUnavailable as error:
            self._error = str(error)
        except Exception as error:
            _log.exception("an answer failed")
            self._error = explain(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the model where it still writes, and keep the answer as far as it came."""
        if self._stream:
            self._stream.close()
        status = "failed" if self._error else "answered" if self._complete else "stopped"
        facts = self._traced or self._asked
        ended = facts.model_copy(
            update={
                "status": status,
                "displayed": None if self._complete else self._text,
                "response": facts.response or self._text,
                "error": self._error,
                **{
                    name: getattr(self._asked, name)
                    for name in ("prompt", "index", "parent_turn_id", "tags", "created_at")
                },
            }
        )
        try:
            self._desk.store.append(ended)
            if status == "stopped":
                self._signal("stop", ended.turn_id)
        finally:
            in_flight.discard(self._asked.turn_id)

    def _trace(self, turn: Turn) -> None:
        self._traced = turn

    def _signal(self, name: str, turn_id: str) -> None:
        who = self._asked.model_dump(include={"session_id", "user_id", "tenant"})
        self._desk.store.append(
            Signal.model_validate(who | {"turn_id": turn_id, "name": name, "value": 1, "unit": "count"})
        )


def _messages(history: Sequence[tuple[str, str]]) -> list[BaseMessage]:
    return [message for question, answer in history for message in (HumanMessage(question), AIMessage(answer))]
