"""Processes of a torture run: forked from one that has imported LanceDB and never used it, which is sound and quick."""

import json
import os
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

PATIENCE_S: Final = 300
"""After this time a process that shows no sign is stuck."""


def fork(job: Callable[[], None]) -> int:
    """Run a job in a child, and return its process id; the child ends with the job."""
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)  # it is not in use here
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        job()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # a child never returns into its parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def in_child(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a job in a child, and return the findings that it returns.

    One that raises or is stuck is a finding itself; its own words are on stderr.
    """
    reading, writing = os.pipe()

    def tell() -> None:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(job(), pipe)

    child = fork(tell)
    os.close(writing)
    parts: list[bytes] = []
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], PATIENCE_S)[0]:
            part = pipe.read(65536)
            if not part:
                break
            parts.append(part)
        else:
            os.kill(child, signal.SIGABRT)  # faulthandler tells where it was
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        return {"wrong": {"failed": f"the child ended with {status}"}, "figures": {"failed": 1}}
    return json.loads(b"".join(parts))


@dataclass
class Member:
    """A running writer."""

    number: int
    pid: int


class Crew:
    """A number of writers, each replaced when it is killed.

    Args:
        life: what a writer of this number does until it is killed.

    """

    def __init__(self, life: Callable[[int], None]) -> None:
        self._life = life
        self._born = 0
        self.members: list[Member] = []
        self.faults: list[str] = []

    def fill(self, size: int) -> None:
        """Start writers until so many run."""
        while len(self.members) < size:
            self._born += 1
            pid = fork(partial(self._life, self._born))
            self.members.append(Member(self._born, pid))

    def kill(self, member: Member) -> bool:
        """Kill a writer, and tell whether it was this kill that ended it."""
        os.kill(member.pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(member.pid, 0)[1])
        self.members.remove(member)
        if status not in (0, -signal.SIGKILL):
            self.faults.append(f"writer {member.number} ended by itself with {status}")
        return status == -signal.SIGKILL

    def kill_all(self) -> int:
        """Kill every writer at once, and return how many."""
        for member in self.members:
            os.kill(member.pid, signal.SIGKILL)
        return sum([self.kill(member) for member in [*self.members]])
