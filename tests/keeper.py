"""A process that opens stores before a test does, and so holds their drainers. Run as a module, it obeys its input."""

import subprocess
import sys
from pathlib import Path

from feedback_store.lancedb import LanceStore

ROOT = Path(__file__).parent.parent


class Keeper:
    """A second process, which keeps the stores that it is told to."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.keeper"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid

    def open(self, folder: Path) -> None:
        """Have the store opened; returns when the other process has its drainer."""
        self._say(f"open {folder}")

    def close(self, folder: Path) -> None:
        """Have the store closed."""
        self._say(f"close {folder}")

    def end(self) -> None:
        """End the process; it closes its stores."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def _say(self, line: str) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer == "done\n", answer


def main() -> None:
    """Open and close stores as the lines of the input say."""
    stores: dict[str, LanceStore] = {}
    for line in sys.stdin:
        verb, _, folder = line.rstrip("\n").partition(" ")
        if verb == "open":
            stores[folder] = LanceStore(folder)
            assert stores[folder].status().drainer == "this process"
        else:
            stores.pop(folder).close()
        sys.stdout.write("done\n")
        sys.stdout.flush()
    for store in stores.values():
        store.close()


if __name__ == "__main__":
    main()
