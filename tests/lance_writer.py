"""Run as a module: writers on one directory, each killed at another moment. Prints the ids that were acknowledged."""

import os
import random
import select
import signal
import sys
from collections.abc import Iterator

import lancedb  # pyright: ignore[reportUnusedImport]  # noqa: F401  # loaded once; a fork after a mere import is sound

from feedback_store.lancedb import LanceStore
from tests.records import a_correction, a_rating, a_review, a_turn

ROUNDS = 10


def appends(turn: int) -> Iterator[list[str]]:
    """Append without end, and yield the ids of each append when it is acknowledged."""
    store = LanceStore(sys.argv[1])
    while True:
        turn += 1
        correction = a_correction(event_id=f"c-{turn}")
        for records in (
            [a_turn(turn_id=f"t-{turn}"), a_rating(event_id=f"r-{turn}")],
            [correction],
            [a_review(correction)],
        ):
            yield [*store.append(records).stored]


def write(start: int, out: int) -> None:
    for ids in appends(start):
        os.write(out, "".join(f"{each}\n" for each in ids).encode())


def main() -> None:
    moment = random.Random(os.environ.get("SEED", "1"))  # noqa: S311  # a repeatable moment, no secret
    for number in range(ROUNDS):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            write(number * 10_000, writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            acknowledged = [told.readline() for _ in range(moment.randrange(2, 16))]
            select.select([], [], [], moment.uniform(0, 0.03))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            acknowledged += told.readlines()
        sys.stdout.write(b"".join(line for line in acknowledged if line.endswith(b"\n")).decode())


main()
