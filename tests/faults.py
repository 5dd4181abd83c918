"""Faults, each of them real: a disk without space, rights taken away, a clock set back; and what a store must keep."""

import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

import pytest

from feedback_store.events import AnyRecord
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn

NOBODY: Final = 65_534
"""A user without rights."""


class Kept:
    """A store, and the ids of what it acknowledged."""

    def __init__(self, opener: Opener, **options: Any) -> None:
        self._opener, self._options = opener, options
        self.ids: list[str] = []
        self.open()

    def open(self) -> None:
        """Open the store, anew where it was open before."""
        self.store = self._opener(TrigramEmbeddings(), **self._options)

    def append(self, *records: AnyRecord) -> None:
        """Append, and remember what was acknowledged."""
        self.ids += self.store.append(records).stored

    def some_of_each(self) -> None:
        """Append a turn, a rating, a correction and its approval."""
        correction = a_correction()
        self.append(a_turn(), a_rating(), correction, a_review(correction))

    def append_until_refused(self) -> None:
        """Append ratings, and raise what the first one that is refused raises."""
        while True:  # the journal may have some room of its own
            self.append(a_rating(comment="It was wrong. " * 100))

    def found(self) -> list[str]:
        """Return the ids of what reads find, sorted."""
        return sorted([turn.turn_id for turn in self.store.turns()] + [event.event_id for event in self.store.events()])

    def check(self) -> None:
        """Have all moved to the tables, where it is to be once, and nothing else."""
        self.store.flush()
        assert self.found() == sorted(self.ids)
        assert self.store.verify().well
        rows = Counter[str]()
        for path in self._opener.folder.glob("*.lance"):
            key = {"turns": "turn_id", "events": "event_id", "teachings": "event_id"}.get(path.stem.split("_")[0])
            if key:
                rows.update(self._opener.table(path.stem).to_arrow()[key].to_pylist())
        assert rows == Counter(self.ids)


@contextmanager
def filled(disk: Path) -> Generator[None]:
    """Leave no byte of a disk free."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


@contextmanager
def nothing_may_grow() -> Generator[None]:
    """Let this process write to no file, as a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def open_files(folder: Path) -> list[str]:
    """Return the files of a folder that this process has open."""
    found: list[str] = []
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of the listing
            found.append(str(handle.readlink()))
    return [path for path in found if path.startswith(f"{folder}/")]


def give_away(*paths: Path) -> None:
    """Make these an ordinary user's, where this process is root's."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, -1)


@contextmanager
def rights(folder: Path, *, folders: int, files: int) -> Generator[None]:
    """Give a store's folders and files these rights, to a user who is not root, and be that user."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(folders if path.is_dir() else files)
    was_root = os.geteuid() == 0
    if was_root:  # who may write anywhere
        give_away(folder.parent, *paths)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)
            os.chown(folder.parent, 0, -1)
        for path in paths:
            if path.exists():
                path.chmod(0o700 if path.is_dir() else 0o600)


def set_clock(patch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Set the clock that the store looks at; LanceDB's own, which dates the versions of tables, stays."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + by

    real: Callable[[], int] = time.time_ns
    patch.setattr(time, "time_ns", lambda: real() + int(by.total_seconds()) * 10**9)
    for name, module in [*sys.modules.items()]:
        if name.startswith("feedback_store.") and vars(module).get("datetime") is datetime:
            patch.setattr(module, "datetime", Shifted)
