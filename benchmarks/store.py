"""What the store costs and how fast it is, beside LanceDB itself and other engines in the same run.

`append`: 8 processes append at once; what an acknowledgement takes, what it costs, and whether all is there in the end.
`sustained`: 200 events a second for ten minutes; whether the last minute is as fast as the first.
`recall`: candidate search for corrections among 1k to 1M of them, with recall against exact search.
`year`: a year of heavy use, as fast as it goes; what it leaves behind, and what that does to opening and recall.

Run: `python -m benchmarks store [append sustained recall year] [options]`; the peers: `uv pip install --group bench`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import figures, store_append, store_recall, store_sustained, store_year


def main(argv: Sequence[str] | None = None) -> None:
    """Run the parts that were named."""
    parts = {
        "append": store_append.measure,
        "sustained": store_sustained.measure,
        "recall": store_recall.measure,
        "year": store_year.measure,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="default is all of them")
    parser.add_argument("--folder", type=Path, help="where to put the stores while they are measured; default is /tmp")
    append = parser.add_argument_group("append")
    append.add_argument("--writers", type=int, default=8)
    append.add_argument("--each", type=int, default=1000, help="appends of each writer")
    append.add_argument("--peer-each", type=int, default=200, help="the same for lancedb, which slows down with each")
    sustained = parser.add_argument_group("sustained")
    sustained.add_argument("--rate", type=int, default=200, help="events a second")
    sustained.add_argument("--minutes", type=float, default=10)
    recall = parser.add_argument_group("recall")
    recall.add_argument(
        "--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="corrections; 1000000 too"
    )
    recall.add_argument("--questions", type=int, default=100)
    recall.add_argument(
        "--engines", nargs="+", help="some of: " + " ".join(store_recall.NAMES) + "; however long they take"
    )
    year = parser.add_argument_group("year")
    year.add_argument("--scale", type=float, default=1.0, help="share of the records of a whole year")
    year.add_argument("--drains", type=int, default=8, help="drains in a simulated day")
    options = parser.parse_args(argv)
    for name in options.parts or parts:
        parts[name](options)
    figures.print_tables()


if __name__ == "__main__":
    main()
