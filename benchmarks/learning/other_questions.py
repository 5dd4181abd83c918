"""Another question about the same subject: what is stored about the one must not answer the other."""

import random
from collections.abc import Sequence

from feedback_store.words import words


def other_questions(records: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Ask of each subject what is asked of another one, drawn by chance.

    Args:
        records: pairs of a question and its subject.

    Returns:
        The question, by the place of the record whose subject it is about. Records whose question does not name their
        subject are left out, and so are those for which the same question was drawn.

    """
    chance = random.Random(3)
    named = {
        place: cut
        for place, (question, subject) in enumerate(records)
        if subject and (cut := _cut(question, subject)) is not None
    }
    asked: dict[int, str] = {}
    for place, (_, subject, _) in named.items():
        others = [each for each in named.values() if words(each[1]) != words(subject)]
        before, _, after = chance.choice(others) if others else ("", "", "")
        text = f"{before}{subject}{after}"
        if others and words(text) != words(records[place][0]):
            asked[place] = text
    return asked


def _cut(question: str, subject: str) -> tuple[str, str, str] | None:
    """Return what stands before the subject, the subject as it is written, and what stands after it."""
    start = question.casefold().find(subject.casefold())
    end = start + len(subject)
    return (question[:start], question[start:end], question[end:]) if start >= 0 else None
