"""How long it takes until a correction acts: from the append to the first prompt that holds it, and back."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final

from benchmarks.learning.arms import Asking, Said
from benchmarks.learning.results import Sheet
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import correction, open_store, withdraw
from feedback_store.store import Scope

TAUGHT: Final = 100
SYSTEM: Final = "Answer the question in a few words."
LEARNER: Final = Scope(user_id="learner", tenant="default")


def measure(sheet: Sheet, setup: Setup, pairs: Sequence[tuple[str, str]]) -> None:
    """Let a person teach each (question, answer), ask on the very next turn, take it back, and ask again.

    The time is all of ours: append, look-up and making of the prompt, embedding included; the model's is left out.
    """
    used: list[bool] = []
    unused: list[bool] = []
    times: dict[str, list[float]] = {"taught": [], "withdrawn": []}
    with open_store(setup.store, setup.embeddings) as store:
        asking = Asking(store, embeddings=setup.embeddings, system=SYSTEM, reader=LEARNER)
        for question, answer in pairs[:TAUGHT]:
            taught = correction(question, user_id=LEARNER.user_id or "", corrected=answer)
            said, seconds = _timed(lambda one=taught: store.append(one), lambda q=question: asking.heard("A3", q))
            used.append(taught.event_id in said.used)
            times["taught"].append(seconds)
            said, seconds = _timed(lambda one=taught: withdraw(store, one), lambda q=question: asking.heard("A3", q))
            unused.append(taught.event_id not in said.used)
            times["withdrawn"].append(seconds)
    sheet.share("A3", "used on the next turn", used)
    sheet.share("A3", "unused on the turn after its withdrawal", unused)
    for what, seconds in times.items():
        ordered = sorted(seconds)
        for share in (50, 95):
            at = ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
            sheet.add("A3", f"time to effect, {what}, p{share} (s)", at, n=len(ordered))


def _timed(act: Callable[[], object], ask: Callable[[], Said]) -> tuple[Said, float]:
    start = perf_counter()
    act()
    said = ask()
    return said, perf_counter() - start
