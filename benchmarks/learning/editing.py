"""Runs the suites of corrected facts: the gate's figures for stores of several sizes, then free answers in each arm."""

from collections.abc import Sequence
from typing import Final

from benchmarks.learning import effect, scope_figures
from benchmarks.learning.arms import Arm, Asking
from benchmarks.learning.edits import HELPED, Edit, Outcome, outcomes
from benchmarks.learning.matching import holds
from benchmarks.learning.other_questions import other_questions
from benchmarks.learning.results import Results, Sheet
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import teach

SYSTEM: Final = "Answer the question in a few words."
SIZES: Final = (10, 100, 1000)
ARMS: Final[tuple[Arm, ...]] = ("A1", "A2", "A3", "A3v", "A4")
NAMES: Final = {"verbatim": "ES", "paraphrase": "PS"}


def run(results: Results, suite: str, edits: Sequence[Edit], setup: Setup) -> list[tuple[float, float]]:
    """Measure one suite; returns the gate's curve of (FIR, CI) for the whole store."""
    found: list[Outcome] = []
    with setup.opened() as store:
        stored = 0
        asking = setup.asking(store, SYSTEM)
        for size in [*(size for size in SIZES if size < len(edits)), len(edits)]:
            teach(store, [edit.taught for edit in edits[stored:size]])
            stored = size
            found = list(outcomes(asking, edits[:size]))
            scope_figures.report(results.sheet(suite, f"N={size}"), found)
        sheet = results.sheet(suite, f"N={stored}")
        prompts(sheet, asking, found)
        same_subject(sheet, asking, edits)
        if setup.model:
            in_scope(sheet, asking, edits[: setup.limit])
            out_of_scope(sheet, asking, found)
            ungated(sheet, asking, found, setup.limit)
    pairs = [(edit.taught.question, edit.target) for edit in edits]
    effect.measure(results.sheet(suite, f"{setup.store} store"), setup, pairs)
    return scope_figures.curve(found)


def prompts(sheet: Sheet, asking: Asking, found: Sequence[Outcome]) -> None:
    """Compare prompts byte for byte: A1's with A0's, and A3's with A1's wherever nothing was recalled."""
    for one in [one for one in found if one.probe.kind != "left out"]:
        plain = asking.heard("A1", one.probe.question)
        assert plain == asking.heard("A0", one.probe.question), "an empty memory changed the prompt"
        if one.probe.kind not in HELPED and not one.used:
            assert plain == asking.heard("A3", one.probe.question), "nothing was recalled, and yet the prompt changed"
    wrong = [one for one in found if one.probe.kind not in HELPED]
    sheet.share("A3", "LOC, prompts byte-identical", [not one.used for one in wrong])


def same_subject(sheet: Sheet, asking: Asking, edits: Sequence[Edit]) -> None:
    """Report how often a correction is injected where something else is asked about its subject."""
    asked = other_questions([(edit.taught.question, edit.subject) for edit in edits])
    wrong = [edits[place].taught.event_id in asking.recall(question).used for place, question in asked.items()]
    sheet.share("A3", "FIR, another question about the subject", wrong)


def in_scope(sheet: Sheet, asking: Asking, edits: Sequence[Edit]) -> None:
    """Report edit success and paraphrase success of each arm, and the gain over an empty memory."""
    for kind, name in NAMES.items():
        probes = [(edit, probe) for edit in edits for probe in edit.probes if probe.kind == kind]
        right: dict[Arm, list[bool]] = {}
        for arm in ARMS:
            answers = [asking.answer(arm, probe.question, [edit.taught]).text for edit, probe in probes]
            right[arm] = [holds(answer, *probe.right) for answer, (_, probe) in zip(answers, probes, strict=True)]
            sheet.share(arm, name, right[arm])
        sheet.gain(name, right["A3"], right["A1"])
        if room := sum(right["A4"]) - sum(right["A1"]):
            used = (sum(right["A3"]) - sum(right["A1"])) / room
            sheet.add("A3", f"{name}, share of the head-room to A4", used, n=len(probes))


def out_of_scope(sheet: Sheet, asking: Asking, found: Sequence[Outcome]) -> None:
    """Report locality and harm over every question with nothing in scope.

    Only those for which something was injected need answers: the others' prompts are byte-identical to A1's.
    """
    same: list[bool] = []
    harmed: list[bool] = []
    for one in found:
        if one.probe.kind in HELPED:
            continue
        before, after = _before_and_after(asking, one) if one.used else ("", "")
        same.append(after == before)
        harmed.append(holds(before, *one.probe.right) and not holds(after, *one.probe.right))
    sheet.share("A3", "LOC", same)
    sheet.share("A3", "harm", harmed)


def _before_and_after(asking: Asking, one: Outcome) -> tuple[str, str]:
    question = one.probe.question
    before = asking.answer("A1", question).text
    if one.probe.kind != "left out":
        return before, asking.answer("A3", question).text
    with asking.without(one.edit.taught):
        return before, asking.answer("A3", question).text


def ungated(sheet: Sheet, asking: Asking, found: Sequence[Outcome], limit: int) -> None:
    """Report locality and harm of the nearest corrections without a gate, on `limit` questions."""
    same: list[bool] = []
    harmed: list[bool] = []
    for probe in [one.probe for one in found if one.probe.kind in ("sibling", "easy")][:limit]:
        before, after = (asking.answer(arm, probe.question).text for arm in ("A1", "A2"))
        same.append(after == before)
        harmed.append(holds(before, *probe.right) and not holds(after, *probe.right))
    sheet.share("A2", "LOC", same)
    sheet.share("A2", "harm", harmed)
