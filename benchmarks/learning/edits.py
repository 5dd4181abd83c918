"""Facts that were corrected (zsRE, CounterFact): is the correction obeyed where it belongs, and nowhere else?

One row of each fact is stored. Each is asked verbatim (ES) and reworded (PS); its siblings and unrelated questions
must be answered as without a memory, and so must the question itself as if its correction had never been taught (left
out).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from benchmarks.learning.arms import Asking
from benchmarks.learning.rows import Row, key, named, said
from benchmarks.learning.teaching import correction
from feedback_store.events import Correction
from feedback_store.words import words

Kind = Literal["verbatim", "paraphrase", "easy", "sibling", "left out"]
HELPED: Final = ("verbatim", "paraphrase")
"""The kinds of question for which a correction is in scope."""


@dataclass(frozen=True)
class Probe:
    """A question. `right` are the names of its right answer: the target in scope, what the world says out of it."""

    kind: Kind
    question: str
    right: tuple[str, ...]


@dataclass(frozen=True)
class Edit:
    """A correction with the questions that test it."""

    taught: Correction
    target: str
    subject: str
    probes: tuple[Probe, ...]


@dataclass(frozen=True)
class Outcome:
    """What a probe recalled from a store. `edit` is the correction it belongs to."""

    probe: Probe
    edit: Edit
    used: tuple[str, ...]
    rank: int | None
    right: float
    """The gate's probability for the right correction."""
    highest: float
    """Its highest for any."""

    @property
    def hit(self) -> bool:
        """Whether the right correction entered the prompt."""
        return self.edit.taught.event_id in self.used


def zsre(rows: Sequence[Row]) -> list[Edit]:
    """Read zsRE's rows: a question, its paraphrase and an unrelated one."""
    rows = _one_of_each(rows, "subject", "true_answers")
    return [edit for row in rows if (edit := _edit(row, said(row, "question"), said(row, "paraphrase"), ()))]


def counterfact(rows: Sequence[Row]) -> list[Edit]:
    """Read CounterFact's rows. A neighbour that mentions a stored subject is dropped: something is in scope for it."""
    rows = _one_of_each(rows, "subject")
    subjects = [subject for row in rows if (subject := said(row, "subject"))]
    edits: list[Edit] = []
    for row in rows:
        near = said(row, "neighbor_cloze")
        clean = near and not any(subject in near for subject in subjects)
        siblings = [Probe("sibling", near, tuple(named(row, "neighbor_true")))] if clean else []
        edit = _edit(row, said(row, "question", "cloze"), said(row, "paraphrase_cloze", "paraphrase"), siblings)
        edits += [edit] if edit else []
    return edits


def _one_of_each(rows: Sequence[Row], *fields: str) -> list[Row]:
    """Keep one row of each fact: of two corrections of one fact the newer would win, and be right where it is left out.

    Two rows correct one fact where these fields are equal. CounterFact has two rows on a subject only where the fact
    has two answers ("What is the twin city of …?").
    """
    kept: dict[tuple[str, ...], Row] = {}
    for row in rows:
        fact = tuple(sorted(" ".join(words(each)) for each in named(row, *fields)))
        kept.setdefault(fact or (key(row),), row)
    return list(kept.values())


def _edit(row: Row, question: str, paraphrase: str, siblings: Sequence[Probe]) -> Edit | None:
    target = said(row, "target_new")
    if not question or not target:
        return None
    probes = [Probe("verbatim", question, (target,))]
    probes += [Probe("paraphrase", paraphrase, (target,))] if paraphrase else []
    probes += siblings
    if unrelated := said(row, "unrelated_question"):
        probes.append(Probe("easy", unrelated, tuple(named(row, "unrelated_answer"))))
    taught = correction(question, corrected=target, metadata={"row": key(row)[:200]})
    return Edit(taught, target, said(row, "subject"), tuple(probes))


def outcomes(asking: Asking, edits: Sequence[Edit]) -> Iterator[Outcome]:
    """Ask every probe of the store, and each in scope again as if its correction had never been taught."""
    for edit in edits:
        for probe in edit.probes:
            yield _outcome(asking, edit, probe)
        with asking.without(edit.taught):
            for probe in edit.probes:
                if probe.kind in HELPED:
                    yield _outcome(asking, edit, replace(probe, kind="left out", right=()))


def _outcome(asking: Asking, edit: Edit, probe: Probe) -> Outcome:
    found = asking.recall(probe.question)
    taught = edit.taught.event_id
    return Outcome(probe, edit, found.used, found.rank(taught), found.probability(taught), found.highest())
