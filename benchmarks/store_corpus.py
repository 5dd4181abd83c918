"""Corrections of many tenants, made by a seed: vectors, texts, states, audiences; and questions whose answer is known.

Vectors lie in clusters, and their variance falls over the dimensions as that of all-MiniLM-L6-v2 does over 2,000
English sentences (the first 64 directions hold 70 % of it there, 66 % here). Words are as frequent as in a language.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from feedback_store.events import Correction, Review
from feedback_store.limits import Audience
from feedback_store.standing import State

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

DIMENSION: Final = 384
TENANTS: Final = 100
USERS: Final = 20
"""In each tenant."""
WORDS: Final = 24
"""In each text."""
VOCABULARY: Final = 20_000
STATES: Final[tuple[State, ...]] = ("pending", "active", "rejected", "withdrawn")
AUDIENCES: Final[tuple[Audience, ...]] = ("author", "tenant", "everyone")
PENDING, ACTIVE, REJECTED, WITHDRAWN = range(4)
AUTHOR, TENANT, EVERYONE = range(3)
BEGUN: Final = datetime(2025, 1, 1, tzinfo=UTC)
FOREVER: Final = datetime(2100, 1, 1, tzinfo=UTC)
OVER: Final = datetime(2025, 6, 1, tzinfo=UTC)
_FALL: Final = (np.arange(1, DIMENSION + 1) ** -0.45).astype(np.float32)
"""Of the standard deviation over the dimensions."""
_PART: Final = 50_000
_FIRST_ID: Final = 0x0190_0000_0000


@dataclass(frozen=True)
class Query:
    """A question of a person, and its unit vector."""

    text: str
    vector: Floats
    tenant: int
    user: int


class Corpus:
    """So many corrections. Vectors are in two files, which every process maps; the rest is made from the seed.

    Args:
        size: how many.
        folder: where the vectors lie; they are made where they are missing.

    """

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        rng = np.random.default_rng(size)
        self.tenant: Integers = rng.integers(0, TENANTS, size)
        self.user: Integers = rng.integers(0, USERS, size)
        self.state: Integers = rng.choice(4, size, p=[0.25, 0.55, 0.12, 0.08])
        audience: Integers = rng.choice(3, size, p=[0.3, 0.698, 0.002])
        self.audience: Integers = np.where(self.state == ACTIVE, audience, AUTHOR)
        self.until: Integers = rng.choice(3, size, p=[0.95, 0.025, 0.025])
        """0: for ever; 1: long over; 2: not over yet."""
        self._places = [folder / f"{name}-{size}.npy" for name in ("question", "pair")]
        if not all(place.exists() for place in self._places):
            self._make_vectors()

    @cached_property
    def questions(self) -> Floats:
        """Unit vectors of the questions (size, 384)."""
        return np.load(self._places[0], mmap_mode="r")

    @cached_property
    def pairs(self) -> Floats:
        """Unit vectors of question and answer (size, 384): each near its question's."""
        return np.load(self._places[1], mmap_mode="r")

    @cached_property
    def words(self) -> Integers:
        """Ranks of the words of each text (size, 24)."""
        return _zipf(np.random.default_rng(self.size + 1), (self.size, WORDS))

    def text(self, row: int) -> tuple[str, str]:
        """Return the question and the corrected answer of a row."""
        found = [_word(rank) for rank in self.words[row].tolist()]
        return " ".join(found[: WORDS // 2]), " ".join(found[WORDS // 2 :])

    def correction(self, row: int) -> Correction:
        """Return a row as a record."""
        question, corrected = self.text(row)
        tenant, user = person(int(self.tenant[row]), int(self.user[row]))
        return Correction(
            event_id=id_of(row),
            created_at=BEGUN + timedelta(days=365) * (row / self.size),
            session_id=f"session-{row // 5}",
            user_id=user,
            tenant=tenant,
            question=question,
            corrected=corrected,
            valid_until=(None, OVER, FOREVER)[int(self.until[row])],
        )

    def reviews(self, row: int) -> list[Review]:
        """Return what was said of a row, which gave it its state and audience."""
        if self.state[row] == PENDING:
            return []
        tenant, user = person(int(self.tenant[row]), int(self.user[row]))
        withdrawn = self.state[row] == WITHDRAWN
        return [
            Review(
                event_id=id_of(row + (1 << 36)),
                created_at=BEGUN + timedelta(days=365) * (row / self.size) + timedelta(hours=1),
                session_id=f"session-{row // 5}",
                user_id=user if withdrawn else "reviewer",
                tenant=tenant,
                about=id_of(row),
                verdict="withdraw" if withdrawn else "reject" if self.state[row] == REJECTED else "approve",
                by="author" if withdrawn else "reviewer",
                audience=AUDIENCES[int(self.audience[row])],
            )
        ]

    def queries(self, count: int) -> list[Query]:
        """Return questions like ones that were corrected: 8 of the same words and 3 others, a vector at about 0.8."""
        rng = np.random.default_rng(self.size + 2)
        rows = rng.choice(np.flatnonzero((self.state == ACTIVE) & (self.audience == TENANT)), count)
        noise = _unit(rng.standard_normal((count, DIMENSION), np.float32) * _FALL)
        vectors = _unit(self.questions[rows] + 0.7 * noise)
        others = _zipf(rng, (count, 3))
        users = rng.integers(0, USERS, count)
        return [
            Query(
                " ".join(_word(rank) for rank in [*self.words[row, :8].tolist(), *others[place].tolist()]),
                vectors[place],
                int(self.tenant[row]),
                int(users[place]),
            )
            for place, row in enumerate(rows.tolist())
        ]

    def visible(self, query: Query) -> Integers:
        """Return the rows that are in force for the person who asks, as `standing.in_force` has it."""
        mine = self.tenant == query.tenant
        own = mine & (self.user == query.user) & (self.state <= ACTIVE)
        shared = (self.audience == EVERYONE) | (mine & (self.audience == TENANT))
        return np.flatnonzero((own | (shared & (self.state == ACTIVE))) & (self.until != 1))

    def nearest(self, query: Query, count: int, *, pairs: bool) -> list[int]:
        """Return the visible rows nearest to a question exactly; with `pairs`, by the larger of both cosines."""
        rows = self.visible(query)
        near = self.questions[rows].astype(np.float64) @ query.vector
        if pairs:
            near = np.maximum(near, self.pairs[rows].astype(np.float64) @ query.vector)
        return rows[np.argsort(-near)[:count]].tolist()

    def _make_vectors(self) -> None:
        rng = np.random.default_rng(self.size + 3)
        centres = _unit(rng.standard_normal((max(8, self.size // 50), DIMENSION), np.float32) * _FALL)
        files = [np.lib.format.open_memmap(place, "w+", np.float32, (self.size, DIMENSION)) for place in self._places]
        for start in range(0, self.size, _PART):
            count = min(_PART, self.size - start)
            noise = [_unit(rng.standard_normal((count, DIMENSION), np.float32) * _FALL) for _ in files]
            question = _unit(centres[rng.integers(0, len(centres), count)] + 0.8 * noise[0])
            files[0][start : start + count] = question
            files[1][start : start + count] = _unit(question + 0.5 * noise[1])
        for file in files:
            file.flush()


def person(tenant: int, user: int) -> tuple[str, str]:
    """Return the names of a tenant and of one of its users; users of different tenants have different names."""
    return f"tenant-{tenant}", f"user-{tenant}-{user}"


def id_of(row: int) -> str:
    """Return the event id of a row: a uuid7 as real ones are."""
    return str(uuid.UUID(int=(_FIRST_ID + row) << 80 | 0x7 << 76 | 0b10 << 62))


def row_of(event_id: str) -> int:
    """Return the row of an event id."""
    return (uuid.UUID(event_id).int >> 80) - _FIRST_ID


def _unit(vectors: NDArray[np.floating]) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32, copy=False)


def _zipf(rng: np.random.Generator, shape: tuple[int, int]) -> Integers:
    """Draw ranks of words with a frequency of 1 / (rank + 2.7), Mandelbrot's form of Zipf's law."""
    heavier = np.cumsum(1 / (np.arange(VOCABULARY) + 2.7))
    return np.searchsorted(heavier / heavier[-1], rng.random(shape))


def _word(rank: int) -> str:
    """Write a rank in syllables, so that it is a word to every engine."""
    consonants, vowels = "bcdfghjklmnprstvwxyz", "aeiou"
    syllables: list[str] = []
    while rank or len(syllables) < 2:
        rank, rest = divmod(rank, 100)
        syllables.append(consonants[rest // 5] + vowels[rest % 5])
    return "".join(syllables)
