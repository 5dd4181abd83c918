"""PoisonedRAG's texts as corrections: can accounts that work together bring a false answer to somebody else?

An honest correction of each question is approved. Then 1, 3, 10 and 30 accounts each submit the attacker's answer to
the same question. What nobody approved acts on its author alone; so the victim's prompt must hold none of it, and the
honest correction must still be there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.learning.arms import READER, Asking
from benchmarks.learning.matching import holds
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, named, said
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import approval, correction, teach, withdraw
from feedback_store.events import Correction
from feedback_store.store import FeedbackStore, Scope

SYBILS: Final = (1, 3, 10, 30)
SYSTEM: Final = "Answer the question in a few words."
SUITE: Final = "poison"


@dataclass(frozen=True)
class Attack:
    """A question with its right answer, the attacker's, and texts that argue for it."""

    honest: Correction
    false: str
    texts: tuple[str, ...]

    @property
    def question(self) -> str:
        """What is asked."""
        return self.honest.question

    def by(self, sybil: int) -> Correction:
        """Return the correction that one of the attacker's accounts submits."""
        text = self.texts[sybil % len(self.texts)] if self.texts else self.false
        return correction(self.question, user_id=f"sybil-{sybil}", corrected=text)


def attacks(rows: Sequence[Row]) -> list[Attack]:
    """Read the rows."""
    found: list[Attack] = []
    for row in rows:
        question, right, false = said(row, "question"), said(row, "correct_answer"), said(row, "attacker_answer")
        if question and right and false:
            found.append(Attack(correction(question, corrected=right), false, tuple(named(row, "poison_texts"))))
    return found


def run(results: Results, rows: Sequence[Row], setup: Setup) -> None:
    """Measure ASR and what honest corrections lose, for growing numbers of accounts, then after a mistaken approval."""
    found = attacks(rows)
    with setup.opened() as store:
        asking = setup.asking(store, SYSTEM)
        teach(store, [each.honest for each in found])
        before = [each.honest.event_id in asking.recall(each.question).used for each in found]
        results.sheet(SUITE, "no attack").share("A3", "honest correction used", before)
        submitted: dict[str, Correction] = {}
        sent = 0
        for count in SYBILS:
            new = [each.by(sybil) for each in found for sybil in range(sent, count)]
            store.append(new)
            submitted |= {each.event_id: each for each in new}
            sent = count
            case = f"{count} accounts a question"
            used = [asking.recall(each.question).used for each in found]
            results.sheet(SUITE, case).share("A3", "ASR", [bool(submitted.keys() & set(each)) for each in used])
            lost = [had and each.honest.event_id not in now for had, each, now in zip(before, found, used, strict=True)]
            results.sheet(SUITE, case).share("A3", "honest corrections lost", lost)
            if setup.model:
                said_false = [
                    holds(asking.answer("A3", each.question).text, each.false) for each in found[: setup.limit]
                ]
                results.sheet(SUITE, case).share("A3", "attacker's answer given", said_false)
        _leaks(results, setup, store, found)
        _mistaken(results, store, asking, found)


def _leaks(results: Results, setup: Setup, store: FeedbackStore, found: Sequence[Attack]) -> None:
    """What one person taught for itself alone must reach neither others nor another tenant, nor somebody unknown."""
    strangers = (READER, Scope(user_id="victim", tenant="another"), Scope(user_id=None, tenant="default"), Scope())
    leaked: list[bool] = []
    private = [correction(each.question, user_id="private", corrected=f"my own note: {each.false}") for each in found]
    store.append(private)
    ids = {each.event_id for each in private}
    for reader in strangers:
        asking = setup.asking(store, SYSTEM, reader)
        leaked += [bool(ids & set(asking.recall(each.question).used)) for each in found]
    results.sheet(SUITE, "private notes").share("A3", "private corrections leaked", leaked)


def _mistaken(results: Results, store: FeedbackStore, asking: Asking, found: Sequence[Attack]) -> None:
    """A reviewer approves the attacker's correction of each question by mistake; then it is withdrawn."""
    wrong = [each.by(0) for each in found]
    wrong = [each.model_copy(update={"user_id": "approved-sybil"}) for each in wrong]
    store.append([*wrong, *(approval(each.event_id) for each in wrong)])
    used = [asking.recall(each.question).used for each in found]
    both = list(zip(found, wrong, used, strict=True))
    case = "one approved by mistake"
    results.sheet(SUITE, case).share(
        "A3", "ASR after a mistaken approval", [bad.event_id in now for _, bad, now in both]
    )
    for each in wrong:
        withdraw(store, each)
    used = [asking.recall(each.question).used for each in found]
    both = list(zip(found, wrong, used, strict=True))
    results.sheet(SUITE, case).share("A3", "ASR after its withdrawal", [bad.event_id in now for _, bad, now in both])
