"""The life of one writer in a torture run: it appends, is acknowledged, looks whether it sees its own acts, notes all.

It runs in a process that was forked after a bare import of LanceDB, and ends by a signal only: SIGKILL at any moment,
or SIGTERM, at which it closes the store first.
"""

import faulthandler
import signal
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final, NoReturn

from feedback_store.events import AnyRecord, Correction, Turn
from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope
from tests.embeddings import TrigramEmbeddings
from tests.torture_acts import Acts, leaver
from tests.torture_ledger import Ledger, digest, key

Open = Callable[[], LanceStore]
FRESHNESS: Final = timedelta(milliseconds=20)
SMALL_FILES: Final = 4
"""Upkeep comes after so many writes: often."""


def opener(folder: Path) -> Open:
    """Return what opens the store of a torture run, which drains and tidies all the time."""
    return lambda: LanceStore(folder, embeddings=TrigramEmbeddings(), freshness=FRESHNESS, small_files=SMALL_FILES)


class Closing(Exception):
    """Raised between two acts after a SIGTERM."""


class Writer:
    """A writer.

    Args:
        number: which no other writer of the run has.
        seed: of its dice.
        ledgers: the folder of the ledgers.
        open_store: opens the store.

    """

    def __init__(self, number: int, seed: str, ledgers: Path, open_store: Open) -> None:
        self._random = Random(f"{seed}-{number}")  # noqa: S311  # repeatable dice, no secret
        self._acts = Acts(number, self._random)
        self._ledger = Ledger(ledgers, number)
        self._open = open_store
        self._closing = False

    def live(self) -> NoReturn:
        """Append until the end; a fault is noted and ends the process with 1."""
        signal.signal(signal.SIGTERM, self._told_to_close)
        faulthandler.enable()
        try:
            self._work()
        except Closing:
            raise SystemExit(0) from None
        except BaseException:
            self._ledger.fault(traceback.format_exc())
            raise SystemExit(1) from None

    def _told_to_close(self, *_: object) -> None:
        self._closing = True

    def _work(self) -> NoReturn:
        store = self._open()
        for batch in self._acts:
            if self._closing:
                store.close()
                raise Closing
            self._ledger.about_to(batch)
            receipt = store.append(batch)
            self._ledger.answered(batch, receipt)
            self._acts.acknowledged(batch)
            if leaves := leaver(batch):
                store.erase(user_id=leaves[0], tenant=leaves[1])
                self._ledger.erased(batch)
                continue
            chance = self._random.random()
            if chance < 0.3:
                self._look_at_own(store, batch)
            elif chance < 0.35:
                self._read_others(store)
            elif chance < 0.36:
                store.flush()
            elif chance < 0.362:
                store.compact()
            elif chance < 0.37:
                store.close()
                store = self._open()
        raise AssertionError

    def _look_at_own(self, store: LanceStore, batch: list[AnyRecord]) -> None:
        """Look whether the next read sees what was just acknowledged."""
        turns = {record.turn_id: record for record in batch if isinstance(record, Turn)}
        others = {key(record): record for record in batch if not isinstance(record, Turn)}
        seen = {turn.turn_id: turn for turn in store.turns(turn_ids=[*turns])} if turns else {}
        for turn_id, turn in turns.items():
            found = seen.get(turn_id)
            if found is None or (found.status == "asked" and turn.status != "asked"):
                self._ledger.fault(f"{turn_id} was acknowledged {turn.status}, and the next read gave {found!r}")
        if others:
            events = store.events(event_ids=[*others])
            ids = sorted(event.event_id for event in events)
            if ids != sorted(others):
                self._ledger.fault(f"{sorted(others)} were acknowledged, and the next read gave {ids}")
            own = {each: record for each, record in others.items() if not each.startswith("shared")}
            if wrong := [each.event_id for each in events if each.event_id in own and each != own[each.event_id]]:
                self._ledger.fault(f"{wrong} were read otherwise than they were appended")
        corrections = [record for record in others.values() if isinstance(record, Correction)]
        for correction in corrections[:1]:
            self._look_for(store, correction)

    def _look_for(self, store: LanceStore, correction: Correction) -> None:
        """Look whether a correction is found for its own question by its author, as long as it stands."""
        known = store.corrections(event_ids=[correction.event_id])
        if [one.id for one in known] != [correction.event_id]:
            self._ledger.fault(f"{correction.event_id} was acknowledged, and corrections gave {known!r}")
            return
        kept = known[0].correction
        if digest(kept) != digest(correction) and not correction.event_id.startswith("shared"):
            self._ledger.fault(f"the view holds {kept!r} for {correction!r}")
        scope = Scope(user_id=kept.user_id, tenant=kept.tenant)
        found = {one.known.id for one in store.similar_corrections(kept.question, scope=scope)}
        after = store.corrections(event_ids=[correction.event_id])[0]
        standing = {known[0].state, after.state}
        if kept.event_id not in found and standing <= {"pending", "active"}:
            self._ledger.fault(f"{kept.event_id} stands as {standing} and is not found for its own question")
        if kept.event_id in found and standing <= {"rejected", "withdrawn", "superseded"}:
            self._ledger.fault(f"{kept.event_id} stands as {standing} and is found all the same")

    def _read_others(self, store: LanceStore) -> None:
        """Read the newest corrections, whoever made them, to review and supersede them."""
        newest = [known.correction for known in store.corrections(limit=10)]
        self._acts.corrections.extend(each for each in newest if not leaver([each]))
