"""What is right of a store at rest after a torture run, held against what its writers were told."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import lancedb

from feedback_store.events import Correction, Feedback, Review
from feedback_store.lancedb import LanceStore
from feedback_store.memory import MemoryStore
from feedback_store.standing import in_force
from feedback_store.store import Scope
from tests.torture_ledger import Told, digest, key
from tests.torture_writer import Open

DRAINED: Final = timedelta(minutes=4)
"""How long the rest of the queue may take: the machine can be busy."""
_FAMILIES: Final = {"turns": "turn_id", "events": "event_id", "teachings": "event_id"}
"""The tables of records, by the first word of their name, with their key. Each record is in one of one family."""


class Findings:
    """What was found wrong, a few examples of each kind, and figures."""

    def __init__(self) -> None:
        self.wrong: dict[str, list[str]] = {}
        self.figures = Counter[str](lost=0, twice=0)

    def blame(self, kind: str, examples: Iterable[object]) -> None:
        """Take note of what is wrong, where there is any; the first word of its kind is its heading in the figures."""
        if found := sorted(map(str, examples)):
            self.wrong[f"{len(found)} times: {kind}"] = found[:5]
            self.figures[kind.partition(" ")[0]] += len(found)

    def as_json(self) -> dict[str, Any]:
        """Return all."""
        return {"wrong": self.wrong, "figures": self.figures}


def audit(folder: Path, told: Told, open_store: Open) -> Findings:
    """Open the store, empty its queue, and look for what was lost, is there twice, was altered, or is told wrongly."""
    found = Findings()
    found.blame("seen wrong by a writer", told.faults)
    found.blame("receipt that cannot be", told.wrong_receipts())
    store = open_store()
    _records(store, told, found, "before the flush")
    store.flush(DRAINED)
    store.compact()  # is done after the erasures that were asked for by writers who were killed
    _records(store, told, found, "after the flush")
    _view(store, found)
    store.close()
    tables(folder, told, found)
    return found


def _records(store: LanceStore, told: Told, found: Findings, when: str) -> None:
    turns, events = store.turns(), store.events()
    counts = Counter([turn.turn_id for turn in turns] + [event.event_id for event in events])
    sizes = {"acknowledged": len(told.acknowledged), "turns": len(turns), "events": len(events)}
    for name, size in sizes.items():
        found.figures[name] = size
    found.blame(f"lost {when}", {each.partition(":")[0] for each in told.acknowledged} - counts.keys())
    found.blame(f"twice read {when}", (each for each, count in counts.items() if count > 1))
    found.blame(f"never appended, and read {when}", counts.keys() - {each.partition(":")[0] for each in told.tried})
    found.blame(f"there though erased {when}", {each.partition(":")[0] for each in told.erased} & counts.keys())
    found.figures["erased"] = len(told.erased)
    ended = {each.partition(":")[0] for each in told.acknowledged if each.endswith(":ended")}
    found.blame(f"lost end of a turn {when}", {turn.turn_id for turn in turns if turn.status == "asked"} & ended)
    contents: dict[str, set[str]] = defaultdict(set)
    for each, digests in told.digests.items():
        contents[each.partition(":")[0]] |= digests
    altered = (key(record) for record in (*turns, *events) if digest(record) not in contents[key(record)])
    found.blame(f"altered {when}", altered)


def _view(store: LanceStore, found: Findings) -> None:
    """Hold the view of corrections, and the search in it, against the store in memory, which folds all anew."""
    taught: list[Feedback] = [event for event in store.events() if isinstance(event, Correction | Review)]
    memory = MemoryStore()
    memory.append(taught)
    should = {known.id: known for known in memory.corrections()}
    for when in ("before a rebuild", "after a rebuild"):
        known = store.corrections()
        found.blame(f"twice a correction {when}", (one for one, n in Counter(k.id for k in known).items() if n > 1))
        held = {one.id: one for one in known}
        wrong = (one for one in should.keys() | held.keys() if should.get(one) != held.get(one))
        found.blame(f"corrections that stand otherwise than their events tell {when}", wrong)
        for user in ("ann", "ben", "cem"):
            scope = Scope(user_id=user, tenant="default")
            acting = {one.id for one in should.values() if in_force(one, user_id=user, tenant="default")}
            search = store.similar_corrections("What of the refund?", scope=scope, limit=len(should) + 10)
            ids = [one.known.id for one in search]
            found.blame(f"found or not found wrongly for {user} {when}", {*ids} ^ acting)
            found.blame(f"twice found for {user} {when}", (one for one, n in Counter(ids).items() if n > 1))
        if when == "before a rebuild":
            store.rebuild()
    found.figures["corrections"] = len(should)


def tables(folder: Path, told: Told, found: Findings) -> None:
    """Look into the tables of LanceDB as another program would: each key once in all tables of its family."""
    db: Any = lancedb.connect(folder)
    keys: dict[str, list[str]] = {"turn_id": [], "event_id": []}
    for name in db.table_names(limit=10_000):
        column = next((column for family, column in _FAMILIES.items() if name.startswith(family)), None)
        rows = db.open_table(name).to_arrow()
        if column:
            keys[column] += rows[column].to_pylist()
        elif "event_id" in rows.column_names:
            own: Counter[str] = Counter(rows["event_id"].to_pylist())
            found.blame(f"twice in {name}", (each for each, count in own.items() if count > 1))
    for column, held in keys.items():
        twice = (each for each, count in Counter(held).items() if count > 1)
        found.blame(f"twice in the tables by {column}", twice)
    there = {*keys["turn_id"], *keys["event_id"]}
    found.blame("there in the tables though erased", {each.partition(":")[0] for each in told.erased} & there)
    found.blame("lost in the tables", {each.partition(":")[0] for each in told.acknowledged} - there)
