"""A store for each run of the review app: one conversation of four turns with three pending corrections."""

from functools import cache

from feedback_store.events import Turn
from feedback_store.memory import MemoryStore
from tests.records import a_correction, a_turn

HIDDEN = "Pay \u202e59 RUE\u202c at once.\u200b"
HOSTILE = '![x](http://evil.invalid/pixel.png) <img src="http://evil.invalid/tag.png"> **bold** :red[alarm] $x$'


@cache
def filled(run: str) -> MemoryStore:
    """Return the store of a run, the same for every session of the process."""
    store = MemoryStore()
    turns = [_turn(run, number) for number in range(4)]
    store.append(turns)
    store.append(
        [
            a_correction(**_about(turns[1]), corrected="The cap is 75 EUR per day.", source="rewrite"),
            a_correction(**_about(turns[2]), corrected="", guidance=HIDDEN, details={"source": HOSTILE}),
            a_correction(**_about(turns[3]) | {"question": HOSTILE}, corrected="", guidance="Say no."),
        ]
    )
    return store


def _turn(run: str, number: int) -> Turn:
    return a_turn(
        turn_id=f"{run}-{number}", session_id=run, index=number,
        prompt=f"Question {number}?", response=f"The cap is {60 + number} EUR per day.",
    )  # fmt: skip


def _about(turn: Turn) -> dict[str, str]:
    return {
        "event_id": f"case-{turn.turn_id}",
        "turn_id": turn.turn_id,
        "session_id": turn.session_id,
        "question": turn.prompt,
        "answer": turn.response,
    }
