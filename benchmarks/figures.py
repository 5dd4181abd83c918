"""What a benchmark reports: for each measure a line of JSON with every arm of the same run; at the end tables."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import groupby


@dataclass(frozen=True)
class Figure:
    """One measure of one case; `goal` is what it is to reach, in words, `n` how often it was measured."""

    bench: str
    case: str
    metric: str
    arms: Mapping[str, float]
    n: int
    goal: str


_reported: list[Figure] = []


def report(bench: str, case: str, metric: str, arms: Mapping[str, float], *, n: int, goal: str = "") -> None:
    """Print one measure, its value in each arm, and keep it for the tables."""
    figure = Figure(bench, case, metric, {arm: _short(value) for arm, value in arms.items()}, n, goal)
    _reported.append(figure)
    print(json.dumps(asdict(figure)), flush=True)


def print_tables() -> None:
    """Print what was reported as a Markdown table for each case, the arms side by side."""
    for case, figures in groupby(_reported, key=lambda figure: figure.case):
        rows = list(figures)
        arms = list(dict.fromkeys(arm for row in rows for arm in row.arms))
        print(f"\n| {case} | {' | '.join(arms)} | goal | n |\n| --- |{' ---: |' * len(arms)} --- | ---: |")
        for row in rows:
            values = " | ".join(f"{row.arms[arm]:,}" if arm in row.arms else "" for arm in arms)
            print(f"| {row.metric} | {values} | {row.goal} | {row.n} |")


def _short(value: float) -> float:
    """Three digits, or all before the point: the rest is noise."""
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")
