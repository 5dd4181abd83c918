"""What the processes of one store tell each other through the spool: progress, vectors, changes, and requests."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from feedback_store.embedding import Pair, floats, packed
from feedback_store.limits import new_id
from feedback_store.spool_file import SpoolFile

ANSWERS: Final = 100
"""So many answers stay for who asked, which may be a process that is slow to come for them."""
REMEMBERED: Final = 4_096
"""So many changes of the view are told to those who hold a part of it; who is further behind reads it anew."""


@dataclass(frozen=True)
class Request:
    """Something that only the drainer may do; `planned` is what an interrupted attempt had found to do."""

    id: str
    what: dict[str, Any]
    planned: dict[str, Any] | None


class Ledger:
    """The rows of a spool that are no records."""

    def __init__(self, file: SpoolFile) -> None:
        self._file = file

    def get(self, key: str) -> str | None:
        """Return what is noted under a key."""
        rows = self._file.rows("SELECT value FROM state WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def note(self, **values: str | None) -> None:
        """Note values durably; None takes a note away."""
        with self._file.writing("note its state") as db:
            for key, value in values.items():
                if value is None:
                    db.execute("DELETE FROM state WHERE key = ?", (key,))
                else:
                    db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))

    def want(self, upto: int) -> None:
        """Have everything up to a sequence number of the queue moved now."""
        with self._file.writing("note its state") as db:
            query = "INSERT INTO state VALUES ('flush', ?) ON CONFLICT DO UPDATE SET value = max(value + 0, ? + 0)"
            db.execute(query, (upto, upto))

    def wanted(self) -> int:
        """Return up to which sequence number everything is to be moved now."""
        return int(self.get("flush") or 0)

    def tables(self) -> dict[str, int]:
        """Return the tables that there are, each with its newest version that is known to be durable; 0 for none."""
        return {name: version for name, version in self.tables_begun().items() if version >= 0}

    def tables_begun(self) -> dict[str, int]:
        """Return also the tables whose making was begun and not finished, as -1."""
        rows = self._file.rows("SELECT substr(key, 7), value FROM state WHERE key GLOB 'table:*'")
        return {name: int(version) for name, version in rows}

    def note_tables(self, versions: Mapping[str, int | None]) -> None:
        """Note durable versions of tables; None where a table is gone."""
        self.note(**{f"table:{name}": None if version is None else str(version) for name, version in versions.items()})

    def put_vectors(self, space: str, pairs: Mapping[str, Pair]) -> None:
        """Hand vectors of corrections over to the drainer."""
        with self._file.writing("keep vectors") as db:
            rows = [(key, space, *map(packed, pair)) for key, pair in pairs.items()]
            db.executemany("INSERT OR REPLACE INTO vectors (event_id, space, question, pair) VALUES (?, ?, ?, ?)", rows)

    def vectors(self) -> dict[str, dict[str, Pair]]:
        """Return the vectors that wait for the drainer, by space and correction."""
        found: dict[str, dict[str, Pair]] = {}
        for key, name, *pair in self._file.rows("SELECT event_id, space, question, pair FROM vectors"):
            found.setdefault(name, {})[key] = (floats(pair[0]), floats(pair[1]))
        return found

    def drained(
        self,
        seqs: Iterable[int],
        *,
        vectors: Collection[tuple[str, str]] = (),
        changed: Iterable[str] = (),
        versions: Mapping[str, int],
    ) -> None:
        """Let go of what LanceDB now has durably, and tell which corrections changed, all at one moment.

        Args:
            seqs: the records.
            vectors: those handed over, as (correction, space).
            changed: the corrections whose row in the view was written.
            versions: the durable versions of the tables.

        """
        with self._file.writing("empty the queue") as db:
            db.executemany("DELETE FROM queue WHERE seq = ?", [(seq,) for seq in seqs])
            db.executemany("DELETE FROM vectors WHERE event_id = ? AND space = ?", [*vectors])
            last = 0
            for event_id in changed:
                last = db.execute("INSERT INTO changed (event_id) VALUES (?)", (event_id,)).lastrowid or 0
            if last:
                db.execute("DELETE FROM changed WHERE seq <= ?", (last - REMEMBERED,))
            rows = [(f"table:{name}", str(version)) for name, version in versions.items()]
            db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", rows)

    def forget_changes(self) -> None:
        """Let everyone read the view anew."""
        with self._file.writing("tell of a change") as db:
            db.execute("DELETE FROM changed")
            db.execute("INSERT INTO changed (event_id) VALUES ('')")
            db.execute("INSERT INTO changed (event_id) VALUES ('')")
            db.execute("DELETE FROM changed WHERE seq < (SELECT max(seq) FROM changed)")

    def ask(self, what: Mapping[str, Any]) -> str:
        """Ask the drainer to do something, durably, and return the request's id."""
        request_id = new_id()
        with self._file.writing("take the request") as db:
            db.execute("INSERT INTO requests (id, what) VALUES (?, ?)", (request_id, json.dumps(what)))
        return request_id

    def restore(self, requests: Iterable[Request]) -> None:
        """Take requests that were not answered yet from another spool."""
        with self._file.writing("take the requests") as db:
            rows = [(each.id, json.dumps(each.what), json.dumps(each.planned)) for each in requests]
            db.executemany("INSERT OR IGNORE INTO requests (id, what, planned) VALUES (?, ?, ?)", rows)

    def requests(self) -> list[Request]:
        """Return the requests that wait, oldest first."""
        query = "SELECT id, what, planned FROM requests WHERE answer IS NULL AND fault IS NULL ORDER BY id"
        return [
            Request(key, json.loads(what), json.loads(plan or "null")) for key, what, plan in self._file.rows(query)
        ]

    def plan(self, request_id: str, planned: Mapping[str, Any]) -> None:
        """Note what an attempt is about to do, for who has to complete it."""
        with self._file.writing("note the plan") as db:
            db.execute("UPDATE requests SET planned = ? WHERE id = ?", (json.dumps(planned), request_id))

    def answer(self, request_id: str, answer: Mapping[str, Any] | None, fault: str | None = None) -> None:
        """Answer a request, or say why it cannot be done; what was begun of it then waits as another one.

        All but the newest answers are dropped: nobody came for them.
        """
        with self._file.writing("answer the request") as db:
            newest = "SELECT id FROM requests WHERE answer IS NOT NULL OR fault IS NOT NULL ORDER BY id DESC LIMIT ?"
            query = f"DELETE FROM requests WHERE (answer IS NOT NULL OR fault IS NOT NULL) AND id NOT IN ({newest})"  # noqa: S608  # names
            db.execute(query, (ANSWERS,))
            if fault is not None:
                query = "INSERT INTO requests (id, what, planned) SELECT ?, what, planned FROM requests WHERE id = ?"
                db.execute(f"{query} AND planned IS NOT NULL", (new_id(), request_id))
            given = None if answer is None else json.dumps(answer)
            db.execute(
                "UPDATE requests SET what = '{}', answer = ?, fault = ?, planned = NULL WHERE id = ?",
                (given, fault, request_id),
            )

    def outcome(self, request_id: str) -> tuple[dict[str, Any] | None, str | None] | None:
        """Return the answer to a request or its fault; None while it waits."""
        rows = self._file.rows("SELECT answer, fault FROM requests WHERE id = ?", (request_id,))
        if not rows:
            return None, "the request is unknown"
        answer, fault = rows[0]
        return None if answer is None and fault is None else (json.loads(answer or "null"), fault)
