"""A second process with a store open, which does as it is told. Run as a module, it obeys its input."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from feedback_store.events import parse_record
from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope
from tests.embeddings import TrigramEmbeddings

ROOT = Path(__file__).parent.parent


class Other:
    """The process, told what to do from here. It opens its stores with `TrigramEmbeddings`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.other_process"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def do(self, what: str, *arguments: Any) -> Any:
        """Have something done (see `DEEDS`), and return its answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([what, *arguments]).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def append(self, *records: Any) -> list[str]:
        """Have records appended, and return the ids of those stored."""
        return self.do("append", *(record.model_dump_json() for record in records))

    def stop(self) -> None:
        """Let it do nothing more until it is told to go on."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after a stop."""
        if self._process.poll() is None:
            os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait(60)


class Stores:
    """What the process has open: the one opened last is meant."""

    store: LanceStore

    def open(self, folder: str) -> str:
        """Open a store, and return who has its drainer."""
        self.store = LanceStore(folder, embeddings=TrigramEmbeddings())
        return self.store.status().drainer

    def append(self, *records: str) -> list[str]:
        """Append records, and return the ids of those stored."""
        return [*self.store.append(map(parse_record, records)).stored]

    def states(self) -> dict[str, str]:
        """Return the states of the corrections."""
        return {known.id: known.state for known in self.store.corrections()}

    def found(self, question: str, user: str) -> dict[str, float | None]:
        """Return the corrections that may apply, with their similarity."""
        found = self.store.similar_corrections(question, scope=Scope(user_id=user, tenant="default"), limit=1_000)
        return {one.known.id: one.similarity for one in found}

    def ids(self) -> list[str]:
        """Return the ids of turns and events."""
        return [turn.turn_id for turn in self.store.turns()] + [event.event_id for event in self.store.events()]

    def erase(self, user: str) -> dict[str, int]:
        """Erase a user."""
        return self.store.erase(user_id=user).model_dump()

    def status(self) -> str:
        """Return who has the drainer."""
        return self.store.status().drainer

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def main() -> None:
    """Do as the lines of the input say, and close the stores at its end."""
    stores, opened = Stores(), list[LanceStore]()
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        assert what in DEEDS
        answer = getattr(stores, what)(*arguments)
        opened += [stores.store] if what == "open" else []
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    for store in opened:
        store.close()


DEEDS = ("open", "append", "states", "found", "ids", "erase", "status", "close")
if __name__ == "__main__":
    main()
