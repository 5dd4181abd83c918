"""What the command line says: calm aligned text for people. Nothing here is needed to know what to do."""

from collections.abc import Iterable, Sequence

from feedback_store.store import Erasure, Health, Status

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def number(count: int) -> str:
    """Return a number with its thousands apart."""
    return f"{count:,}"


def size(count: int) -> str:
    """Return a number of bytes as a person reads it: 1.2 MB."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} bytes"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return how many there are of something: 1 record, 2 records."""
    return f"{number(count)} {one if count == 1 else many or f'{one}s'}"


def facts(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return named values in two columns."""
    listed = [*pairs]
    width = max((len(name) for name, _ in listed), default=0)
    return [f"{name:<{width}}  {value}" for name, value in listed]


def table(heads: Sequence[str], rows: Iterable[Sequence[str | int]]) -> list[str]:
    """Return rows in columns; numbers stand at the right."""
    listed = [*rows]
    texts = [[number(cell) if isinstance(cell, int) else cell for cell in row] for row in listed]
    widths = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]
    right = [bool(listed) and isinstance(cell, int) for cell in (listed[0] if listed else heads)]
    return [
        "  ".join(
            cell.rjust(width) if at_right else cell.ljust(width)
            for cell, width, at_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in (heads, *texts)
    ]


def status_lines(status: Status) -> list[str]:
    """Return what a store is doing."""
    model = status.models.get(status.active)
    named = [
        ("store", status.uri),
        ("tables of version", status.version),
        ("in the spool", f"{counted(status.waiting, 'record')}, acknowledged and not in LanceDB yet"),
        ("drainer", status.drainer),
        ("searched by", f"words and the meaning by {model}" if model else "words alone"),
    ]
    others = sorted({name for table, name in status.models.items() if name and table != status.active})
    named += [("other models", ", ".join(others))] if others else []
    if model:
        named.append(("without vectors", counted(status.without_vectors, "correction")))
    if status.files:
        named.append(("size", f"{size(status.size)} in {counted(sum(status.files.values()), 'file')} of tables"))
    if status.fault:
        named.append(("fault", f"{status.fault}; it is tried again"))
    heads = ("table", "rows", "files") if status.files else ("table", "rows")
    rows = [(name, rows, status.files.get(name, 0))[: len(heads)] for name, rows in sorted(status.rows.items())]
    return [*facts(named), "", *table(heads, rows)]


def health_lines(health: Health) -> list[str]:
    """Return what is wrong with a store, and what to do."""
    found = [f"{each.name}: {each.fault}" for each in health.tables if each.fault]
    if found:
        found.append("    Run `feedback-store repair`. If that does not help, restore a backup.")
    found += [f"the spool: {fault}" for fault in health.spool]
    if health.spool:
        found.append("    End the processes that have the store open, and run `feedback-store repair`.")
    for each in health.tables:
        if each.doubled:
            doubled = counted(each.doubled, "row stands", "rows stand")
            found.append(f"{each.name}: {doubled} there twice. Reads give it once.")
    if any(each.doubled and each.name.startswith("corrections") for each in health.tables):
        found.append("    Run `feedback-store rebuild`.")
    if health.behind:
        found.append(f"{counted(health.behind, 'correction')} in a view differ from what the events say.")
        found.append("    Run `feedback-store rebuild`.")
    rows = sum(each.rows for each in health.tables)
    read = f"{counted(rows, 'row')} of {counted(len(health.tables), 'table')} and every index were read"
    if health.in_two_months:
        found.append(f"{counted(health.in_two_months, 'record')} in the tables of two months, which is no fault.")
    return [f"{read}; all is well" if health.well else f"{read}; this is not well:", *found]


def erasure_lines(erased: Erasure, *, why: str) -> list[str]:
    """Return the receipt of an erasure."""
    counts = [("turns", erased.turns), ("events", erased.events), ("of these corrections", erased.corrections)]
    return [f"{why}: gone with their bytes", *(f"  {line}" for line in table(("", "records"), counts)[1:])]
