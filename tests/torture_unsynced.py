"""A loss of power without root: the store's folder as the disk may have it, at each moment at which a file is synced.

What was removed is gone. What LanceDB wrote and nobody has synced, its folder included, is empty, missing, there, or
there with holes: the worst that file systems do. SQLite is believed to sync what it commits; `torture_cuts` asks a
real disk.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final, Literal, Self

Harm = Literal["empty", "missing", "there", "holed"]
HARMS: Final[tuple[tuple[Harm, ...], ...]] = (
    ("empty",),
    ("missing",),
    ("empty", "there", "there"),
    ("holed", "there"),
    ("empty", "missing", "there", "holed"),
)
BLOCK: Final = 4096
"""What becomes of each file that is not on the disk yet: one of these, by the dice, in one of these ways for a cut."""


@dataclass(frozen=True)
class Told:
    """The ids that were acknowledged, and those whose erasure was."""

    there: set[str] = field(default_factory=set[str])
    gone: set[str] = field(default_factory=set[str])

    def copy(self) -> "Told":
        """Return what is true now."""
        return Told({*self.there}, {*self.gone})


class Unsynced:
    """While it is entered: takes a copy of a store's folder at some syncs, as a loss of power would leave it.

    Args:
        store: the folder.
        cuts: where the copies go.
        every: one copy for about so many syncs; each has what was `told` by then.
        random: the dice.

    """

    def __init__(self, store: Path, cuts: Path, *, every: int, random: Random) -> None:
        self._store, self._folder, self._every, self._random = store, cuts, every, random
        self.told = Told()
        self._synced: dict[Path, tuple[int, int, int]] = {}
        self._syncs = 0
        self._fsync = os.fsync
        self.cuts: list[tuple[Path, Told]] = []

    def __enter__(self) -> Self:
        os.fsync = self._noting
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.fsync = self._fsync

    def _noting(self, handle: int) -> None:
        """Sync, note it, and at times take a copy before or after it."""
        before, after = (self._random.randrange(2 * self._every) == 0 for _ in range(2))
        if before:
            self.cut()
        self._fsync(handle)
        path = Path(f"/proc/self/fd/{handle}").readlink()
        self._syncs += 1
        found = path.stat()
        if path.is_dir() or self._synced.get(path, ())[1:] != (found.st_ino, found.st_mtime_ns):
            self._synced[path] = self._syncs, found.st_ino, found.st_mtime_ns
        if after:
            self.cut()

    def cut(self) -> None:
        """Take a copy now."""
        told = self.told.copy()  # first: what is acknowledged while the copy is taken need not be in it
        if not (self._store / "spool.sqlite").exists():
            return
        target = self._folder / f"{len(self.cuts)}"
        target.mkdir()
        with (
            closing(sqlite3.connect(self._store / "spool.sqlite")) as spool,
            closing(sqlite3.connect(target / "spool.sqlite")) as copy,
        ):
            spool.backup(copy)
        harms = self._random.choice(HARMS)
        for path in sorted(self._store.rglob("*.lance/**/*")):
            if path.is_file():
                self._copy(path, target / path.relative_to(self._store), self._random.choice(harms))
        self.cuts.append((target, told))

    def _copy(self, path: Path, target: Path, harm: Harm) -> None:
        try:
            durable = self._is_durable(path)
            if not durable and harm == "missing":
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
            if durable or harm in ("there", "holed"):
                shutil.copyfile(path, target)
            if not durable and harm == "holed":
                self._make_holes(target)
        except FileNotFoundError:  # it was removed at this moment
            target.unlink(missing_ok=True)

    def _make_holes(self, path: Path) -> None:
        """Fill blocks with zeros: the length reached the disk, and they did not."""
        with path.open("r+b") as file:
            for start in range(0, path.stat().st_size, BLOCK):
                if self._random.random() < 0.5:
                    file.seek(start)
                    file.write(bytes(min(BLOCK, path.stat().st_size - start)))

    def _is_durable(self, path: Path) -> bool:
        """Tell whether a file was synced as it is, then its folder, and the folders above since they were made."""
        when, inode, changed = self._synced.get(path, (0, 0, 0))
        found = path.stat()
        if (inode, changed) != (found.st_ino, found.st_mtime_ns):
            return False
        above = [folder for folder in path.parents if folder == self._store or self._store in folder.parents]
        synced = [self._synced.get(folder, (0, 0, 0)) for folder in above]
        same = all(each[1] == folder.stat().st_ino for each, folder in zip(synced, above, strict=True))
        return same and synced[0][0] > when
