"""The thread that moves what was acknowledged into LanceDB: one for each open store, one at a time has the lock."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from feedback_store.drain_lock import DrainLock
from feedback_store.lance_drain import Drain
from feedback_store.spool import Spool
from feedback_store.spool_ledger import Ledger, Request
from feedback_store.store import StoreError

log = logging.getLogger(__name__)

ENOUGH: Final = 512
"""So many records are moved at once, however young."""
POLL_S: Final = 0.1
"""How often the drainer looks for what other processes appended."""
TAKE_OVER_S: Final = 0.5
"""How often the others look whether the drainer is gone."""
MOST_PATIENT_S: Final = 30
"""After failures it tries again at ever longer intervals, up to this one."""
MOST_COUNTED: Final = 16
Task = Callable[[Request], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Duties:
    """What the drainer does besides draining.

    `lead` runs once when it has got the lock, `upkeep` after drains, `tasks` are what others may ask for by name.
    """

    lead: Callable[[], None]
    upkeep: Callable[[], None]
    tasks: Mapping[str, Task]
    leave: Callable[[], None]


class Drainer:
    """Drains until it is stopped.

    Args:
        spool: what waits.
        ledger: the requests.
        lock: the right to write to the tables.
        drain: does one drain.
        duties: what else there is to do.
        opening: the right to open the store or to take it over.
        freshness: seconds after which a record is moved at the latest. Corrections and reviews are moved at once.

    """

    def __init__(
        self,
        spool: Spool,
        ledger: Ledger,
        lock: DrainLock,
        drain: Drain,
        duties: Duties,
        *,
        opening: DrainLock,
        freshness: float,
    ) -> None:
        self._spool = spool
        self._ledger = ledger
        self._opening = opening
        self._lock = lock
        self._drain = drain
        self._duties = duties
        self._freshness = freshness
        self._wake = threading.Event()
        self._stopped = False
        self._forsaken = False
        self._oldest = (0, 0.0)
        self.leading = False
        """Whether this one has the lock and has looked after the tables."""
        self.fault: BaseException | None = None
        """Why the last attempt failed; None where it did not."""
        self._thread = threading.Thread(target=self._run, name="feedback-store drainer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the spool now."""
        self._wake.set()

    def stop(self) -> None:
        """Drain all, if this one has the lock, and end. What cannot be drained stays in the spool."""
        self._stopped = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._end()

    def forsake(self) -> None:
        """Let the thread end by itself and close the spool: nobody has the store any more.

        Garbage collection calls this, in whatever thread it runs, and whatever locks that one holds: in the thread that
        LanceDB waits for too. So it takes no lock and waits for nothing.
        """
        self._forsaken = True

    def _end(self) -> None:
        try:
            if self.leading:
                self._drain.everything()
                self._duties.leave()
        except Exception as error:
            log.warning("what waits in the spool is moved when the store is opened again: %s", error)
        finally:
            self.leading = False
            self._lock.release()

    def lead(self) -> bool:
        """Take the lock, if nobody has it, and look after the tables; tell whether this one has it.

        Whoever opens the store meanwhile waits. The right to open it is let go of here.
        """
        if self.leading and self._lock.acquire():
            return True
        self.leading = False
        try:
            if not (self._opening.acquire() and self._lock.acquire()):
                return False
            self._spool.file.check_in_place()  # who still has the file that a repair replaced stays out of the way
            self._duties.lead()
            self.leading = True
        finally:
            if not self.leading:
                self._lock.release()
            self._opening.release()
        return True

    def _run(self) -> None:
        failures = 0
        while not (self._stopped or self._forsaken):
            pause = TAKE_OVER_S
            try:
                if self.lead():
                    pause = POLL_S
                    self._work()
                failures, self.fault = 0, None
            except BaseException as error:  # LanceDB's core panics by one too; the records stay, and it is tried again
                failures, self.fault = min(failures + 1, MOST_COUNTED), error
                pause = min(POLL_S * 2**failures, MOST_PATIENT_S)
                log.warning("the store could not move what was acknowledged, it stays in the spool: %s", error)
                log.debug("the cause", exc_info=error)
            self._wake.wait(pause)
            self._wake.clear()
        if not self._stopped:
            self._end()
            self._spool.close()

    def _work(self) -> None:
        """Do a part of each thing that is to be done: none may have to wait for an end of the others."""
        moved = self._drain(urgent=True) if self._spool.urgent() else 0
        moved += self._drain() if self._due() else 0
        for request in sorted(self._ledger.requests(), key=lambda request: request.planned is not None):
            self._serve(request)
        if moved:
            self._duties.upkeep()
            self._wake.set()  # there may be more

    def _due(self) -> bool:
        count, oldest = self._spool.waiting(ENOUGH)
        if oldest != self._oldest[0]:
            self._oldest = oldest, time.monotonic()
        if not count:
            return False
        return (
            count >= ENOUGH or oldest <= self._ledger.wanted() or time.monotonic() - self._oldest[1] >= self._freshness
        )

    def _serve(self, request: Request) -> None:
        """Do what is asked, and answer. Where it was begun before and nobody waits, raise: it is tried again."""
        task = self._duties.tasks.get(request.what.get("task", ""))
        if task is None:
            self._ledger.answer(request.id, None, "the process that keeps the store is of another version: end it")
            return
        try:
            answer = task(request)
        except BaseException as error:
            if request.planned:
                raise
            log.info("a request to the store failed, who asked is told: %s", error)
            log.debug("the cause", exc_info=error)
            foreseen = isinstance(error, StoreError | ValueError | OSError)
            name = request.what["task"]
            fault = f"the store could not do its task ({name}): look at its log, and call it again"
            self._ledger.answer(request.id, None, str(error) if foreseen else fault)
        else:
            self._ledger.answer(request.id, answer or {})
            self._spool.file.forget_bytes()  # the request can name a person
