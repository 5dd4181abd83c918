"""A year of use, month by month, lived through in one process: what the benchmark of `store_year.py` looks at after."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.store_corpus import BEGUN, USERS, Corpus, Floats, person
from benchmarks.store_embeddings import Prepared
from benchmarks.store_workers import files_and_bytes, peak_megabytes
from feedback_store import LanceStore, Rating, Signal, Turn, lance_table, lance_upkeep
from feedback_store.events import AnyRecord

DAYS: Final = 365
TURNS: Final = 500_000
CORRECTIONS: Final = 20_000
BATCH: Final = 100
"""Records of one append."""
FASTER: Final = 10_000
"""About so many times as fast as it is does the year pass: in an hour."""
ANSWER: Final = "You can send it back within thirty days, and we pay for the parcel. " * 8


@dataclass(frozen=True)
class Month:
    """What a month took."""

    wall_s: float
    cpu_s: float
    files: int
    megabytes: float


class User:
    """Lives through the year in a store."""

    def __init__(self, place: Path, folder: Path, scale: float) -> None:
        lance_upkeep.__dict__["CAP_S"] = lance_upkeep.CAP_S / FASTER
        lance_table.__dict__["MOMENT"] = lance_table.MOMENT / FASTER
        self._place = place
        self._turns = int(TURNS * scale)
        self._corpus = Corpus(int(CORRECTIONS * scale), folder)
        self._store = LanceStore(place, embeddings=Prepared(vectors_of(self._corpus)))

    def live(self, month: int, drains: int) -> Month:
        """Live through a month, 0 to 11."""
        begun, cpu = time.perf_counter(), time.process_time()
        first, last = (round(DAYS * drains * at / 12) for at in (month, month + 1))
        for part in range(first, last):
            batch: list[AnyRecord] = [*self._taught(part, DAYS * drains)]
            if batch:
                self._store.append(batch)
            batch = []
            for record in self._used(part, DAYS * drains):
                batch.append(record)
                if len(batch) >= BATCH:
                    self._store.append(batch)
                    batch = []
            self._store.append(batch)
            self._store.flush()
        files, size = files_and_bytes(self._place)
        return Month(time.perf_counter() - begun, time.process_time() - cpu, files, size / 1e6)

    def compact(self) -> None:
        """Tidy every table now."""
        self._store.compact()

    def peak(self) -> float:
        """Return the most memory it held, in MB."""
        return peak_megabytes()

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _taught(self, part: int, parts: int) -> Iterator[AnyRecord]:
        for row in _share(self._corpus.size, part, parts):
            yield self._corpus.correction(row)
            yield from self._corpus.reviews(row)

    def _used(self, part: int, parts: int) -> Iterator[AnyRecord]:
        for number in _share(self._turns, part, parts):
            at = BEGUN + timedelta(days=DAYS) * (number / self._turns)
            tenant, user = person(number % 100, number // 100 % USERS)
            who: dict[str, Any] = {"session_id": f"session-{number // 4}", "user_id": user, "tenant": tenant}
            turn = f"turn-{number}"
            yield Turn(turn_id=turn, created_at=at, prompt="How long do I have to return it?", response=ANSWER, **who)
            rated, left = at + timedelta(seconds=9), at + timedelta(seconds=30)
            yield Rating(event_id=f"rating-{number}", turn_id=turn, created_at=rated, score=number % 2, **who)
            yield Signal(
                event_id=f"dwell-{number}", turn_id=turn, created_at=left, name="dwell", value=20_000, unit="ms", **who
            )


def vectors_of(corpus: Corpus) -> dict[str, Floats]:
    """Return the vectors of the texts of every correction, as an embedding model would give them."""
    found: dict[str, Floats] = {}
    for row in range(corpus.size):
        question, corrected = corpus.text(row)
        found[question] = corpus.questions[row]
        found[f"{question}\n{corrected}"] = corpus.pairs[row]
    return found


def _share(size: int, part: int, parts: int) -> range:
    return range(size * part // parts, size * (part + 1) // parts)
