"""What readers see while records move from the spool to the tables: each one from its acknowledgement on, once, always.

The drainer moves and tidies without a pause meanwhile, in this process or in another.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_store import lance_upkeep
from feedback_store.events import AnyRecord, Feedback, Turn
from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.other_process import Other
from tests.records import a_correction, a_rating, a_review, a_turn

ROOT = Path(__file__).parent.parent
ANN = Scope(user_id="ann", tenant="default")
QUESTION = "How long do refunds take?"
SHORT = 6
LONG = float(os.environ.get("TORTURE_S", "120"))
SECONDS = pytest.mark.parametrize("seconds", [SHORT, pytest.param(LONG, marks=pytest.mark.slow)])
OPENING = """
import os, sys
import lancedb  # loaded once; a fork after a mere import is sound
from feedback_store.lancedb import LanceStore
from tests.records import a_rating
children = []
for number in range(8):
    child = os.fork()
    if not child:
        store = LanceStore(sys.argv[1])
        store.append(a_rating(event_id=f"r-{number}"))
        store.close()
        os._exit(0)
    children.append(child)
print(*[os.waitpid(child, 0)[1] for child in children])
"""


class Race:
    """Threads that append, read and flush on some handles of one store, until the time is over or one has failed."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._failed = threading.Event()
        self.acknowledged: list[str] = []
        self.ended: set[str] = set()
        self.withdrawn: set[str] = set()

    def run(self, *deeds: Callable[[], None]) -> None:
        """Do each deed again and again, each in a thread of its own."""

        def repeat(deed: Callable[[], None]) -> int:
            count = 0
            try:
                while time.monotonic() < self._deadline and not self._failed.is_set():
                    deed()
                    count += 1
            except BaseException:
                self._failed.set()
                raise
            return count

        with ThreadPoolExecutor(len(deeds)) as threads:
            counts = [threads.submit(repeat, deed) for deed in deeds]
        assert min(each.result() for each in counts) > 2

    def append_to(self, store: LanceStore) -> Callable[[], None]:
        """Return the deed that appends a turn as asked and as ended, a rating, a correction, and a withdrawal."""

        def append() -> None:
            number = len(self.acknowledged)
            turn, ended = (a_turn(turn_id=f"t-{number}", status=status) for status in ("asked", "answered"))
            correction = a_correction(event_id=f"c-{number}")
            self._keep(store, turn)
            self._keep(store, a_rating(event_id=f"r-{number}", turn_id=turn.turn_id), ended)
            self.ended.add(turn.turn_id)
            self._keep(store, correction)
            if number % 3 == 0:
                self._keep(store, a_review(correction, event_id=f"v-{number}", verdict="withdraw"))
                self.withdrawn.add(correction.event_id)

        return append

    def _keep(self, store: LanceStore, *records: AnyRecord) -> None:
        new = [key for key in store.append(records).stored if key not in self.acknowledged]
        self.acknowledged.extend(new)

    def read_from(self, store: LanceStore) -> Callable[[], None]:
        """Return the deed that looks whether all that was acknowledged before is there, once, and as it stands."""
        seen: set[str] = set()

        def read() -> None:
            due, ended, withdrawn = [*self.acknowledged], {*self.ended}, {*self.withdrawn}
            turns, events = store.turns(), store.events()
            found = {
                "t": [turn.turn_id for turn in turns],
                "rcv": [event.event_id for event in events],
                "c": [known.id for known in store.corrections()],
            }
            for kinds, ids in found.items():
                assert len(ids) == len({*ids})
                assert {key for key in {*due, *seen} if key[0] in kinds} <= {*ids}
            seen.update(*found.values())
            assert {turn.status for turn in turns if turn.turn_id in ended} <= {"answered"}
            self._look_closer(store, due, withdrawn)

        return read

    def _look_closer(self, store: LanceStore, due: list[str], withdrawn: set[str]) -> None:
        corrections = {key for key in due if key[0] == "c"}
        similar = store.similar_corrections(QUESTION, scope=ANN, limit=10_000)
        found = [one.known.id for one in similar]
        assert len(found) == len({*found})
        assert corrections - self.withdrawn <= {*found}
        assert not withdrawn & {*found}
        assert all(one.similarity is not None for one in similar if one.known.id in corrections)
        newest = [key for key in due if key[0] == "t"][-3:]
        assert {turn.turn_id for turn in store.turns(turn_ids=newest)} == {*newest}
        assert len(store.turns(limit=3)) >= len(newest)
        if newest:
            assert int(store.turns(limit=1)[0].turn_id[2:]) >= int(newest[-1][2:])


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop every older version as soon as a reader can be done with it."""
    monkeypatch.setattr(lance_upkeep, "VERSIONS", 4)


@SECONDS
@pytest.mark.usefixtures("no_pause")
def test_each_record_is_seen_from_its_acknowledgement_on_while_threads_move_it(opener: Opener, seconds: float) -> None:
    one, other = (opener(TrigramEmbeddings(), small_files=3, freshness=timedelta(0)) for _ in range(2))
    race = Race(seconds)
    race.run(
        race.append_to(other),
        one.flush,
        other.flush,
        race.read_from(one),
        race.read_from(other),
    )


@SECONDS
def test_each_record_is_seen_from_its_acknowledgement_on_while_another_process_moves_it(
    opener: Opener, seconds: float
) -> None:
    with Other() as process:
        assert process.do("open", str(opener.folder)) == "this process"
        store, other = opener(TrigramEmbeddings()), opener(TrigramEmbeddings())
        race = Race(seconds)
        race.run(race.append_to(store), store.flush, race.read_from(store), race.read_from(other))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_processes_that_make_a_store_at_once_make_one(opener: Opener) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", OPENING, str(opener.folder)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == ["0"] * 8, done.stderr
    assert {event.event_id for event in opener().events()} == {f"r-{number}" for number in range(8)}


def test_a_turn_that_another_ended_is_that_one_s_before_it_is_in_the_tables_too(opener: Opener) -> None:
    store = opener(freshness=timedelta(hours=1))
    turns = [a_turn(turn_id=f"t-{number}", status="asked") for number in range(3)]
    store.append(turns)
    store.flush()
    ended = a_turn(turn_id="t-2", user_id="ben")
    store.append(ended)
    for _ in ("in the spool", "in the tables"):
        assert store.turns(user_id="ann") == turns[:2]
        assert store.turns(user_id="ann", limit=1) == turns[1:2]
        assert store.turns(user_id="ben") == store.turns(turn_ids=["t-2"]) == store.turns(limit=1) == [ended]
        store.flush()


def test_the_newest_turns_are_the_newest_also_where_one_ended_with_an_older_time(opener: Opener) -> None:
    store = opener(freshness=timedelta(hours=1))
    first, second, third = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3))
    store.append([a_turn(turn_id="t", status="asked", created_at=third), other := a_turn(created_at=second)])
    store.flush()
    store.append(a_turn(turn_id="t", created_at=first))
    assert store.turns(limit=1) == [other]


NAMES = st.sampled_from(
    ["ann", "ann'", "''", "%", "_", "\\", "a\\'b", '"', "` OR 1=1 --", "1", "NULL", "\n", "\u202e", "\U0001f642", "ANN"]
)
IDS = st.sampled_from(["1", "a", "A", "01a22b0f-48f6-7d78-a817-90f257104f0f"])
TIMES = st.datetimes(datetime(2026, 1, 30), datetime(2026, 3, 2), timezones=st.just(UTC))  # the zone follows


@st.composite
def records(draw: st.DrawFn) -> AnyRecord:
    whose = {"session_id": draw(IDS), "user_id": draw(NAMES | st.none()), "tenant": draw(NAMES)}
    made = {**whose, "created_at": draw(TIMES)}
    kind = draw(st.sampled_from(["turn", "rating", "correction", "review"]))
    if kind == "turn":
        return a_turn(**made, turn_id=draw(IDS), status=draw(st.sampled_from(["asked", "answered"])))
    if kind == "review":
        verdict = draw(st.sampled_from(["approve", "withdraw", "reject"]))
        return a_review(draw(IDS), **made, event_id=draw(IDS), verdict=verdict)
    make = a_rating if kind == "rating" else a_correction
    return make(**made, event_id=draw(IDS), turn_id=draw(IDS | st.none()), supersedes=draw(IDS | st.none()))


def reads(store: LanceStore, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Iterator[Callable[[], object]]:
    """Yield reads with filters of all kinds."""
    some_ids, name, limit = st.none() | st.lists(IDS, max_size=3), st.none() | NAMES, st.none() | st.integers(0, 4)
    kinds = st.none() | st.lists(st.sampled_from(["rating", "correction", "review", "signal"]), max_size=2)
    for _ in range(4):
        of: dict[str, Any] = {"user_id": draw(name), "tenant": draw(name), "limit": draw(limit)}
        session = {"session_id": draw(st.none() | IDS)}
        ids, turns, of_kinds = draw(some_ids), draw(some_ids), draw(kinds)
        yield partial(store.turns, turn_ids=turns, **of, **session)
        yield partial(store.events, kinds=of_kinds, event_ids=ids, turn_ids=turns, **of, **session)
        yield partial(store.corrections, event_ids=ids, **of)


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanceStore]:
    """One store for all examples, which is emptied before each."""
    store = LanceStore(tmp_path_factory.mktemp("growing"), freshness=timedelta(hours=1))
    yield store
    store.close()


@settings(
    max_examples=int(os.environ.get("TORTURE_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(given_records=st.lists(records(), min_size=4, max_size=12), data=st.data())
def test_the_spool_finds_what_the_tables_find(
    growing: LanceStore, given_records: list[Turn | Feedback], data: st.DataObject
) -> None:
    growing.retain(days=0, corrections=True)
    half = len(given_records) // 2
    growing.append(given_records[:half])
    growing.flush()
    growing.append(given_records[half:])
    asked = [*reads(growing, data.draw)]
    before = [read() for read in asked]
    growing.flush()
    assert [read() for read in asked] == before
