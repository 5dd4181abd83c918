"""Run as a module: `FOLDER KILLS SEED`. Writers share a store and are killed without end, each replaced at once.

Prints what happened as JSON, and ends with 1 where anything acknowledged was lost, is there twice, or is told wrongly.
"""

import json
import os
import select
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Final

import lancedb  # pyright: ignore[reportUnusedImport]  # noqa: F401  # loaded once; a fork after a mere import is sound

from tests.torture_audit import audit
from tests.torture_crew import PATIENCE_S, Crew, Member, in_child
from tests.torture_ledger import read
from tests.torture_watch import Watch, lock_holder
from tests.torture_writer import Writer, opener

WRITERS: Final = 4
AUDIT_EVERY: Final = 100
"""After so many kills all are killed, and the store is looked into."""
MOMENTS: Final = {"act": 6, "drain": 5, "spool": 3, "tidy": 3, "open": 2, "close": 2, "together": 1}
"""When the next kill comes, with how often: after some acts of the victim; while the drainer writes; while somebody
writes to the spool; while old files are removed; just after the start; while it closes; all at once."""


class Kills:
    """The run."""

    def __init__(self, folder: Path, seed: str) -> None:
        self._store, self._ledgers = folder / "feedback", folder / "ledgers"
        for path in (self._store, self._ledgers):
            path.mkdir(parents=True)
        self._random = Random(seed)  # noqa: S311  # repeatable dice, no secret
        self._watch, self._acts = Watch(self._store), Watch(self._ledgers)
        self._open = opener(self._store)
        self._crew = Crew(lambda number: Writer(number, seed, self._ledgers, self._open).live())
        self.moments = Counter[str]()
        self.drainers = 0
        self.kills = 0
        self.wrong: list[dict[str, Any]] = []
        self.figures: dict[str, int] = {}

    def run(self, kills: int) -> None:
        """Kill so many times, and audit now and then and at the end."""
        since = 0
        while self.kills < kills and not self.wrong:
            self._crew.fill(WRITERS)
            before = self.kills
            self._kill_one()
            since += self.kills - before
            if since >= AUDIT_EVERY or self.kills >= kills:
                since = 0
                self.kills += self._crew.kill_all()
                self._audit()

    def _kill_one(self) -> None:
        moment = self._random.choices([*MOMENTS], weights=[*MOMENTS.values()])[0]
        holder = lock_holder(self._store / "drain.lock")
        draining = next((member for member in self._crew.members if member.pid == holder), None)
        victim = self._random.choice(self._crew.members)
        if moment in ("drain", "tidy"):
            victim = draining or victim
        if self._await(moment, victim):
            self.moments[moment] += 1
        if moment == "together":
            self.kills += self._crew.kill_all()
            return
        self.drainers += victim.pid == lock_holder(self._store / "drain.lock")
        self.kills += self._crew.kill(victim)

    def _await(self, moment: str, victim: Member) -> bool:
        """Wait for the moment, and tell whether it came."""
        self._watch.refresh()
        few = self._random.randrange(1, 12)
        if moment == "act":
            self._await_acts(victim, few)
        elif moment == "drain":
            return self._watch.await_signs(few, {"create", "move"}, inside=".lance", within=5)
        elif moment == "tidy":
            return self._watch.await_signs(few, {"delete"}, inside=".lance", within=5)
        elif moment == "spool":
            return self._watch.await_signs(few, {"modify"}, inside="spool.sqlite", within=5)
        elif moment == "close":
            self._await_acts(victim, 1)
            os.kill(victim.pid, signal.SIGTERM)
        select.select([], [], [], self._random.uniform(0, 0.2 if moment in ("open", "close") else 0.02))
        return True

    def _await_acts(self, victim: Member, acts: int) -> None:
        self._acts.refresh()
        if not self._acts.await_signs(2 * acts, {"modify"}, inside=f"/{victim.number}.ledger", within=PATIENCE_S):
            os.kill(victim.pid, signal.SIGABRT)  # faulthandler tells where it was
            self._crew.faults.append(f"writer {victim.number} did nothing for {PATIENCE_S} s")
            self.wrong.append({"stuck": victim.number})

    def _audit(self) -> None:
        start = time.monotonic()
        found = in_child(lambda: audit(self._store, read(self._ledgers), self._open).as_json())
        if found["wrong"]:
            self.wrong.append(found["wrong"])
        self.figures = found["figures"]
        seconds = time.monotonic() - start
        tell(f"{self.kills} kills: {found['figures']}, audited in {seconds:.0f} s, wrong: {found['wrong']}")

    def report(self) -> dict[str, Any]:
        """Return all figures."""
        if self._crew.faults:
            self.wrong.append({"ended by themselves": self._crew.faults})
        return {
            "kills": self.kills,
            "of drainers": self.drainers,
            "moments": self.moments,
            "figures": self.figures,
            "wrong": self.wrong,
        }


def tell(text: str) -> None:
    """Say how it goes, while it goes."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(folder: str, kills: str, seed: str) -> int:
    """Run, print the figures, and return the exit code."""
    start = time.monotonic()
    run = Kills(Path(folder), seed)
    tell(f"seed {seed}")
    run.run(int(kills))
    report = {"seed": seed, "seconds": round(time.monotonic() - start)} | run.report()
    sys.stdout.write(json.dumps(report) + "\n")
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
