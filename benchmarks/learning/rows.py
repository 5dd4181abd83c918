"""The rows that a suite runs on: of public data where `--data DIR` has its file, else of the project's own small set.

Public data, never shipped: zsRE as prepared for MEND (Levy et al. 2017, MIT), CounterFact (Meng et al. 2022, MIT),
CLINC150 (Larson et al. 2019, CC BY 3.0), MemPrompt (Madaan et al. 2022, Apache-2.0), PRELUDE (Gao et al. 2024, MIT),
MQuAKE (Zhong et al. 2023, MIT), LongMemEval (Wu et al. 2025, MIT), PoisonedRAG (Zou et al. 2025, MIT).
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

OWN: Final = Path(__file__).parents[1] / "own" / "learning"
Row = Mapping[str, Any]


def rows(file: str, data: Path | None, *, quiet: bool = False) -> list[Row]:
    """Return the rows of a file in a fixed order that has nothing to do with theirs: by the SHA-1 of the id."""
    path = data / file if data else None
    if path is None or not path.exists():
        if not quiet:
            print(f"{path or file} is not there: running on the project's own small set", file=sys.stderr)
        path = OWN / file
    found: list[Row] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return sorted(found, key=lambda row: hashlib.sha1(key(row).encode(), usedforsecurity=False).hexdigest())


def key(row: Row) -> str:
    """Return the id of a row; one without is its own id."""
    return str(row.get("id") or json.dumps(row, sort_keys=True, ensure_ascii=False))


def said(row: Row, *fields: str) -> str:
    """Return the first of these fields that says something; "" where none does."""
    return next((text for field in fields if isinstance(text := row.get(field), str) and text.strip()), "")


def named(row: Row, *fields: str) -> list[str]:
    """Return every text of these fields, which may be texts or lists of texts."""
    found: list[str] = []
    for field in fields:
        value: object = row.get(field)
        listed: list[object] = list(value) if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownArgumentType]  # JSON
        found += [each for each in listed if isinstance(each, str) and each.strip()]
    return found
