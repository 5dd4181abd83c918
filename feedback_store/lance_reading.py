"""Reads of the spool and of LanceDB as one: the spool first, so that a record on its way is in one of them at least."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from feedback_store.events import Feedback, Turn, parse_feedback, parse_record
from feedback_store.intake import ends
from feedback_store.lance_tables import Tables
from feedback_store.lance_view import CorrectionView
from feedback_store.limits import check_limit
from feedback_store.overlay import Overlay
from feedback_store.quoting import EVERYTHING, all_of, asked
from feedback_store.rooms import Room
from feedback_store.spool import Spool
from feedback_store.standing import KnownCorrection, State, as_of
from feedback_store.store import Kind

Kept = TypeVar("Kept", Turn, Feedback, KnownCorrection)
Wanted = Mapping[str, str | Collection[str] | None]
"""By column, the value or the values that it may have; None is any."""
_ROOMS: Final[Mapping[Kind, Room]] = {
    "rating": "events",
    "signal": "events",
    "correction": "teachings",
    "review": "teachings",
}


class Reading:
    """Reads records.

    Args:
        spool: what is not in the tables yet.
        tables: the tables.
        knows_all: whether all that is in the tables went through this spool, so that it knows the months to look in.

    """

    def __init__(self, spool: Spool, tables: Tables, *, knows_all: bool) -> None:
        self._spool = spool
        self._knows_all = knows_all
        self._tables = tables

    def turns(self, turn_ids: Sequence[str] | None, of: Wanted, limit: int | None) -> list[Turn]:
        """Return turns. See `FeedbackStore.turns`.

        Where one was asked by this person and ended by that, or in another session, only its end counts, and the table
        need not have it yet.
        """
        found = self._turns(turn_ids, of, limit)
        asked = [turn_id for turn_id, turn in found.items() if turn.status == "asked"]
        ended = self._spool.memory.ended(asked) if asked and self._knows_all else []
        if ended and limit is not None:  # others may come in their place
            return _newest(self.turns(turn_ids, of, None), limit, lambda turn: (turn.created_at, turn.turn_id))
        for turn_id, turn in self._turns(ended, {}, None).items() if ended else ():
            del found[turn_id]
            if all(value in (None, getattr(turn, column)) for column, value in of.items()):
                found[turn_id] = turn
        return _newest(found.values(), limit, lambda turn: (turn.created_at, turn.turn_id))

    def _turns(self, turn_ids: Sequence[str] | None, of: Wanted, limit: int | None) -> dict[str, Turn]:
        pending = self._spool.pending(["turns"], {**of, "id": turn_ids}, check_limit(limit))
        some = limit + len(pending) if limit else limit  # in the table one can be newer than as it ended
        where = _where({**of, "turn_id": turn_ids})
        months = self._spool.memory.months({**of, "id": turn_ids}, "t") if self._knows_all else None
        found: dict[str, Turn] = {}
        for record in (*self._tables.records("turns", where, some, months=months), *pending):
            turn = parse_record(record)
            if isinstance(turn, Turn) and (turn.turn_id not in found or ends(turn, found[turn.turn_id])):
                found[turn.turn_id] = turn
        return found

    def events(
        self, kinds: Sequence[Kind] | None, event_ids: Sequence[str] | None, of: Wanted, limit: int | None
    ) -> list[Feedback]:
        """Return events. See `FeedbackStore.events`."""
        rooms: list[Room] = sorted({_ROOMS[kind] for kind in (_ROOMS if kinds is None else kinds) if kind in _ROOMS})
        of = {**of, "kind": kinds}
        pending = self._spool.pending(rooms, {**of, "id": event_ids}, check_limit(limit)) if rooms else []
        where = _where({**of, "event_id": event_ids})
        months = (
            self._spool.memory.months({**of, "id": event_ids}, "e") if self._knows_all and "events" in rooms else None
        )
        stored = (record for room in rooms for record in self._tables.records(room, where, limit, months=months))
        found = {event.event_id: event for event in map(parse_feedback, (*stored, *pending))}
        return _newest(found.values(), limit, lambda event: (event.created_at, event.event_id))

    def corrections(
        self,
        view: CorrectionView,
        over: Callable[[], Overlay],
        *,
        event_ids: Sequence[str] | None,
        states: Sequence[State] | None,
        of: Wanted,
        limit: int | None,
    ) -> list[KnownCorrection]:
        """Return corrections with what became of them. See `FeedbackStore.corrections`."""
        check_limit(limit)
        pending = over().known
        some = None if limit is None else limit + len(pending) if limit else 0
        found = {known.id: known for known in view.known(_where({**of, "event_id": event_ids}), states, some)}
        for key, known in pending.items():
            found.pop(key, None)
            now = as_of(known)
            fits = (event_ids is None or key in event_ids) and (states is None or now.state in states)
            if fits and all(value in (None, getattr(known.correction, column)) for column, value in of.items()):
                found[key] = now.model_copy(deep=True)  # the overlay is kept
        return _newest(found.values(), limit, lambda known: (known.correction.created_at, known.id))


def _where(wanted: Wanted) -> str:
    return all_of(EVERYTHING, *(asked(column, value) for column, value in wanted.items()))


def _newest(found: Iterable[Kept], limit: int | None, order: Callable[[Kept], tuple[datetime, str]]) -> list[Kept]:
    ordered = sorted(found, key=order)
    return ordered if limit is None else ordered[len(ordered) - min(limit, len(ordered)) :]
