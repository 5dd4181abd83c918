"""The command `feedback-store`: what those who run a store do with it, by hand or by a timer.

Exit codes: 0 it is well or done, 1 what was looked at is not well or was not wanted, 2 wrong usage or a failure, which
is said in one line, 130 interrupted.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Final

from feedback_store import cli_commands as commands
from feedback_store import cli_gate
from feedback_store.cli_export import FORMATS, KINDS
from feedback_store.store import StoreError

FAILED: Final = 2
INTERRUPTED: Final = 130
CUT_OFF: Final = 141
"""As the shell tells the signal of a pipe that nobody reads any more."""
_HELP: Final = {
    "status": "say what the store is doing",
    "verify": "read every row and ask every index; change nothing",
    "repair": "make a store usable that cannot be opened; what is damaged is set aside, never deleted",
    "compact": "join small files and drop old versions now",
    "reindex": "make every index anew",
    "rebuild": "derive the views of corrections from the events anew",
    "export": "write the records as JSON lines or CSV",
    "erase": "remove a user's or a session's records and their bytes",
    "retain": "remove the records older than some days and their bytes",
    "backup": "copy the store as it is now, while others go on writing",
    "gate": "`gate fit`: fit the weights of the gate on your own judged pairs",
    "restore": "copy a backup to a folder where nothing is yet",
}


def parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    top = argparse.ArgumentParser(
        prog="feedback-store",
        description="Look after a store of feedback. It may be open in other processes meanwhile.",
        epilog="STORE is a folder, or an address such as s3://bucket/feedback.",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    made = {verb: verbs.add_parser(verb, help=text, description=f"{text}.") for verb, text in _HELP.items()}
    for verb, sub in made.items():
        sub.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        if verb == "restore":
            sub.add_argument("backup", metavar="BACKUP", help="a folder that `backup` made")
            sub.add_argument("target", metavar="TARGET", help="the folder of the new store")
            continue
        if verb == "gate":
            sub.add_argument("act", choices=["fit"], metavar="fit", help="what to do with it")
            cli_gate.arguments(sub)
        sub.add_argument("store", metavar="STORE", help="a folder, or an address such as s3://bucket/feedback")
        sub.add_argument("--spool", metavar="DIR", help="the folder of the spool, where the store was opened with one")
        sub.add_argument(
            "--option", metavar="KEY=VALUE", action="append", default=[], help="an option of the object storage"
        )
    made["backup"].add_argument("target", metavar="TARGET", help="a folder or an address where nothing is yet")
    _export(made["export"])
    erase, retain = made["erase"], made["retain"]
    erase.add_argument("--user", metavar="U", help="the user's id")
    erase.add_argument("--session", metavar="S", help="the session's id; with --user, what matches both")
    erase.add_argument("--tenant", metavar="T", default="default", help="the tenant of them (default: default)")
    retain.add_argument("--days", type=float, required=True, metavar="N", help="how long records are kept")
    retain.add_argument("--corrections", action="store_true", help="also corrections that still act")
    for sub in (erase, retain):
        sub.add_argument("--yes", action="store_true", help="do not ask")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return the exit code."""
    grammar = parser()
    given = grammar.parse_args(argv)
    try:
        commands.check(given)
    except ValueError as error:
        grammar.error(f"{given.verb}: {error}")
    try:
        outcome = commands.COMMANDS[given.verb](given)
        if given.json:
            _say(json.dumps(outcome.data))
        elif outcome.lines:
            _say("\n".join(outcome.lines))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains once more at its end
        return CUT_OFF
    except (StoreError, OSError, ValueError) as error:
        if given.json:
            _say(json.dumps({"error": str(error)}))
        sys.stderr.write(f"feedback-store: {' '.join(str(error).split())}\n")
        return FAILED
    return outcome.code


def _export(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--kind", choices=KINDS, help="default: turns, then events")
    sub.add_argument("--out", metavar="FILE", help="default: the standard output")
    sub.add_argument("--format", choices=FORMATS, default="jsonl", help="default: jsonl")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
