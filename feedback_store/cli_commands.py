"""The commands: each opens a store that there is, does one thing with it, and closes it."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from feedback_store import cli_export, cli_gate, cli_output, cli_removal
from feedback_store.cli_store import NO_STORE, NOT_WELL, Outcome, demand, opened
from feedback_store.places import ASIDE, LOCK, OPENING, SPOOL, places
from feedback_store.store import StoreError

_ASIDE_NOTE: Final = "When the store is well, the folder set-aside may be deleted; it holds what people wrote."
_KEPT_ELSEWHERE: Final = (
    "Another process has the store open and looked after its tables when it opened it. If they are still not well, end "
    "that process and run this again."
)
_DONE: Final = {
    "compact": "{} compacted; older versions go when nobody can be reading them any more",
    "reindex": "every index of {} is new",
    "rebuild": "the views of corrections are new",
}


def check(given: Namespace) -> None:
    """Raise ValueError where the arguments do not fit together."""
    if given.verb != "restore":
        for each in given.option:
            if not each.partition("=")[0] or "=" not in each:
                msg = f"--option is KEY=VALUE, given {each!r}"
                raise ValueError(msg)
    if given.verb == "erase" and given.user is None and given.session is None:
        msg = "give --user, --session or both"
        raise ValueError(msg)
    if given.verb in ("erase", "retain") and not given.yes and not sys.stdin.isatty():
        msg = "give --yes, since nobody can be asked here"
        raise ValueError(msg)
    if given.verb == "retain" and not given.days >= 0:
        msg = f"--days is 0 or more, given {given.days:g}"
        raise ValueError(msg)
    if given.verb == "export" and given.format == "csv" and given.kind is None:
        msg = "a CSV file is of one --kind: turns, events or corrections"
        raise ValueError(msg)
    if given.verb == "export" and given.json and not given.out:
        msg = "with --json the records need a file: give --out"
        raise ValueError(msg)


def status(given: Namespace) -> Outcome:
    """Say what the store is doing."""
    with opened(given) as store:
        found = store.status()
    return Outcome(found.model_dump(mode="json"), cli_output.status_lines(found))


def verify(given: Namespace) -> Outcome:
    """Read everything."""
    with opened(given) as store:
        found = store.verify()
    data = {"well": found.well, **found.model_dump(mode="json")}
    return Outcome(data, cli_output.health_lines(found), 0 if found.well else NOT_WELL)


def repair(given: Namespace) -> Outcome:
    """Make the spool and the tables usable, and look at all of it."""
    demand(given)
    from feedback_store.store_repair import prepare  # noqa: PLC0415  # not for --help

    _, root, folder = places(given.store, given.spool)
    before = _set_aside(root, folder)
    done = prepare(root, folder / SPOOL)
    with opened(given, sure=True) as store:
        found, elsewhere = store.verify(), store.status().drainer != "this process"
    new = sorted(_set_aside(root, folder) - before)
    lines = [*done, *(f"set aside: {name}" for name in new), *([_ASIDE_NOTE] if new else [])]
    lines += [_KEPT_ELSEWHERE] if elsewhere else []
    data = {"well": found.well, "done": done, "set_aside": new, "health": found.model_dump(mode="json")}
    return Outcome(data, [*lines, *cli_output.health_lines(found)], 0 if found.well else NOT_WELL)


def upkeep(given: Namespace) -> Outcome:
    """Compact, index anew or rebuild."""
    with opened(given) as store:
        before = store.status()
        {"compact": store.compact, "reindex": store.reindex, "rebuild": store.rebuild}[given.verb]()
        after = store.status()
    data = {"before": before.model_dump(mode="json"), "after": after.model_dump(mode="json")}
    return Outcome(data, [_DONE[given.verb].format(cli_output.counted(len(after.rows), "table"))])


def export(given: Namespace) -> Outcome:
    """Write the records."""
    path = Path(given.out) if given.out else None
    with opened(given) as store, cli_export.target(path) as file:
        rows = _with_progress(cli_export.records(store, given.kind), to_file=path is not None)
        write = cli_export.write_jsonl if given.format == "jsonl" else partial(cli_export.write_csv, kind=given.kind)
        count = write(rows, file=file)
    where = [f"{cli_output.counted(count, 'record')} in {path}"] if path else []
    return Outcome({"records": count, "file": given.out}, where)


def backup(given: Namespace) -> Outcome:
    """Copy the store."""
    with opened(given) as store:
        rows = store.backup(given.target)
    total = cli_output.counted(sum(rows.values()), "row")
    line = f"{given.target} is a store with {total} in {cli_output.counted(len(rows), 'table')}"
    return Outcome({"target": given.target, "rows": rows}, [line])


def restore(given: Namespace) -> Outcome:
    """Copy a backup to where a store is to be."""
    if "://" in f"{given.backup}{given.target}":
        msg = "restore copies folders; a backup at an address is a store itself: open it, or copy it by `backup`"
        raise StoreError(msg)
    source, target = Path(given.backup), Path(given.target)
    if not source.is_dir():
        raise StoreError(NO_STORE.format(source))
    from feedback_store.drain_lock import DrainLock  # noqa: PLC0415  # not for --help
    from feedback_store.lance_backup import restore  # noqa: PLC0415  # it needs pyarrow

    opening, lock = DrainLock(source / OPENING), DrainLock(source / LOCK)
    try:
        if (source / LOCK).exists() and not (opening.acquire() and lock.acquire()):
            msg = f"{source} is open in another process: `backup` copies a store that is in use"
            raise StoreError(msg)
        restore(source, target)
    finally:
        lock.release()
        opening.release()
    return Outcome({"target": given.target}, [f"{target} is a store now, as {source} was"])


def _set_aside(*folders: Path | None) -> set[str]:
    return {
        str(each) for folder in folders if folder and (folder / ASIDE).is_dir() for each in (folder / ASIDE).iterdir()
    }


def _with_progress(rows: Iterable[str], *, to_file: bool) -> Iterable[str]:
    """Show on a terminal how many there were, unless it shows the records themselves."""
    if not sys.stderr.isatty() or not (to_file or not sys.stdout.isatty()):
        return rows
    from tqdm import tqdm  # noqa: PLC0415  # it comes with LanceDB

    return tqdm(rows, unit=" records", file=sys.stderr)


COMMANDS: Final[Mapping[str, Callable[[Namespace], Outcome]]] = {
    "status": status,
    "verify": verify,
    "repair": repair,
    "compact": upkeep,
    "reindex": upkeep,
    "rebuild": upkeep,
    "export": export,
    "erase": cli_removal.erase,
    "retain": cli_removal.retain,
    "backup": backup,
    "gate": cli_gate.fit,
    "restore": restore,
}
