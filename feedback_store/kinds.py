"""What kind of correction acts where: on questions like its own, on its topic, or on every answer. One table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from feedback_store.events import Correction, CorrectionType

Reach = Literal["question", "topic", "always"]
"""`question`: questions like the one corrected, by the gate. `topic`: these, and all that its condition names.
`always`: every question of those whom it reaches."""


@dataclass(frozen=True)
class Kind:
    """How the corrections of one type are used."""

    reach: Reach
    """Without a condition."""
    conditional: Reach
    """With one."""
    most: int
    """So many of them, at most, enter one prompt."""


KINDS: Final[Mapping[CorrectionType, Kind]] = {
    "boundary": Kind("question", "topic", most=3),
    "fact": Kind("question", "question", most=3),
    "rule": Kind("question", "topic", most=3),
    "term": Kind("always", "topic", most=5),
    "style": Kind("always", "topic", most=3),
}
"""By `Correction.type`, in the order in which they get room in a prompt."""
MANNERS: Final = ("style", "term")
"""They say how to answer and not what: they compete with no fact, and who gives one did not find the answer wrong."""
MOST_ALWAYS: Final = 16
"""Of those that act on all questions of a person, so many are looked at, the newest: twice what a prompt takes."""


def reach(correction: Correction) -> Reach:
    """Return on which questions a correction acts."""
    kind = KINDS[correction.type]
    return kind.conditional if correction.condition.strip() else kind.reach


def acts_always(correction: Correction) -> bool:
    """Tell whether a correction acts on every question of those whom it reaches, however near or far."""
    return reach(correction) == "always"
