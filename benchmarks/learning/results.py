"""What the suites report: a line of JSON for each figure, with its interval, and at the end a Markdown table."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.learning.goals import anchor_of, goal_of
from benchmarks.learning.intervals import gain, mcnemar, spread, wilson


@dataclass(frozen=True)
class Result:
    """One figure. `low` and `high` bound it at 95 %; `goal` and `anchor` are in words."""

    suite: str
    case: str
    arm: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n: int
    goal: str
    anchor: str
    bench: str = "learning"


class Results:
    """The figures of a run, printed as they come and written to `out`."""

    def __init__(self, out: Path | None = None) -> None:
        self.kept: list[Result] = []
        self._out = out
        if out:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text("", encoding="utf-8")

    def sheet(self, suite: str, case: str) -> "Sheet":
        """Return where the figures of one case are reported."""
        return Sheet(self, suite, case)

    def keep(self, result: Result) -> None:
        """Print a figure and write it."""
        self.kept.append(result)
        line = json.dumps(asdict(result), ensure_ascii=False)
        print(line, flush=True)
        if self._out:
            with self._out.open("a", encoding="utf-8") as out:
                out.write(f"{line}\n")

    def table(self) -> str:
        """Return every figure as a Markdown table."""
        lines = ["| suite | case | arm | measure | value | 95 % | n | goal | anchor |"]
        lines.append("| --- | --- | --- | --- | ---: | --- | ---: | --- | --- |")
        for one in self.kept:
            bounds = "" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
            cells = (one.suite, one.case, one.arm, one.metric, f"{one.value:.3f}", bounds, str(one.n))
            lines.append(f"| {' | '.join((*cells, one.goal, one.anchor))} |")
        return "\n".join(lines)


@dataclass(frozen=True)
class Sheet:
    """The figures of one case of a suite."""

    results: Results
    suite: str
    case: str

    def share(self, arm: str, metric: str, hits: Sequence[bool]) -> None:
        """Report which share of `hits` is true. Where nothing was asked, nothing is reported."""
        if hits:
            low, high = wilson(sum(hits), len(hits))
            self.add(arm, metric, sum(hits) / len(hits), low, high, n=len(hits))

    def mean(self, arm: str, metric: str, values: Sequence[float]) -> None:
        """Report a mean, with its bootstrap interval where there is more than one value."""
        if values:
            bounds = spread(values) if len(values) > 1 else ()
            self.add(arm, metric, sum(values) / len(values), *bounds, n=len(values))

    def gain(self, metric: str, ours: Sequence[bool], theirs: Sequence[bool]) -> None:
        """Report A3 - A1 on the same items, and whether it could be chance."""
        if ours:
            self.add("A3-A1", metric, *gain(ours, theirs), n=len(ours))
            self.add("A3-A1", f"{metric}, p of McNemar", mcnemar(ours, theirs), n=len(ours))

    def add(
        self, arm: str, metric: str, value: float, low: float | None = None, high: float | None = None, *, n: int
    ) -> None:
        """Report a figure."""
        below, above = (None if bound is None else round(bound, 4) for bound in (low, high))
        goal, anchor = goal_of(self.suite, metric, arm), anchor_of(self.suite, metric, arm)
        what = (self.suite, self.case, arm, metric, round(value, 4), below, above, n, goal, anchor)
        self.results.keep(Result(*what))
