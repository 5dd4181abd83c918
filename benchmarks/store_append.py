"""Eight processes that append one rating at a time: to one `LanceStore`, to one LanceDB table, and to one SQLite file.

The arms take turns, each with the same number of processes, which wait meanwhile. CPU is that of the writers while they
append, all their threads; what the process costs that moves the records into LanceDB is given beside it. A writer of
LanceDB makes fewer appends (`--peer-each`), which is to its favour: each one costs it more than the one before.
"""

import argparse
import sqlite3
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from benchmarks import figures
from benchmarks.store_workers import Worker, all_at_once, files_and_bytes, peer
from benchmarks.store_writers import LanceWriter, Lap, SqliteWriter, StoreKeeper, StoreWriter

ROUNDS: Final = 5
OURS, LANCE, SQLITE = "LanceStore", "lancedb add", "sqlite"
GOALS: Final = {"p50 ms": "1/3 of lancedb add", "CPU ms": "1/5 of lancedb add", "p95 ms": ""}


def measure(options: argparse.Namespace) -> None:
    """Let the arms take turns, and look whether all is there."""
    case = f"append, {options.writers} processes"
    laps: dict[str, list[Lap]] = {OURS: [], LANCE: [], SQLITE: []}
    counts = {OURS: options.each, LANCE: options.peer_each, SQLITE: options.each}
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        place = Path(name)
        _prepare(place)
        keeper = Worker(StoreKeeper, place / "store")
        before = keeper.ask("cpu_s")
        kinds: dict[str, Any] = {OURS: StoreWriter, LANCE: LanceWriter, SQLITE: SqliteWriter}
        places = {OURS: place / "store", LANCE: place, SQLITE: place}
        crews = {
            arm: [Worker(kind, places[arm], number) for number in range(options.writers)] for arm, kind in kinds.items()
        }
        try:
            for arm, crew in crews.items():  # the first append of a process loads what it needs
                laps[arm] += all_at_once(crew, "lap", 1)
            warm = {arm: len(all_) for arm, all_ in laps.items()}
            for _ in range(ROUNDS):
                for arm, crew in crews.items():
                    laps[arm] += all_at_once(crew, "lap", counts[arm] // ROUNDS)
            begun = time.perf_counter()
            keeper.ask("flush")
            flushed_s = time.perf_counter() - begun
            keeper_s = keeper.ask("cpu_s") - before
            found = {OURS: keeper.ask("ids"), LANCE: crews[LANCE][0].ask("ids"), SQLITE: crews[SQLITE][0].ask("ids")}
        finally:
            for worker in [keeper, *(worker for crew in crews.values() for worker in crew)]:
                worker.close()
        files = {OURS: files_and_bytes(place / "store"), LANCE: files_and_bytes(place / "events.lance")}
    _report_costs(case, {arm: all_[warm[arm] :] for arm, all_ in laps.items()})
    _report_counts(case, laps, found)
    appended = sum(len(lap.kept) for lap in laps[OURS])
    figures.report("store", case, "CPU ms of the drainer's process", {OURS: keeper_s * 1000 / appended}, n=appended)
    figures.report("store", case, "s to flush at the end", {OURS: flushed_s}, n=1)
    figures.report("store", case, "files at the end", {arm: found[0] for arm, found in files.items()}, n=1)
    figures.report("store", case, "MB at the end", {arm: found[1] / 1e6 for arm, found in files.items()}, n=1)


def _report_costs(case: str, laps: dict[str, list[Lap]]) -> None:
    waits = {arm: sorted(wait for lap in all_ for wait in lap.waits_ms) for arm, all_ in laps.items()}
    measures = {
        "p50 ms": {arm: all_[len(all_) // 2] for arm, all_ in waits.items()},
        "p95 ms": {arm: all_[int(len(all_) * 0.95)] for arm, all_ in waits.items()},
        "max ms": {arm: all_[-1] for arm, all_ in waits.items()},
        "CPU ms": {arm: sum(lap.cpu_s for lap in all_) * 1000 / len(waits[arm]) for arm, all_ in laps.items()},
    }
    for metric, arms in measures.items():
        figures.report("store", case, metric, arms, n=len(waits[OURS]), goal=GOALS.get(metric, ""))


def _report_counts(case: str, laps: dict[str, list[Lap]], found: dict[str, list[str]]) -> None:
    kept = {arm: {key for lap in all_ for key in lap.kept} for arm, all_ in laps.items()}
    errors = {arm: sum((lap.errors for lap in all_), Counter[str]()) for arm, all_ in laps.items()}
    measures = {
        "acknowledged": {arm: len(keys) for arm, keys in kept.items()},
        "lost": {arm: len(keys - {*found[arm]}) for arm, keys in kept.items()},
        "twice": {arm: len(keys) - len({*keys}) for arm, keys in found.items()},
        "errors": {arm: counter.total() for arm, counter in errors.items()},
    }
    for metric, arms in measures.items():
        goal = "" if metric == "acknowledged" else "0"
        figures.report("store", case, metric, arms, n=len(kept[OURS]), goal=goal)
    for arm, counter in errors.items():
        for text, count in counter.most_common(3):
            print(f"# {arm}: {count} times {text}", flush=True)


def _prepare(place: Path) -> None:
    pa = peer("pyarrow")
    names = ("event_id", "tenant", "user_id", "turn_id", "record")
    peer("lancedb").connect(place).create_table("events", schema=pa.schema([(name, pa.string()) for name in names]))
    with sqlite3.connect(place / "events.sqlite") as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(
            "CREATE TABLE events(event_id TEXT PRIMARY KEY, tenant TEXT, user_id TEXT, turn_id TEXT, record TEXT)"
        )
    db.close()
