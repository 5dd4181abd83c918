"""Candidate search for corrections beside other engines: CPU and time of a question, and how many of the nearest come.

Each engine has a process of its own. They are asked the same questions in turns, a block each, when all are filled and
warm. CPU is that of all threads of the process. "Recall" is the share of the 10 nearest rows that the person may see,
found exactly, which are among what came back.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import figures
from benchmarks.store_corpus import Corpus, Floats, Query, person, row_of
from benchmarks.store_embeddings import Prepared
from benchmarks.store_engine import FUSED, Engine, K, Numpy
from benchmarks.store_filler import fill
from benchmarks.store_peer_sqlite import Sqlite
from benchmarks.store_peers import Chroma, Lance, Qdrant
from benchmarks.store_workers import Worker, files_and_bytes, peak_megabytes
from feedback_store import LanceStore
from feedback_store.store import Scope

BLOCK: Final = 10
OURS: Final = "LanceStore"
ONCE: Final = (
    "CPU s to fill",
    "MB on disk",
    "s to open",
    "ms of the slowest answer while cold",
    "MB of memory at most",
)
GOALS: Final = {
    "CPU ms": "at 100k ahead of every store, and at most 5",
    "recall@10": "LanceStore at least 0.99",
}


@dataclass(frozen=True)
class Asked:
    """What one block of questions cost, and the rows that each brought."""

    cpu_ms: float
    """Of one question, on average."""
    wall_ms: list[float]
    found: list[list[int]]


class Ours(Engine):
    """This store. It has two vectors of each correction, and gives parsed records."""

    def fill(self) -> None:
        """Fill it as its drainer would."""
        fill(self.place, self.corpus)

    def open(self) -> dict[str, Callable[[Query], list[int]]]:
        """Open it with a model that knows the questions."""
        self._vectors: dict[str, Floats] = {}
        self._store = LanceStore(self.place, embeddings=Prepared(self._vectors))
        return {OURS: self.search}

    def learn(self, queries: Sequence[Query]) -> None:
        """Prepare the vectors of the questions."""
        self._vectors |= {query.text: query.vector for query in queries}

    def search(self, query: Query) -> list[int]:
        """By meaning and by words."""
        tenant, user = person(query.tenant, query.user)
        found = self._store.similar_corrections(query.text, scope=Scope(user_id=user, tenant=tenant), limit=FUSED)
        return [row_of(one.known.id) for one in found]

    def close(self) -> None:
        """Close the store."""
        self._store.close()


ENGINES: Final[tuple[type[Engine], ...]] = (Ours, Lance, Sqlite, Chroma, Qdrant, Numpy)
NAMES: Final = tuple(engine.__name__.lower() for engine in ENGINES)


class Filling:
    """A process that fills an engine."""

    def __init__(self, engine: type[Engine], size: int, folder: Path) -> None:
        self._engine = engine(Corpus(size, folder), _place(engine, size, folder))

    def fill(self) -> tuple[float, float]:
        """Fill it, and return the CPU seconds that it took and the MB on the disk."""
        begun = time.process_time()
        self._engine.fill()
        return time.process_time() - begun, files_and_bytes(self._engine.place)[1] / 1e6


class Bench:
    """An engine in its process, filled by another."""

    def __init__(self, engine: type[Engine], size: int, folder: Path) -> None:
        begun = time.perf_counter()
        self._engine = engine(Corpus(size, folder), _place(engine, size, folder))
        self._arms = self._engine.open()
        self._opened_s = time.perf_counter() - begun

    def opened(self) -> tuple[list[str], float]:
        """Return the arms, and the seconds until it was open, with the import of what it needs."""
        return [*self._arms], self._opened_s

    def warm(self, queries: Sequence[Query]) -> float:
        """Ask until it is warm (ours keeps something for each tenant), and return the ms of the slowest answer."""
        if isinstance(self._engine, Ours):
            self._engine.learn(queries)
            return max(self.ask(OURS, queries).wall_ms)
        return max(max(self.ask(arm, queries[: 2 * BLOCK]).wall_ms) for arm in self._arms)

    def ask(self, arm: str, queries: Sequence[Query]) -> Asked:
        """Ask a block of questions."""
        search, found, wall = self._arms[arm], list[list[int]](), list[float]()
        begun = time.process_time()
        for query in queries:
            start = time.perf_counter()
            found.append(search(query))
            wall.append((time.perf_counter() - start) * 1000)
        return Asked((time.process_time() - begun) * 1000 / len(queries), wall, found)

    def peak(self) -> float:
        """Return the most memory it held, in MB."""
        return peak_megabytes()

    def close(self) -> None:
        """Close what it holds."""
        self._engine.close()


def measure(options: argparse.Namespace) -> None:
    """Measure each size, and how the cost of ours grows with it."""
    costs: dict[int, float] = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            costs[size] = _measure_size(size, Path(folder), options)
    base = 10_000 if 10_000 in costs else min(costs)
    if growth := {f"{size:,}": cost / costs[base] for size, cost in costs.items() if size > base}:
        figures.report("store", f"recall, over {base:,} corrections", "times the CPU", growth, n=1, goal="1M at most 4")


def _place(engine: type[Engine], size: int, folder: Path) -> Path:
    return folder / f"{engine.__name__}-{size}"


def _measure_size(size: int, folder: Path, options: argparse.Namespace) -> float:
    case = f"recall, {size:,} corrections"
    corpus = Corpus(size, folder)
    queries = corpus.queries(options.questions)
    benches: dict[str, Worker] = {}
    once: dict[str, dict[str, float]] = {metric: {} for metric in ONCE}
    names: dict[str, list[str]] = {}
    try:
        for engine in ENGINES:
            name = engine.__name__
            if options.engines and name.lower() not in options.engines:
                continue
            if size > engine.largest and not options.engines:
                told = f"{name} is left out, it takes too long above {engine.largest:,}: name it in --engines"
                print(f"# {case}: {told}", flush=True)
                continue
            filling = Worker(Filling, engine, size, folder)
            filled = filling.ask("fill")
            filling.close()
            benches[name] = Worker(Bench, engine, size, folder)
            names[name], opened_s = benches[name].ask("opened")
            measured = (*filled, opened_s, benches[name].ask("warm", queries), benches[name].ask("peak"))
            for metric, value in zip(ONCE, measured, strict=True):
                once[metric][names[name][0]] = value
        asked = _ask_in_turns(benches, names, queries)
    finally:
        for bench in benches.values():
            bench.close()
    return _report(case, corpus, queries, asked, once)


def _ask_in_turns(
    benches: dict[str, Worker], names: dict[str, list[str]], queries: Sequence[Query]
) -> dict[str, list[Asked]]:
    asked: dict[str, list[Asked]] = {arm: [] for arms in names.values() for arm in arms}
    for start in range(0, len(queries), BLOCK):
        for name, bench in benches.items():
            for arm in names[name]:
                asked[arm].append(bench.ask("ask", arm, queries[start : start + BLOCK]))
    return asked


def _report(
    case: str,
    corpus: Corpus,
    queries: Sequence[Query],
    asked: dict[str, list[Asked]],
    once: dict[str, dict[str, float]],
) -> float:
    wall = {arm: sorted(ms for block in blocks for ms in block.wall_ms) for arm, blocks in asked.items()}
    cpu = {arm: statistics.median(block.cpu_ms for block in blocks) for arm, blocks in asked.items()}
    right = {arm: [row for block in blocks for row in block.found] for arm, blocks in asked.items()}
    recall = {
        arm: statistics.mean(
            len({*nearest} & {*found}) / len(nearest)
            for query, found in zip(queries, rows, strict=True)
            if (nearest := corpus.nearest(query, K, pairs=arm == OURS))
        )
        for arm, rows in right.items()
    }
    seen = statistics.mean(len(corpus.visible(query)) for query in queries)
    print(f"# {case}: a person may see {seen:.0f} of them, {seen / corpus.size:.2%}", flush=True)
    figures.report("store", case, "CPU ms", cpu, n=len(queries), goal=GOALS["CPU ms"])
    figures.report("store", case, "p50 ms", {arm: ms[len(ms) // 2] for arm, ms in wall.items()}, n=len(queries))
    figures.report("store", case, "p95 ms", {arm: ms[int(len(ms) * 0.95)] for arm, ms in wall.items()}, n=len(queries))
    figures.report("store", case, "recall@10", recall, n=len(queries), goal=GOALS["recall@10"])
    for metric, arms in once.items():
        figures.report("store", case, metric, arms, n=1)
    return cpu.get(OURS, 0.0)
