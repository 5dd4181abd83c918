"""The one place where a value becomes part of a filter. Column names come from this house, values from anybody.

LanceDB ignores what follows a complete filter and its expression objects can be injected into, so every filter is built
here: a quote is doubled, nothing else is special in a SQL literal, and a value that no record can have matches no row.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

EVERYTHING: Final = "true"
NOTHING: Final = "false"


def literal(value: str) -> str:
    """Return a string as a SQL literal. Raises ValueError for what no record can hold: NUL and lone surrogates."""
    if "\0" in value:
        msg = "a filter cannot hold the character NUL"
        raise ValueError(msg)
    value.encode()
    return "'" + value.replace("'", "''") + "'"


def moment(time: datetime) -> str:
    """Return an aware time as a SQL literal."""
    return f"timestamp '{time.astimezone(UTC).isoformat()}'"


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the filter for a column with one of these values; of no values, the filter that no row passes."""
    literals = [literal(value) for value in values if can_be_stored(value)]
    return f"{column} IN ({', '.join(literals)})" if literals else NOTHING


def equal(column: str, value: str) -> str:
    """Return the filter for a column with this value."""
    return one_of(column, [value])


def asked(column: str, wanted: str | Iterable[str] | None) -> str | None:
    """Return the filter for what a caller asks of a column; None where it asks for nothing."""
    if wanted is None:
        return None
    return equal(column, wanted) if isinstance(wanted, str) else one_of(column, wanted)


def all_of(first: str, *others: str | None) -> str:
    """Join the filters that are there by AND."""
    return " AND ".join(f"({each})" for each in (first, *others) if each is not None)


def any_of(*filters: str) -> str:
    """Join filters by OR; of none, the filter that no row passes."""
    return " OR ".join(f"({each})" for each in filters) or NOTHING


def can_be_stored(value: str) -> bool:
    """Tell whether a record can hold a value; nothing else needs to be looked for."""
    try:
        literal(value)
    except ValueError:
        return False
    return True
