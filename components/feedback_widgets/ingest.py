"""The POST route for `st.App`: feedback that needs no rerun, and arrives although the tab is closing."""

import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from feedback_widgets import tokens
from feedback_widgets.inbox import BadEnvelope, FindTurn, OnFeedback, open_envelope, recall_turn, receive

BURST_SECONDS: Final = 60
"""An author who was quiet may send this many seconds' worth at once: a whole outbox after a cut."""
_active: dict[str, OnFeedback] = {}


def ingest_route(
    on_feedback: OnFeedback,
    *,
    find_turn: FindTurn | None = None,
    path: str = "/feedback",
    secret: bytes | None = None,
    max_body: int = 1_048_576,
    rate: float = 5.0,
) -> Route:
    """Return the route for `st.App(routes=[...])`, and make it the one that components in this process use.

    A component uses it when its own `on_feedback` is equal to this one (`store.append` of the same store is); otherwise
    its acts go through Streamlit's own connection to its own `on_feedback`.

    Args:
        on_feedback: called in a worker thread with each event; the act is acknowledged when it returns.
        find_turn: returns the turn of an id, or None; default is the turns that this process rendered lately. With
            several workers or replicas give one that asks the store.
        path: where the route lives; Streamlit's `server.baseUrlPath` is not added to it.
        secret: signs the tokens, at least 32 bytes; default is derived from Streamlit's `server.cookieSecret`, which is
            random in each process unless set.
        max_body: largest request in bytes.
        rate: acts per second that one author may send, over a minute.

    """
    tokens.use_secret(secret)
    _active.clear()
    _active[path] = on_feedback
    budget = _Budget(rate)
    finder = find_turn or recall_turn

    def handle(body: bytes) -> Response:
        try:
            acts = open_envelope(body)
        except BadEnvelope as fault:
            return _error(400, str(fault))
        claims = (tokens.read(act.get("token")) for act in acts)
        wait = budget.spend(Counter(claim.author for claim in claims if claim is not None))
        if wait:
            return _error(429, "too many acts", retry_after=wait)
        answer = receive(acts, on_feedback, finder)
        status = 503 if answer.failed else 200
        headers = {"Retry-After": "2"} if answer.failed else None
        return JSONResponse(answer.reply(), status, headers)

    async def endpoint(request: Request) -> Response:
        if request.method != "POST":
            return _error(405, f"{request.method} is not allowed here: POST acts as JSON", allow="POST")
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_body:
                    return _error(413, f"more than {max_body} bytes")
        except ClientDisconnect:
            return _error(400, "the request was cut off")
        return await run_in_threadpool(handle, bytes(body))

    return Route(path, endpoint, methods=["POST", "GET", "PUT", "PATCH", "DELETE"])


def url_for(on_feedback: OnFeedback) -> str | None:
    """Return the path of the active route if it hands its events to `on_feedback`, else None."""
    return next((path for path, handler in _active.items() if handler == on_feedback), None)


class _Budget:
    """A token bucket per author, from any thread; the authors heard longest ago are forgotten first."""

    def __init__(self, rate: float, *, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._full_at: OrderedDict[object, float] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, acts: Counter[tuple[str, str | None, str]]) -> int:
        """Take the acts off their authors' budgets and return 0; or take nothing and return the seconds to wait."""
        with self._lock:
            now = self._clock()
            after = {author: max(self._full_at.get(author, now), now) + n / self._rate for author, n in acts.items()}
            excess = max((full_at - now - BURST_SECONDS for full_at in after.values()), default=0.0)
            if excess > 0:
                return math.ceil(excess)
            for author, full_at in after.items():
                self._full_at[author] = full_at
                self._full_at.move_to_end(author)
            while len(self._full_at) > self._most:
                self._full_at.popitem(last=False)
        return 0


def _error(status: int, why: str, *, retry_after: int | None = None, allow: str | None = None) -> Response:
    headers = {"Retry-After": str(retry_after)} if retry_after else {"Allow": allow} if allow else None
    return JSONResponse({"error": why}, status, headers)
