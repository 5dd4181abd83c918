"""What the writers of a torture run were told, each line written at the moment: it survives their kill.

The lines of one append: `? token digest …` before it, `+ token …` (stored) and `= token …` (known already) after it;
`- token …` when they are erased. A token is a record's id; of a turn it is the id with how far the turn had come.
`! words` is a fault that a writer saw.
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from feedback_store.events import AnyRecord, Turn
from feedback_store.store import Receipt


def key(record: AnyRecord) -> str:
    """Return the id of a record."""
    return record.turn_id if isinstance(record, Turn) else record.event_id


def token(record: AnyRecord) -> str:
    """Return the word for a record in the ledger."""
    if isinstance(record, Turn):
        return f"{record.turn_id}:{'asked' if record.status == 'asked' else 'ended'}"
    return record.event_id


def digest(record: AnyRecord) -> str:
    """Return what tells one content of a record from another."""
    return hashlib.blake2b(record.model_dump_json().encode(), digest_size=8).hexdigest()


class Ledger:
    """The ledger of one writer.

    Args:
        folder: where those of all writers lie.
        writer: its number.

    """

    def __init__(self, folder: Path, writer: int) -> None:
        self._file = os.open(folder / f"{writer}.ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def about_to(self, records: Iterable[AnyRecord]) -> None:
        """Note what will be appended."""
        self._write("? " + " ".join(f"{token(record)} {digest(record)}" for record in records))

    def answered(self, records: Iterable[AnyRecord], receipt: Receipt) -> None:
        """Note the acknowledgement: only after the append has returned."""
        words = {key(record): token(record) for record in records}
        lines = [("+", receipt.stored), ("=", receipt.known)]
        self._write("\n".join(f"{sign} {' '.join(words[each] for each in ids)}" for sign, ids in lines if ids))

    def erased(self, records: Iterable[AnyRecord]) -> None:
        """Note that an erasure was acknowledged."""
        self._write("- " + " ".join(map(token, records)))

    def fault(self, text: str) -> None:
        """Note what must not happen."""
        self._write("! " + " | ".join(text.strip().splitlines()))

    def _write(self, lines: str) -> None:
        os.write(self._file, f"{lines}\n".encode())


@dataclass
class Told:
    """What the ledgers tell, by token."""

    tried: Counter[str] = field(default_factory=Counter[str])
    stored: Counter[str] = field(default_factory=Counter[str])
    known: Counter[str] = field(default_factory=Counter[str])
    digests: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    erased: set[str] = field(default_factory=set[str])
    faults: list[str] = field(default_factory=list[str])

    @property
    def acknowledged(self) -> set[str]:
        """The tokens of all that was acknowledged and that nobody is about to erase."""
        return {each for each in (*self.stored, *self.known) if not each.startswith("x")}

    def wrong_receipts(self) -> list[str]:
        """Return what the receipts say that cannot be: stored twice, known before anybody stored it."""
        wrong = [f"{each}: stored {count} times" for each, count in self.stored.items() if count > 1]
        for each, count in self.tried.items():
            answers = self.stored[each] + self.known[each]
            if answers == count and not self.stored[each]:
                wrong.append(f"{each}: known {count} times, and never stored")
        return wrong


def sizes(folder: Path) -> dict[str, int]:
    """Return how long each ledger is now: what is acknowledged before this moment lies within it."""
    return {path.name: path.stat().st_size for path in folder.glob("*.ledger")}


def forget_answers(folder: Path, after: dict[str, int]) -> None:
    """Strike out the acknowledgements after these sizes: they may be gone, what was appended may be there.

    The faults stay.
    """
    for path in folder.glob("*.ledger"):
        data = path.read_bytes()
        size = after.get(path.name, 0)
        rest = b"".join(line for line in data[size:].splitlines(keepends=True) if line[:1] in b"?!")
        path.write_bytes(data[:size] + rest)


def read(folder: Path) -> Told:
    """Read the ledgers; a line whose writer was killed in the middle of it does not count."""
    told = Told()
    for path in sorted(folder.glob("*.ledger")):
        for line in path.read_text().split("\n")[:-1]:
            sign, *words = line.split(" ")
            if sign == "?":
                told.tried.update(words[::2])
                for each, content in zip(words[::2], words[1::2], strict=True):
                    told.digests[each].add(content)
            elif sign == "!":
                told.faults.append(f"writer {path.stem}: {line[2:]}")
            elif sign == "-":
                told.erased.update(words)
            elif sign in "+=":
                (told.stored if sign == "+" else told.known).update(words)
    return told
