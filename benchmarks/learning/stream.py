"""MemPrompt's stream: does feedback on one question help with the next that is phrased alike?

The model says what it understood ("the synonym for …"). A person whose intent it missed says what was meant, with
probability `GIVEN`; the words of that feedback are stored as a rule. In each arm the memory grows with the stream.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.learning.arms import READER, Arm, Asking
from benchmarks.learning.matching import first_sentence
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, key, said
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import correction
from feedback_store.events import Correction

GIVEN: Final = 0.5
AT: Final = 300
"""The length of the stream for which MemPrompt's own figure is known."""
ARMS: Final[tuple[Arm, ...]] = ("A1", "A2", "A3", "A4")
SYSTEM: Final = (
    "The word in question stands between < and >. Answer in one line that begins with what you understood is asked, as "
    'one of: "the synonym for WORD is", "the antonym for WORD is", "the homonym for WORD is", "the definition of WORD '
    'is", "a sentence with WORD is:". Then the answer.'
)
INTENTS: Final = {"syn": "synonym", "ant": "antonym", "hom": "homonym", "defn": "definition", "sent": "sentence"}
_FEEDBACK: Final = re.compile(
    r"(?:clarification:\s*)?when I ask(?: for)? (?P<when>.+?)\s*,\s*(?P<then>I want .+)", re.I
)
Curve = list[float]


@dataclass(frozen=True)
class Item:
    """A question of the stream. Feedback on one question is right for every other of the same `phrasing`."""

    key: str
    question: str
    phrasing: str
    intent: str
    taught: Correction


def items(rows: Sequence[Row], family: str | None = None) -> list[Item]:
    """Read the rows of a family of phrasings, or of all."""
    found: list[Item] = []
    for row in rows:
        question, task = said(row, "question"), said(row, "task_type")
        if question and task in INTENTS and family in (None, said(row, "family")):
            phrasing = f"{said(row, 'family')} {said(row, 'template_id') or task}"
            found.append(Item(key(row), question, phrasing, INTENTS[task], _rule(question, said(row, "user_feedback"))))
    return found


def _rule(question: str, feedback: str) -> Correction:
    """Return the feedback as a rule: "when I ask for X, I want Y" has its condition and its consequence in it."""
    parts = _FEEDBACK.fullmatch(feedback.strip())
    what = {"condition": parts["when"], "guidance": parts["then"]} if parts else {"guidance": feedback}
    return correction(question, user_id=READER.user_id or "", type="rule", **what)


def run(results: Results, rows: Sequence[Row], setup: Setup) -> dict[str, Curve]:
    """Measure the stream; returns the mean curve of cumulative accuracy of each arm for English."""
    curves: dict[str, Curve] = {}
    families = dict.fromkeys(said(row, "family") for row in rows)
    for family in [*families, *([None] if len(families) > 1 else [])]:
        stream = items(rows, family)[: setup.limit if setup.model else None]
        case = f"{family or 'all phrasings'}, {'answers' if setup.model else 'retrieval'}"
        found: dict[Arm, list[list[bool]]] = {arm: [] for arm in ARMS}
        for shuffle in range(setup.shuffles):
            order = random.Random(shuffle).sample(stream, len(stream))
            for arm in ARMS:
                with setup.opened() as store:
                    asking = setup.asking(store, SYSTEM)
                    found[arm].append(_pass(asking, arm, order, shuffle))
        means = report(results, case, found)
        curves = curves or means
    return curves


def _pass(asking: Asking, arm: Arm, order: Sequence[Item], seed: int) -> list[bool]:
    """Go through the stream once; returns whether each intent was understood."""
    coin = random.Random(f"given {seed}")
    taught: dict[str, Item] = {}
    by_phrasing: dict[str, Correction] = {}
    understood: list[bool] = []
    for item in order:
        given = coin.random() < GIVEN
        known = by_phrasing.get(item.phrasing)
        understood.append(_understood(asking, arm, item, [known] if known else [], taught))
        if not understood[-1] and given:
            asking.store.append(item.taught)
            taught[item.taught.event_id] = item
            by_phrasing.setdefault(item.phrasing, item.taught)
    return understood


def _understood(asking: Asking, arm: Arm, item: Item, known: Sequence[Correction], taught: dict[str, Item]) -> bool:
    """Tell whether the answer begins with the intent; without a model, whether the prompt held it and no other."""
    if asking.model is None:
        used = asking.heard(arm, item.question, known).used
        told = {by.intent for each in used if (by := taught.get(each))}
        return told == {item.intent}
    return intent_of(asking.answer(arm, item.question, known).text) == item.intent


def intent_of(answer: str) -> str | None:
    """Return the intent that an answer begins with: the first name of one among its first words."""
    opening = " ".join(first_sentence(answer).casefold().split()[:6])
    places = {opening.find(name): name for name in INTENTS.values() if name in opening}
    return places[min(places)] if places else None


def report(results: Results, case: str, found: dict[Arm, list[list[bool]]]) -> dict[str, Curve]:
    """Report accuracy at the end and the areas; returns the mean curve of each arm."""
    sheet = results.sheet("memprompt", case)
    curves = {arm: [cumulative(each) for each in passes] for arm, passes in found.items()}
    for arm, each in curves.items():
        sheet.mean(arm, "cumulative accuracy", [curve[-1] for curve in each])
        sheet.mean(arm, f"cumulative accuracy at {AT}", [curve[AT - 1] for curve in each if len(curve) >= AT])
        sheet.mean(arm, "area", [area(curve) for curve in each])
    oracle = [area(curve) for curve in curves["A4"]]
    for arm in ("A2", "A3"):
        shares = [area(curve) / best for curve, best in zip(curves[arm], oracle, strict=True) if best]
        sheet.mean(arm, "area / oracle's area", shares)
    ours, theirs = ([each for one in found[arm] for each in one] for arm in ("A3", "A1"))
    sheet.gain("accuracy", ours, theirs)
    return {arm: [sum(points) / len(points) for points in zip(*each, strict=True)] for arm, each in curves.items()}


def cumulative(understood: Sequence[bool]) -> Curve:
    """Return the share understood so far, after each item."""
    total = 0
    curve: Curve = []
    for place, each in enumerate(understood, start=1):
        total += each
        curve.append(total / place)
    return curve


def area(curve: Curve) -> float:
    """Return the mean height of a curve."""
    return sum(curve) / len(curve) if curve else 0.0
