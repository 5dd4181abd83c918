"""The one handler behind both delivery channels: verifies, makes events, hands them on, and says which acts are kept.

What it remembers (turns that were rendered, verdicts and acts it has handled) is bounded, lives in this process, and
may be lost at any time: a browser keeps every act until it is acknowledged, and a store knows an event by its id.
"""

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, NoReturn, TypeVar

from feedback_store.events import Feedback, Rating, Turn
from feedback_widgets import tokens
from feedback_widgets.acts import NotYet, RefusedAct, parse_act, to_event

OnFeedback = Callable[[Feedback], object]
FindTurn = Callable[[str], Turn | None]

MAX_ACTS: Final = 200
"""Acts in one delivery."""
_K = TypeVar("_K")
_V = TypeVar("_V")
_log: Final = logging.getLogger(__name__)


class BadEnvelope(ValueError):
    """Raised when a delivery as a whole cannot be read: says what was expected."""


@dataclass
class Answer:
    """What became of a delivery. An act in neither list was not reached: the browser keeps it and sends it again."""

    acked: list[str] = field(default_factory=list[str])
    refused: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    """`{"id", "why", "again", "faults"}`; `again` asks the browser to keep the act and try later, with a fresh token;
    `faults` are those of a form, by the path of the field."""
    failed: bool = False
    """`on_feedback` raised: nothing after that act was tried."""

    def refuse(self, act_id: str, why: str, *, again: bool = False, faults: Mapping[str, str] | None = None) -> None:
        """Note an act that was not kept."""
        more = {"faults": dict(faults)} if faults else {}
        self.refused.append({"id": act_id, "why": why, "again": again, **more})

    def reply(self) -> dict[str, object]:
        """Return what the browser is told; a verdict made after `at` (ms since 1970) is newer than the acts in it."""
        return {"acked": self.acked, "refused": self.refused, "failed": self.failed, "at": int(time.time() * 1000)}


class _Recent(Generic[_K, _V]):
    """The newest entries of a mapping, from any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[_K, _V] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: _K, value: _V) -> None:
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def get(self, key: _K) -> _V | None:
        with self._lock:
            return self._entries.get(key)


_turns: Final = _Recent[str, Turn](2_000)
_ratings: Final = _Recent[tuple[str, str | None, str], Mapping[str, Rating]](20_000)
_MOST_CRITERIA: Final = 100
_handled: Final = _Recent[str, str](20_000)


def remember(turn: Turn) -> None:
    """Keep a turn that is being rendered, so that acts about it find their context."""
    _turns.put(turn.turn_id, turn)


def recall_turn(turn_id: str) -> Turn | None:
    """Return a turn that this process rendered lately."""
    return _turns.get(turn_id)


def last_ratings(turn: Turn) -> Mapping[str, Rating]:
    """Return the newest verdicts of the turn's user that this process handled, by criterion; None retracts."""
    return _ratings.get((turn.tenant, turn.user_id, turn.turn_id)) or {}


def last_rating(turn: Turn) -> Rating | None:
    """Return the newest of them on the whole answer: what was said of a passage is no verdict on the rest."""
    return last_ratings(turn).get("thumbs")


def hand_over(event: Feedback, on_feedback: OnFeedback) -> None:
    """Call `on_feedback` with an event, once per event id as far as this process remembers."""
    if _handled.get(event.event_id):
        return
    on_feedback(event)
    _handled.put(event.event_id, event.kind)
    if isinstance(event, Rating) and event.turn_id is not None:
        author = (event.tenant, event.user_id, event.turn_id)
        others = {key: rating for key, rating in (_ratings.get(author) or {}).items() if key != event.key}
        _ratings.put(author, dict([*others.items(), (event.key, event)][-_MOST_CRITERIA:]))


def open_envelope(delivery: str | bytes | Mapping[str, object]) -> list[dict[str, object]]:
    """Read `{"v": 1, "acts": [{"token", "id", ...}]}` into its acts, not yet verified.

    Raises:
        BadEnvelope: no JSON of that shape, a field given twice, NaN or infinity, or more than 200 acts.

    """
    try:
        # A trigger's payload was parsed by Streamlit already; both channels are judged in one form.
        text = json.dumps(delivery, allow_nan=False) if isinstance(delivery, Mapping) else delivery
        envelope = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"no JSON that we read: {type(error).__name__}: {error}"[:200]
        raise BadEnvelope(msg) from error
    match envelope:
        case {"v": 1, "acts": [*acts]} if len(envelope) == 2 and all(isinstance(act, dict) for act in acts):
            pass
        case _:
            msg = 'expected {"v": 1, "acts": [objects]} and nothing else'
            raise BadEnvelope(msg)
    if len(acts) > MAX_ACTS:
        msg = f"{len(acts)} acts in one delivery, at most {MAX_ACTS} are allowed"
        raise BadEnvelope(msg)
    return acts


def receive(acts: list[dict[str, object]], on_feedback: OnFeedback, find_turn: FindTurn = recall_turn) -> Answer:
    """Handle acts in their order. An act is acknowledged only after `on_feedback` has returned.

    Where `on_feedback` or `find_turn` raises, the rest is left for the next delivery.
    """
    answer = Answer()
    for sent in acts:
        act_id = str(sent.get("id", ""))[:64]
        claim = tokens.read(sent.get("token"))
        if claim is None:
            answer.refuse(act_id, "token", again=True)
            continue
        try:
            turn = find_turn(claim.turn_id)
            if turn is None or not claim.is_about(turn):
                answer.refuse(act_id, "turn", again=True)
                continue
            act = parse_act({name: value for name, value in sent.items() if name != "token"})
            hand_over(to_event(act, turn), on_feedback)
        except RefusedAct as refusal:
            answer.refuse(act_id, str(refusal), faults=refusal.faults)
        except NotYet as missing:
            answer.refuse(act_id, str(missing), again=True)
        except Exception:
            _log.exception("Feedback was not stored; the browser keeps it and sends it again")
            answer.failed = True
            break
        else:
            answer.acked.append(act_id)
    return answer


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(keys := dict(pairs)) < len(pairs):
        msg = "a field is given twice"
        raise ValueError(msg)
    return keys


def _no_constant(name: str) -> NoReturn:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)
