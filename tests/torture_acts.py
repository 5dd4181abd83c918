"""What the writers of a torture run append: acts of every kind, in every batching, across the turn of months."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, Literal

from feedback_store.events import AnyRecord, Correction, Rating, Review, Signal, Turn

MIDNIGHT: Final = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
"""Acts happen within a minute of these, so that one id can reach two months."""
KEPT: Final = 40
"""How many of its acknowledged records a writer remembers, to send them again."""
Verdict = Literal["approve", "reject", "withdraw", "restore"]
_VERDICTS: Final[tuple[Verdict, ...]] = ("approve", "approve", "reject", "withdraw", "restore")
_WORDS: Final = ("refund", "invoice", "parcel", "password", "ticket", "holiday", "overtime", "warranty")


def leaver(batch: Iterable[AnyRecord]) -> tuple[str, str] | None:
    """Return the user and the tenant of a batch that is to be erased; None of any other."""
    return next(((r.user_id, r.tenant) for r in batch if r.user_id and r.user_id.startswith("leaver-")), None)


def _renamed(record: AnyRecord, name: str) -> dict[str, str]:
    return {} if isinstance(record, Turn) else {"event_id": name}


class Acts:
    """The acts of one writer, told by a seed.

    Args:
        writer: its number, which no other writer of the run has.
        random: its dice.

    """

    def __init__(self, writer: int, random: Random) -> None:
        self._writer = writer
        self._random = random
        self._count = 0
        self._asked: list[Turn] = []
        self.done: deque[AnyRecord] = deque(maxlen=KEPT)
        """What was acknowledged last."""
        self.corrections: deque[Correction] = deque(maxlen=KEPT)
        """What it may review or supersede: its own corrections, and those of others that it read."""

    def __iter__(self) -> Iterator[list[AnyRecord]]:
        """Yield batches without end."""
        makers = (self._turns, self._ratings, self._signals, self._corrections, self._reviews, self._crowd)
        rarer = (self._again, self._shared, self._leaver)
        while True:
            batch = self._random.choices((*makers, *rarer), weights=(6, 3, 2, 4, 4, 1, 2, 2, 0.2))[0]()
            if batch:
                yield batch

    def acknowledged(self, batch: list[AnyRecord]) -> None:
        """Hear that a batch is kept."""
        if leaver(batch):
            return
        self.done.extend(batch)
        self.corrections.extend(record for record in batch if isinstance(record, Correction))

    def _turns(self) -> list[AnyRecord]:
        """Ask a turn; or end the one that was asked first, at times after the turn of the month."""
        if len(self._asked) < self._random.randrange(1, 4):
            asked = Turn(turn_id=self._id("t"), status="asked", prompt=self._text(), **self._common())
            self._asked.append(asked)
            return [asked]
        asked = self._asked.pop(0)
        fields: dict[str, Any] = {"status": "answered", "response": self._text()}
        if self._random.random() < 0.3:
            fields["created_at"] = asked.created_at + timedelta(seconds=90)
        ended = asked.model_copy(update=fields)
        return [ended, self._rating(ended.turn_id)] if self._random.random() < 0.5 else [ended]

    def _ratings(self) -> list[AnyRecord]:
        return [self._rating(self._some_turn())]

    def _signals(self) -> list[AnyRecord]:
        turn = self._some_turn()
        return [
            Signal(event_id=self._id("s"), turn_id=turn, name="dwell", value=n, unit="ms", seq=n, **self._common())
            for n in range(self._random.randrange(1, 8))
        ]

    def _corrections(self) -> list[AnyRecord]:
        earlier = self._random.choice(self.corrections) if self.corrections and self._random.random() < 0.4 else None
        own = self._id("c")
        return [
            Correction(
                event_id=own,
                question=f"What of the {self._random.choice(_WORDS)} {own.replace('-', 'x')}?",
                answer=self._text(),
                corrected=self._text(),
                supersedes=earlier.event_id if earlier else None,
                **self._common(),
            )
        ]

    def _reviews(self) -> list[AnyRecord]:
        if not self.corrections:
            return []
        return [self._review(self._random.choice(self.corrections)) for _ in range(self._random.randrange(1, 3))]

    def _crowd(self) -> list[AnyRecord]:
        """A batch of everything; a review in it may be about a correction in it."""
        batch: list[AnyRecord] = [self._rating(self._some_turn()) for _ in range(self._random.randrange(5, 60))]
        batch += [*self._signals(), *self._corrections(), *self._corrections()]
        batch += [self._review(one) for one in batch if isinstance(one, Correction)]
        self._random.shuffle(batch)
        return batch

    def _again(self) -> list[AnyRecord]:
        """Send again what is kept already, with something new."""
        if not self.done:
            return []
        chosen = self._random.sample([*self.done], min(len(self.done), self._random.randrange(1, 6)))
        distinct = {record.turn_id if isinstance(record, Turn) else record.event_id: record for record in chosen}
        return [*distinct.values(), self._rating(self._some_turn())]

    def _shared(self) -> list[AnyRecord]:
        """Send what other writers send at this moment too: one id by the clock, each with another time and text."""
        moment = int(time.monotonic() * 20)
        if self._random.random() < 0.5:
            return [Rating(event_id=f"shared-r-{moment}", score=1.0, comment=self._text(), **self._common())]
        question = f"What of the sharedx{moment}?"
        shared = Correction(
            event_id=f"shared-c-{moment}", question=question, guidance=self._text(), **self._common("default")
        )
        return [shared]

    def _leaver(self) -> list[AnyRecord]:
        """Append what is to be erased: of one person, whose ids begin with an x."""
        turn = Turn(turn_id=self._id("x"), prompt=self._text(), **self._common())
        whose: dict[str, Any] = {"user_id": f"leaver-{self._writer}-{self._count}", "tenant": turn.tenant}
        batch: list[AnyRecord] = [turn, self._rating(turn.turn_id), *self._corrections()]
        return [record.model_copy(update=whose | _renamed(record, self._id("x"))) for record in batch]

    def _rating(self, turn_id: str | None) -> Rating:
        score = self._random.choice((0.0, 1.0, None))
        return Rating(event_id=self._id("r"), turn_id=turn_id, score=score, comment=self._text(), **self._common())

    def _review(self, about: Correction) -> Review:
        return Review(
            event_id=self._id("v"),
            about=about.event_id,
            verdict=self._random.choice(_VERDICTS),
            by="reviewer",
            audience=self._random.choice(("author", "tenant", "everyone")),
            **self._common(about.tenant),
        )

    def _some_turn(self) -> str | None:
        turns = [record.turn_id for record in (*self.done, *self._asked) if isinstance(record, Turn)]
        return self._random.choice(turns) if turns else None

    def _common(self, tenant: str | None = None) -> dict[str, Any]:
        return {
            "session_id": f"session-{self._writer % 50}",
            "user_id": self._random.choice(("ann", "ben", "cem")),
            "tenant": tenant or self._random.choice(("default", "default", "acme")),
            "created_at": self._random.choice(MIDNIGHT) + timedelta(seconds=self._random.uniform(-60, 60)),
        }

    def _text(self) -> str:
        return " ".join(self._random.choices(_WORDS, k=self._random.randrange(3, 30))) + " “ja” 日本語"

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._writer}-{self._count}"
