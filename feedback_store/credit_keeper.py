"""Takes out the corrections that do harm: after each act of feedback on an answer, by the credit of what it used.

What it does is a `Review` by the system: it holds from the next answer on, everywhere, and a reviewer can undo it.
"""

import threading
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from feedback_store.events import Feedback, Review
from feedback_store.outcome import Credit, credit
from feedback_store.standing import KnownCorrection
from feedback_store.store import FeedbackStore

MOST_OF_ONE: Final = 3
"""Outcomes of one kind that count from one person on a correction that others see too: nobody alone takes it out."""
MOST_USES: Final = 2_000
"""The newest uses of a correction that are judged."""
FIRST_LOOK: Final = 64
MOST_TURNS: Final = 32_768
"""So far back, at most, it looks for turns that it has not seen."""
LATE: Final = timedelta(hours=1)
"""A turn may be kept so long after it was asked."""
_NAMESPACE: Final = uuid.UUID("5b0c3c0e-4c0d-5d0e-8f6a-6d1d0b5f7a11")


class _Use(NamedTuple):
    turn_id: str
    asked: datetime


class CreditKeeper:
    """Judges the corrections of a tenant by what became of the answers that used them. Threads may share it.

    It may be told of one act twice, by several processes, or of none for a while: it counts what the store has.

    Args:
        store: where turns, events and corrections are.
        tenant: whose.

    """

    def __init__(self, store: FeedbackStore, *, tenant: str = "default") -> None:
        self._store = store
        self._tenant = tenant
        self._uses: dict[str, dict[str, _Use]] = {}
        self._upto: datetime | None = None
        self._lock = threading.Lock()

    def heard(self, event: Feedback) -> list[Review]:
        """Judge what the answer used that `event` is about, and return the withdrawals that were appended.

        Call it when the event has been appended; it reads from the store, so do it outside the page's own thread.

        Raises:
            StoreError: the store cannot be read or written; nothing is lost, the next act is judged with this one.

        """
        if event.turn_id is None or event.tenant != self._tenant or isinstance(event, Review):
            return []
        [*turns] = self._store.turns(turn_ids=[event.turn_id], tenant=self._tenant)
        return self.judge(event_id for turn in turns for event_id in turn.correction_ids)

    def judge(self, event_ids: Iterable[str]) -> list[Review]:
        """Judge some corrections, and return the withdrawals that were appended. Raises as `heard` does."""
        ids = [*dict.fromkeys(event_ids)]
        known = self._store.corrections(event_ids=ids, states=["pending", "active"], tenant=self._tenant) if ids else []
        found = [(one, self.credit_of(one)) for one in known]
        withdrawn = [_withdrawal(one, fared) for one, fared in found if fared.does_harm]
        if withdrawn:
            self._store.append(withdrawn)
        return withdrawn

    def credit_of(self, known: KnownCorrection) -> Credit:
        """Return the credit of a correction since somebody last decided on it: that begins the count anew."""
        uses = [use.turn_id for use in self._uses_of(known.id) if use.asked >= known.updated_at]
        if not uses:
            return Credit()
        turns = self._store.turns(turn_ids=uses, tenant=self._tenant)
        events = self._store.events(turn_ids=uses, tenant=self._tenant)
        most = None if known.audience == "author" else MOST_OF_ONE
        return credit(turns, events, most_of_one=most).get(known.id, Credit())

    def _uses_of(self, event_id: str) -> list[_Use]:
        """Return the newest turns that used a correction, after a look at what is new in the store."""
        with self._lock:
            limit = FIRST_LOOK
            turns = self._store.turns(tenant=self._tenant, limit=limit)
            while len(turns) == limit < MOST_TURNS and (self._upto is None or turns[0].created_at > self._upto - LATE):
                limit *= 8
                turns = self._store.turns(tenant=self._tenant, limit=limit)
            for turn in turns:
                for used in turn.correction_ids:
                    self._uses.setdefault(used, {})[turn.turn_id] = _Use(turn.turn_id, turn.created_at)
            if turns:
                self._upto = max(turns[-1].created_at, self._upto or turns[-1].created_at)
            found = sorted(self._uses.get(event_id, {}).values(), key=lambda use: use.asked)
        return found[-MOST_USES:]


def _withdrawal(known: KnownCorrection, found: Credit) -> Review:
    """Return the review that takes a correction out. Its id is made from the decision that it follows, so that several
    processes make one review, and a correction that a reviewer restored can be taken out again.
    """
    made_of = f"{known.correction.tenant}\0{known.id}\0{known.updated_at.isoformat()}"
    judged = found.helpful + found.harmful
    return Review(
        event_id=str(uuid.uuid5(_NAMESPACE, made_of)),
        session_id=known.correction.session_id,
        turn_id=known.correction.turn_id,
        tenant=known.correction.tenant,
        about=known.id,
        verdict="withdraw",
        by="system",
        note=f"Taken out automatically: of {judged} judged answers that used it, {found.harmful} were found wrong "
        f"and {found.helpful} good ({found.uses} uses, e-value {found.evidence:.1f}).",
    )
