"""A year of heavy use, as fast as it goes: a million ratings and signals, half a million turns, 20,000 corrections.

Every simulated day is drained several times, so that the tables grow in thousands of small writes as they would, with
the store's own upkeep running. The time is that of the records. What upkeep does by the clock (how much it may rewrite
in ten minutes, how long a version stays for its readers) goes faster by as much as the year does. Afterwards the store
is opened by a new process and asked beside a fresh one, which was filled at once with the same corrections.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import figures
from benchmarks.store_corpus import Corpus, Query, person
from benchmarks.store_embeddings import Prepared
from benchmarks.store_filler import fill
from benchmarks.store_workers import Worker, files_and_bytes, peer
from benchmarks.store_year_user import CORRECTIONS, Month, User
from feedback_store import LanceStore, Scope

BLOCK: Final = 10
QUESTIONS: Final = 200


class Reader:
    """A new process that opens a store and asks it."""

    def __init__(self, place: Path, other: Path, queries: Sequence[Query]) -> None:
        LanceStore(other).close()  # loads LanceDB, which is no part of what is measured
        begun = time.perf_counter(), time.process_time()
        vectors = {query.text: query.vector for query in queries}
        self._store = LanceStore(place, embeddings=Prepared(vectors))
        self._opened = time.perf_counter() - begun[0], time.process_time() - begun[1]

    def opened(self) -> tuple[float, float]:
        """Return the seconds that it took to open, by the wall and of CPU."""
        return self._opened

    def ask(self, queries: Sequence[Query]) -> float:
        """Return the CPU milliseconds of a question."""
        begun = time.process_time()
        for query in queries:
            tenant, user = person(query.tenant, query.user)
            self._store.similar_corrections(query.text, scope=Scope(user_id=user, tenant=tenant))
        return (time.process_time() - begun) * 1000 / len(queries)

    def close(self) -> None:
        """Close the store."""
        self._store.close()


class Surveyor:
    """Looks at the tables of a store from outside."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def survey(self) -> dict[str, tuple[int, int, int]]:
        """Return for each table its rows, its files, and the bytes of its rows in Arrow."""
        db = peer("lancedb").connect(self._place)
        found: dict[str, tuple[int, int, int]] = {}
        for name in db.list_tables().tables:
            rows = db.open_table(name).to_arrow()
            found[name] = len(rows), files_and_bytes(self._place / f"{name}.lance")[0], rows.nbytes
        return found


def measure(options: argparse.Namespace) -> None:
    """Live through the year, then look."""
    case = f"a year, {options.drains} drains a day" + (f", {options.scale:g} of it" if options.scale != 1 else "")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        place, corpus = folder / "store", Corpus(int(CORRECTIONS * options.scale), folder)
        user = Worker(User, place, folder, options.scale)
        try:
            _report_months(case, [user.ask("live", month, options.drains) for month in range(12)])
            figures.report("store", case, "MB of memory at most", {"LanceStore": user.ask("peak")}, n=1)
        finally:
            user.close()
        _report_size(case, place)
        _report_reading(case, place, folder, corpus)
        user = Worker(User, place, folder, options.scale)
        try:
            user.ask("compact")
        finally:
            user.close()
        _report_size(f"{case}, compacted", place)


def _report_months(case: str, months: list[Month]) -> None:
    for metric in ("wall_s", "cpu_s", "files", "megabytes"):
        arms = {f"month {number}": float(getattr(month, metric)) for number, month in enumerate(months, 1)}
        figures.report("store", f"{case}, month by month", metric.replace("_", " "), arms, n=1)


def _report_size(case: str, place: Path) -> None:
    surveyor = Worker(Surveyor, place)
    try:
        tables: dict[str, tuple[int, int, int]] = surveyor.ask("survey")
    finally:
        surveyor.close()
    files, size = files_and_bytes(place)
    spool = sum(path.stat().st_blocks * 512 for path in place.glob("spool.sqlite*"))
    arrow = sum(nbytes for _, _, nbytes in tables.values())
    most = max(tables, key=lambda table: tables[table][1])
    print(f"# {case}: rows and files by table: { {table: found[:2] for table, found in tables.items()} }", flush=True)
    measures = {
        "rows": (sum(rows for rows, _, _ in tables.values()), ""),
        "tables": (len(tables), ""),
        "files": (files, ""),
        f"files of {most}, which has most": (tables[most][1], "under 100"),
        "MB on disk": (size / 1e6, ""),
        "MB of the spool among them": (spool / 1e6, ""),
        "disk over Arrow": (size / arrow, "at most 3"),
    }
    for metric, (value, goal) in measures.items():
        figures.report("store", case, metric, {"LanceStore": value}, n=1, goal=goal)


def _report_reading(case: str, place: Path, folder: Path, corpus: Corpus) -> None:
    """Open it anew, and ask it beside a fresh store with the same corrections."""
    filler = Worker(Filler, folder / "fresh", corpus.size, folder)
    filler.ask("done")
    filler.close()
    queries = corpus.queries(QUESTIONS)
    places = {"after a year": place, "fresh": folder / "fresh"}
    readers = {arm: Worker(Reader, each, folder / f"other {arm}", queries) for arm, each in places.items()}
    asked: dict[str, list[float]] = {arm: [] for arm in places}
    try:
        opened = {arm: reader.ask("opened") for arm, reader in readers.items()}
        for arm, reader in readers.items():
            reader.ask("ask", queries)  # warm
            asked[arm].clear()
        for start in range(0, len(queries), BLOCK):
            for arm, reader in readers.items():
                asked[arm].append(reader.ask("ask", queries[start : start + BLOCK]))
    finally:
        for reader in readers.values():
            reader.close()
    figures.report("store", case, "s to open", {arm: s for arm, (s, _) in opened.items()}, n=1, goal="under 1")
    figures.report("store", case, "CPU s to open", {arm: s for arm, (_, s) in opened.items()}, n=1)
    middle = {arm: statistics.median(each) for arm, each in asked.items()}
    figures.report("store", case, "recall, CPU ms", middle, n=len(queries), goal="1.5 of the fresh one")


class Filler:
    """Makes the fresh store."""

    def __init__(self, place: Path, size: int, folder: Path) -> None:
        fill(place, Corpus(size, folder))

    def done(self) -> bool:
        """Tell that it is filled."""
        return True
