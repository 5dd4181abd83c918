"""Answers being written. They belong to the process and not to a page: a reload, a lost connection or a click elsewhere
on the page does not end one; only Stop does. Knows no Streamlit.
"""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from demo.models import ModelUnavailable, explain
from demo.services import Services
from feedback_store import Signal, Turn
from feedback_store.langchain import TurnTracer, feedback_config, stream_sync
from feedback_store.turn_signals import regenerated, rephrasing, stopped

ASK_MODEL: Final = "ask-model"
"""The tag of a turn that is asked of the model, also where an approved answer could be served as it is."""
HEARTBEAT_SECONDS: Final = 0.1
_writers: Final = ThreadPoolExecutor(max_workers=32, thread_name_prefix="answer")
_waiters: Final = ThreadPoolExecutor(max_workers=32, thread_name_prefix="model")
_log: Final = logging.getLogger(__name__)


class Answering:
    """One answer on its way. The question is kept before anything else, the answer however it ends."""

    def __init__(self, desk: Services, asked: Turn, history: Sequence[tuple[str, str]]) -> None:
        self.asked: Final = asked
        self.text = ""
        """The answer so far."""
        self._desk = desk
        self._history = history
        self._traced: Turn | None = None
        self._stopping = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Keep the question and begin to answer it. Raises `StoreError` where the question cannot be kept."""
        self._desk.store.append(self.asked)
        if signal := self._reaction():
            self._desk.store.append(signal)
        in_flight[self.asked.turn_id] = self
        _writers.submit(self._write)

    def stop(self) -> None:
        """Stop the model; what it wrote until now is the answer."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Wait until the answer has ended and is kept, at most so long; returns whether it has."""
        return self._ended.wait(seconds)

    def _write(self) -> None:
        try:
            error = self._stream()
            self._keep("failed" if error else "stopped" if self._stopping.is_set() else "answered", error)
        except Exception:
            _log.exception("an answer was not kept; its question was, and can be asked again")
        finally:
            in_flight.pop(self.asked.turn_id, None)
            self._ended.set()

    def _stream(self) -> str | None:
        """Write until the end or the stop; returns in words what went wrong, if anything did."""
        asked = self.asked
        config = feedback_config(
            user_id=asked.user_id,
            session_id=asked.session_id,
            tenant=asked.tenant,
            turn_id=asked.turn_id,
            callbacks=[TurnTracer(self._trace)],
            tags=asked.tags,
            verified_answers=ASK_MODEL not in asked.tags,
        )
        given = {"question": asked.prompt, "history": _messages(self._history)}
        try:
            chain = _waiters.submit(self._desk.chain)  # a local model may still be loading
            while not wait([chain], timeout=HEARTBEAT_SECONDS).done:
                if self._stopping.is_set():
                    return None
            chunks = stream_sync(chain.result(), given, config, heartbeat=HEARTBEAT_SECONDS)
            for chunk in chunks:
                if self._stopping.is_set():
                    break
                if isinstance(chunk, AIMessageChunk):
                    self.text += chunk.text
            chunks.close()
        except ModelUnavailable as error:
            return str(error)
        except Exception as error:
            _log.exception("an answer failed")
            return explain(error)
        return None

    def _keep(self, status: str, error: str | None) -> None:
        facts = self._traced or self.asked
        own = {name: getattr(self.asked, name) for name in ("prompt", "index", "parent_turn_id", "created_at")}
        ended = {
            "status": status,
            "displayed": None if status == "answered" else self.text,
            "response": facts.response or self.text,
            "error": error,
        }
        self._desk.store.append(facts.model_copy(update=own | ended))
        if status == "stopped":
            self._desk.store.append(stopped(self.asked))

    def _trace(self, turn: Turn) -> None:
        self._traced = turn

    def _reaction(self) -> Signal | None:
        """Return what asking this says about the answer before it, if anything."""
        asked = self.asked
        talk = self._desk.store.turns(session_id=asked.session_id, user_id=asked.user_id, tenant=asked.tenant)
        if asked.parent_turn_id:
            return regenerated(asked, times=sum(turn.parent_turn_id == asked.parent_turn_id for turn in talk))
        before = [turn for turn in talk if turn.turn_id != asked.turn_id]
        return rephrasing(before[-1] if before else None, asked, embeddings=self._desk.embeddings)


in_flight: Final[dict[str, Answering]] = {}
"""The answers that this process is writing, by turn id. A turn that is asked and not here was interrupted."""


def stop_all(session_id: str | None = None) -> None:
    """Stop the answers of a session, or all of them, and wait until they are kept."""
    running = [each for each in list(in_flight.values()) if session_id in (None, each.asked.session_id)]
    for each in running:
        each.stop()
    for each in running:
        each.wait(10)


def _messages(history: Sequence[tuple[str, str]]) -> list[BaseMessage]:
    return [message for question, answer in history for message in (HumanMessage(question), AIMessage(answer))]
