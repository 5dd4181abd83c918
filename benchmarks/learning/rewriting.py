"""PRELUDE with checkable styles: does a person have to make the same edits again and again?

The person writes in a few contexts, each with a style of its own that nobody is told. The model drafts; the person
rewrites what is amiss, and pays for each word. What a rewrite shows of the style is kept as a correction of type style
for that context, with the rewrite as its example.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.learning.arms import READER, Arm, Asking
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, named, rows, said
from benchmarks.learning.setup import Setup
from benchmarks.learning.styles import Style, cost, repeats, rewrite, shown, wished
from benchmarks.learning.teaching import correction
from feedback_store.events import Correction
from feedback_store.store import FeedbackStore

SUITE: Final = "prelude"
ROUNDS: Final = 50
CONTEXTS: Final = 4
ARMS: Final[tuple[Arm, ...]] = ("A1", "A3", "A4")
SYSTEM: Final = "Summarise the text in two or three sentences."
MAX_TOKENS: Final = 120


@dataclass
class Context:
    """Where a style holds, the texts written there, and what was learned of it in one arm."""

    topic: str
    styles: list[Style]
    texts: list[str]
    learned: list[Style] = field(default_factory=list["Style"])
    taught: Correction | None = None
    repeated: list[bool] = field(default_factory=list["bool"])
    """Of each draft after an example was taught, whether it repeats what the example says."""

    @property
    def rule(self) -> Correction:
        """Return the whole style as the oracle knows it."""
        return _rule(self.topic, self.styles, "", None)


def contexts(preferences: Sequence[Row]) -> list[Context]:
    """Pair the checkable styles of `preferences` with the project's own texts, a topic each."""
    wishes = [found for row in preferences if (found := wished(named(row, "keywords")))][:CONTEXTS]
    texts: dict[str, list[str]] = {}
    for row in rows("texts.jsonl", None, quiet=True):
        texts.setdefault(said(row, "topic"), []).append(said(row, "text"))
    return [Context(topic, styles, texts[topic]) for topic, styles in zip(sorted(texts), wishes, strict=False)]


def run(results: Results, preferences: Sequence[Row], setup: Setup) -> dict[str, list[float]]:
    """Measure the edit cost of each arm over the rounds; returns the cumulative cost of each."""
    if setup.model is None:
        with setup.opened() as store:
            _in_force(results, setup.asking(store, SYSTEM), contexts(preferences))
        return {}
    spent: dict[Arm, list[float]] = {}
    edits: dict[Arm, float] = {}
    for arm in ARMS:
        with setup.opened() as store:
            given = contexts(preferences)
            asking = setup.asking(store, SYSTEM)
            spent[arm] = [_round(asking, arm, *each) for each in _rounds(given)[: min(setup.limit, ROUNDS)]]
            edits[arm] = sum(each > 0 for each in spent[arm]) / len(given)
            repeated = [each for context in given for each in context.repeated]
            results.sheet(SUITE, f"{len(spent[arm])} rounds").share(arm, "drafts that repeat an example", repeated)
    before = sum(spent["A1"])
    for arm, costs in spent.items():
        case, n = f"{len(costs)} rounds", len(costs)
        results.sheet(SUITE, case).mean(arm, "edit cost a round (words)", costs)
        results.sheet(SUITE, case).add(arm, "edit cost", sum(costs), n=n)
        results.sheet(SUITE, case).add(arm, "edit cost, share of A1's", sum(costs) / before if before else 0.0, n=n)
        results.sheet(SUITE, case).add(arm, "edits per context", edits[arm], n=n)
        half = _halved(costs, spent["A1"])
        if half is not None:
            results.sheet(SUITE, case).add(arm, "round from which the cost is half of A1's", half, n=n)
    return {arm: [sum(costs[: place + 1]) for place in range(len(costs))] for arm, costs in spent.items()}


def _rounds(given: Sequence[Context]) -> list[tuple[Context, str]]:
    """Mix the texts of the contexts; each is written once."""
    every = [(context, text) for context in given for text in context.texts]
    return random.Random(1).sample(every, len(every))


def _question(context: Context, text: str) -> str:
    return f"Summary of {context.topic}: {text}"


def _round(asking: Asking, arm: Arm, context: Context, text: str) -> float:
    """Draft, let the person rewrite, learn; returns what the rewriting cost."""
    question = _question(context, text)
    draft = asking.answer(arm, question, [context.rule]).text.strip()
    wanted = rewrite(draft, context.styles)
    if context.taught:
        context.repeated.append(repeats(draft, context.taught.corrected, text))
    if arm == "A3":
        _learn(asking.store, context, shown(draft, wanted), wanted)
    return cost(draft, wanted)


def _learn(store: FeedbackStore, context: Context, found: Sequence[Style], written: str) -> None:
    new = [style for style in found if style not in context.learned]
    if new:
        context.learned += new
        taught = _rule(context.topic, context.learned, written, context.taught)
        store.append(taught)
        context.taught = taught


def _rule(topic: str, styles: Sequence[Style], written: str, before: Correction | None) -> Correction:
    guidance = " ".join(style.rule for style in styles)
    about = f"Summary of {topic}"
    what = {"type": "style", "source": "rewrite", "condition": about, "guidance": guidance, "corrected": written}
    return correction(about, user_id=READER.user_id or "", supersedes=before.event_id if before else None, **what)


def _in_force(results: Results, asking: Asking, given: Sequence[Context]) -> None:
    """Without a model: once every style is taught, does each text get the style of its context, and no other?"""
    for context in given:
        _learn(asking.store, context, context.styles, rewrite(context.texts[0], context.styles))
    own: list[bool] = []
    other: list[bool] = []
    for context, text in _rounds(given):
        used = set(asking.recall(_question(context, text)).used)
        mine = {context.taught.event_id} if context.taught else set[str]()
        own.append(bool(mine) and mine <= used)
        other.append(bool(used - mine))
    results.sheet(SUITE, f"{len(given)} contexts").share("A3", "own style in force", own)
    results.sheet(SUITE, f"{len(given)} contexts").share("A3", "another context's style in force", other)


def _halved(costs: Sequence[float], before: Sequence[float]) -> int | None:
    """Return the first round from which on, to the end, the cost is at most half of what it is without learning."""
    for place in range(len(costs)):
        if sum(costs[place:]) <= sum(before[place:]) / 2:
            return place + 1
    return None
