"""A steady stream of records from two processes for minutes: whether the last minute is as fast as the first.

The writers keep to a clock: one that was held up catches up. The process that opened the store first also moves the
records into LanceDB and tidies there, as in an app of one or two processes.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks import figures
from benchmarks.store_corpus import Corpus
from benchmarks.store_embeddings import Prepared
from benchmarks.store_workers import Worker, all_at_once, files_and_bytes, peak_megabytes
from feedback_store import LanceStore, Rating, Signal, Turn
from feedback_store.events import AnyRecord

WRITERS: Final = 2
ONE_IN: Final = 400
"""Of so many records one is a correction, which is drained at once."""
GOAL: Final = "at most 1.3"
Ack = tuple[float, float]
"""When it was due, in seconds from the start, and the milliseconds that it took."""


class Stream:
    """A process that appends by the clock."""

    def __init__(self, place: Path, folder: Path, number: int) -> None:
        self._number = number
        self._corpus = Corpus(10_000, folder)
        self._store = LanceStore(place, embeddings=Prepared())

    def run(self, rate: float, seconds: float) -> tuple[list[Ack], float]:
        """Append so many records a second, and return the acknowledgements and the CPU seconds of this process."""
        acks: list[Ack] = []
        begun, cpu = time.perf_counter(), time.process_time()
        for place in range(int(rate * seconds)):
            record, due = self._record(place), place / rate
            if (early := begun + due - time.perf_counter()) > 0:
                time.sleep(early)
            start = time.perf_counter()
            self._store.append(record)
            acks.append((due, (time.perf_counter() - start) * 1000))
        return acks, time.process_time() - cpu

    def count(self) -> int:
        """Flush, and return how many records there are."""
        self._store.flush()
        return len(self._store.events()) + len(self._store.turns())

    def peak(self) -> float:
        """Return the most memory it held, in MB."""
        return peak_megabytes()

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _record(self, place: int) -> AnyRecord:
        session, turn = f"session-{self._number}-{place // 200}", f"turn-{self._number}-{place // 4}"
        if place % ONE_IN == 1:
            return self._corpus.correction(place // ONE_IN * WRITERS + self._number)
        if place % 4 == 0:
            return Turn(
                session_id=session, user_id="user", turn_id=turn, prompt="How long? " * 10, response="Long. " * 99
            )
        if place % 4 == 1:
            return Rating(session_id=session, user_id="user", turn_id=turn, score=1)
        return Signal(session_id=session, user_id="user", turn_id=turn, name="dwell", value=place, unit="ms", seq=place)


def measure(options: argparse.Namespace) -> None:
    """Run the stream, and compare the minutes."""
    case = f"sustained, {options.rate} records a second for {options.minutes:g} minutes"
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        Corpus(10_000, folder)
        place = folder / "store"
        writers = [Worker(Stream, place, folder, 0)]
        writers[0].ask("peak")  # it is open, and leads
        writers += [Worker(Stream, place, folder, number) for number in range(1, WRITERS)]
        for writer in writers:
            writer.ask("peak")
        try:
            ran = all_at_once(writers, "run", options.rate / WRITERS, options.minutes * 60)
            before = files_and_bytes(place)
            begun = time.perf_counter()
            kept = writers[0].ask("count")
            flushed_s = time.perf_counter() - begun
            peaks = [writer.ask("peak") for writer in writers]
        finally:
            for writer in reversed(writers):
                writer.close()
        after = files_and_bytes(place)
    acks: list[Ack] = [ack for acks, _ in ran for ack in acks]
    minutes = _by_minute(acks, options.minutes)
    growth: dict[str, float] = {}
    for metric, share in (("p50 ms", 0.5), ("p95 ms", 0.95)):
        arms = {f"minute {number}": all_[int(len(all_) * share)] for number, all_ in minutes.items()}
        figures.report("store", case, metric, arms, n=len(acks))
        first, *_, last = arms.values()
        growth[f"{metric}, last minute over first"] = last / first
    cpu = {f"process {number}": seconds * 1000 / len(acks) for number, (acks, seconds) in enumerate(ran)}
    counted = growth | {
        "records missing": len(acks) - kept,
        "s to flush and read all at the end": flushed_s,
        "files at the end": before[0],
        "MB at the end": before[1] / 1e6,
        "files when closed": after[0],
        "MB when closed": after[1] / 1e6,
        "MB of memory at most": max(peaks),
        "CPU ms of an append, with the drainer": cpu["process 0"],
        "CPU ms of an append, without": cpu["process 1"],
    }
    for metric, value in counted.items():
        goal = GOAL if metric in growth else ""
        figures.report("store", f"{case}, in all", metric, {"LanceStore": value}, n=len(acks), goal=goal)


def _by_minute(acks: list[Ack], minutes: float) -> dict[int, list[float]]:
    """Sort what each whole minute took; a run of less than two minutes is cut in two halves."""
    length = 60 if minutes >= 2 else minutes * 30
    found: dict[int, list[float]] = {}
    for due, took in acks:
        found.setdefault(int(due // length) + 1, []).append(took)
    return {number: sorted(all_) for number, all_ in sorted(found.items())}
