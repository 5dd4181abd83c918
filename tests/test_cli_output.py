"""What the command `feedback-store` tells people."""

from feedback_store import cli_output
from feedback_store.store import Health, TableHealth


def test_what_verify_finds_is_told_with_what_to_do() -> None:
    tables = (TableHealth(name="corrections", rows=3, doubled=1), TableHealth(name="turns_2026_11", rows=1_000))
    found = Health(tables=tables, spool=("row 3 missing",), behind=2, in_two_months=1)
    assert cli_output.health_lines(found) == [
        "1,003 rows of 2 tables and every index were read; this is not well:",
        "the spool: row 3 missing",
        "    End the processes that have the store open, and run `feedback-store repair`.",
        "corrections: 1 row stands there twice. Reads give it once.",
        "    Run `feedback-store rebuild`.",
        "2 corrections in a view differ from what the events say.",
        "    Run `feedback-store rebuild`.",
        "1 record in the tables of two months, which is no fault.",
    ]
