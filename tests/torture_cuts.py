"""Run as a module: `FOLDER CUTS SEED [FOIL]`. Writers share a store on a disk whose power fails again and again.

After each loss of power the writers are gone, the disk is mounted as it was at that moment, and life goes on with it.
What was acknowledged before the moment must be there, once. Prints what happened as JSON, and ends with 1 where
something is lost. Needs root on Linux. With a foil (`sqlite`, `lancedb`) the store is that one: a trial of the torture.
"""

import json
import select
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import lancedb  # pyright: ignore[reportUnusedImport]  # noqa: F401  # loaded once; a fork after a mere import is sound

from feedback_store import lance_keeper
from tests.torture_audit import Findings, audit
from tests.torture_crew import Crew, in_child
from tests.torture_disk import Disk
from tests.torture_foils import FOILS
from tests.torture_kills import WRITERS, tell
from tests.torture_ledger import forget_answers, read, sizes
from tests.torture_writer import Writer, opener

LIVES: Final = 6
"""So many losses of power for each disk; then comes a new one, without a store."""
MOMENTS: Final = {(0.05, 1.5): 5, (1.5, 4.0): 4, (5.0, 9.0): 2, (31.0, 38.0): 0.5}
"""Seconds after the start between which the power fails, with how often: while the store is made or repaired, while it
is young, after a commit of the file system (5 s), after the kernel has written back what is old (30 s)."""


class Cuts:
    """The run on one disk."""

    def __init__(self, folder: Path, seed: str, foil: str | None, *, volatile: bool) -> None:
        self._ledgers = folder / "ledgers"
        self._ledgers.mkdir(parents=True)
        self._random = Random(seed)  # noqa: S311  # repeatable dice, no secret
        self._foil = foil
        self._seed = seed
        self.disk = Disk(folder, volatile=volatile)
        self._store = self.disk.at / "feedback"
        self._crew = Crew(self._life())
        self.cuts = 0
        self.wrong: list[dict[str, Any]] = []
        self.figures = Counter[str]()

    def _life(self) -> Callable[[int], None]:
        self._store.mkdir()
        if self._foil:
            write = FOILS[self._foil][0]
            return lambda number: write(self._store, self._ledgers, number)
        open_store = opener(self._store)
        return lambda number: Writer(number, self._seed, self._ledgers, open_store).live()

    def run(self, lives: int) -> None:
        """Cut the power so many times."""
        for life in range(1, lives + 1):
            lance_keeper.this_boot = f"{self._seed}-{life}".__str__  # in those that are forked from here
            self._crew.fill(WRITERS)
            span = self._random.choices([*MOMENTS], weights=[*MOMENTS.values()])[0]
            moment = self._random.uniform(*span)
            select.select([], [], [], moment)
            before = sizes(self._ledgers)
            self.disk.cut()
            self._crew.kill_all()
            forget_answers(self._ledgers, before)
            self.disk.reboot()
            self.cuts += 1
            lance_keeper.this_boot = f"{self._seed}-{life} over".__str__
            self._store.mkdir(exist_ok=True)
            if life == lives or self._random.random() < 0.7:  # else the power fails while it is repaired
                self._audit(moment)
            if self.wrong:
                return

    def _audit(self, moment: float) -> None:
        found = in_child(lambda: self._look().as_json())
        tell(f"{self.cuts}: cut after {moment:.1f} s, {found['figures']}, wrong: {found['wrong']}")
        if found["wrong"]:
            self.wrong.append(found["wrong"])
        for name, count in found["figures"].items():
            self.figures[name] = max(count, self.figures[name])
        self.figures["audits"] += 1

    def _look(self) -> Findings:
        told = read(self._ledgers)
        if not self._foil:
            return audit(self._store, told, opener(self._store))
        found = Findings()
        found.figures["acknowledged"] = len(told.acknowledged)
        try:
            there = FOILS[self._foil][1](self._store)
        except Exception as error:  # whatever it says, it cannot be read
            found.blame("not opened", [type(error).__name__] if told.acknowledged else [])
        else:
            found.blame("lost", told.acknowledged - there)
        return found

    def report(self) -> dict[str, Any]:
        """Return what is to be added up over the disks."""
        if self._crew.faults and not self._foil:
            self.wrong.append({"ended by themselves": self._crew.faults})
        return {"figures": self.figures, "wrong": self.wrong}


def main(folder: str, cuts: str, seed: str, foil: str | None = None) -> int:
    """Run, print the figures, and return the exit code."""
    start = time.monotonic()
    done, disks = 0, 0
    figures = Counter[str]()
    wrong: list[dict[str, Any]] = []
    while done < int(cuts) and not (wrong and not foil):
        disks += 1
        volatile = disks % 2 == 0
        tell(f"disk {disks}, {'with a volatile cache' if volatile else 'in order'}, seed {seed}-{disks}")
        run = Cuts(Path(folder) / f"{disks}", f"{seed}-{disks}", foil, volatile=volatile)
        with run.disk:
            run.run(min(LIVES, int(cuts) - done))
        done += run.cuts
        told = run.report()
        figures.update(told["figures"])
        wrong += told["wrong"]
    seconds = round(time.monotonic() - start)
    report = {"seed": seed, "cuts": done, "disks": disks, "seconds": seconds, "figures": figures, "wrong": wrong}
    sys.stdout.write(json.dumps(report) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
