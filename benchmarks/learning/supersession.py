"""Correct, correct again, take back: is the latest valid answer the one that is used, and never an outdated one?

Three stories of each zsRE row: the person edits its correction (`supersedes`); the person corrects the same question
anew, as if the first had been forgotten; and what was edited is taken back, then all of it.
"""

from collections.abc import Sequence
from typing import Final

from benchmarks.learning.matching import holds
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, said
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import correction, teach, withdraw
from feedback_store.events import Correction
from feedback_store.store import FeedbackStore

SUITE: Final = "supersede"
SYSTEM: Final = "Answer the question in a few words."
Step = tuple[str, Correction | None]
"""What was done last, and the correction that is valid after it."""


def run(results: Results, rows: Sequence[Row], setup: Setup) -> None:
    """Measure, after each step of each row, which correction the question and its paraphrase get."""
    usable = [row for row in rows if said(row, "question") and said(row, "target_new")]
    targets = [said(row, "target_new") for row in usable]
    latest: dict[str, list[bool]] = {}
    stale: list[bool] = []
    answered: list[bool] = []
    with setup.opened() as store:
        asking = setup.asking(store, SYSTEM)
        teach(
            store,
            [correction(said(row, "question"), corrected=said(row, "target_new")) for row in usable[setup.limit :]],
        )
        for place, row in enumerate(usable[: setup.limit]):
            other = targets[(place + 1) % len(targets)]
            wordings = {"verbatim": said(row, "question"), "paraphrase": said(row, "paraphrase")}
            for story in (edited, corrected_anew):
                for step, valid, ids in story(store, said(row, "question"), targets[place], other):
                    for wording, question in wordings.items():
                        if not question:
                            continue
                        used = set(asking.recall(question).used) & ids
                        want = {valid.event_id} if valid else set[str]()
                        latest.setdefault(f"{step}, {wording}", []).append(used == want)
                        stale.append(bool(used - want))
                    if setup.model and valid:
                        said_now = asking.answer("A3", wordings["verbatim"]).text
                        answered.append(holds(said_now, valid.corrected))
    for name, hits in latest.items():
        results.sheet(SUITE, name).share("A3", "latest valid, by step", hits)
    for wording in ("verbatim", "paraphrase"):
        hits = [hit for name, each in latest.items() if name.endswith(wording) for hit in each]
        results.sheet(SUITE, wording).share("A3", "latest valid", hits)
    results.sheet(SUITE, "all").share("A3", "outdated correction used", stale)
    results.sheet(SUITE, "all").share("A3", "latest valid answer given", answered)


def edited(store: FeedbackStore, question: str, first: str, second: str):
    """Correct, edit it, take the edit back, take all back."""
    old = correction(question, corrected=first)
    new = correction(question, corrected=second, supersedes=old.event_id)
    ids = {old.event_id, new.event_id}
    teach(store, [old])
    yield "corrected", old, ids
    teach(store, [new])
    yield "edited", new, ids
    withdraw(store, new)
    yield "edit taken back", old, ids
    withdraw(store, old)
    yield "all taken back", None, ids


def corrected_anew(store: FeedbackStore, question: str, first: str, second: str):
    """Correct, correct the same question anew, take the newer back, take all back."""
    old = correction(question, corrected=first)
    new = correction(question, corrected=second)
    ids = {old.event_id, new.event_id}
    teach(store, [old])
    teach(store, [new])
    yield "corrected anew", new, ids
    withdraw(store, new)
    yield "newer one taken back", old, ids
    withdraw(store, old)
    yield "both taken back", None, ids
