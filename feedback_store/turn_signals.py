"""Implicit feedback that the server itself hears: another answer was asked for, one was stopped, a question reworded.

Each signal is about the answer that was not good enough. Its id is made from the turns, so that one act told twice is
one event.
"""

import json
import uuid
from math import sqrt
from operator import mul
from typing import Final, Literal

from feedback_store.events import Signal, Turn
from feedback_store.pair_features import features, missing, topic_words
from feedback_store.store import Embeddings

WORDS_ENOUGH: Final = 0.6
"""Share of both questions' topic words that must have their like in the other."""
COSINE_ENOUGH: Final = 0.65
"""Cosine that must be reached where there are embeddings; it holds for all-MiniLM-L6-v2."""
_NAMESPACE: Final = uuid.UUID("1f6f2a54-6d0b-5b1c-8a44-0f4be1e7a2c9")


def regenerated(again: Turn, *, times: int = 1) -> Signal:
    """Return the signal that another answer was asked for, about the turn that `again` answers anew.

    Args:
        again: the new turn; its `parent_turn_id` names the answer that was not enough.
        times: how often that was asked so far: totals are cumulative.

    Raises:
        ValueError: the turn is no other answer to anything.

    """
    if again.parent_turn_id is None:
        msg = f"turn {again.turn_id} has no parent_turn_id: it is no other answer to anything"
        raise ValueError(msg)
    return _signal("regenerate", again, again.parent_turn_id, again.turn_id, times=times)


def stopped(turn: Turn) -> Signal:
    """Return the signal that the reader ended this answer before it was complete."""
    return _signal("stop", turn, turn.turn_id)


def rephrased(earlier: Turn, later: Turn) -> Signal:
    """Return the signal that the question of `earlier` was asked again in other words, about that turn."""
    return _signal("rephrase", earlier, earlier.turn_id, later.turn_id)


def rephrasing(earlier: Turn | None, later: Turn, *, embeddings: Embeddings | None = None) -> Signal | None:
    """Return the signal that `later` rewords `earlier`, the turn before it in its session; None where it does not.

    An answer to the same question that was asked for by a button is none, and neither is one in another session.
    """
    if earlier is None or earlier.session_id != later.session_id or earlier.user_id != later.user_id:
        return None
    if later.parent_turn_id is not None or not is_rewording(earlier.prompt, later.prompt, embeddings=embeddings):
        return None
    return rephrased(earlier, later)


def is_rewording(before: str, after: str, *, embeddings: Embeddings | None = None) -> bool:
    """Tell whether a question asks for the same thing as the one before it, in other words or in the same.

    It does if the two are near enough, and not if one thing stands exchanged for another: a word in an equal frame
    ("express" for "standard delivery"), a name or number, or what is asked about it (its price, then its duration).
    Near is, with embeddings, a cosine of `COSINE_ENOUGH`; without, `WORDS_ENOUGH` of their topic words having their
    like in the other. An embedding model that fails is done without.

    Both are set for precision: a rewording that is missed costs little, one that is none blames a good answer.
    Measured (`benchmarks/rephrase.py`) on the pairs by which the thresholds were set, against siblings that were made
    or chosen to be mistaken for rewordings; a real chat has fewer of those:

    ==================================  ===============  ===============
    pairs (rewordings, others)          words: P, R      cosine: P, R
    ==================================  ===============  ===============
    own (204, 136 siblings)             0.81, 0.29       0.87, 0.54
    help desk (96, 30)                  -, 0.00          1.00, 0.15
    banking77 (180, 109)                0.85, 0.13       0.85, 0.32
    zsre (519, 519 other questions)     1.00, 0.85       1.00, 0.99
    ==================================  ===============  ===============
    """
    one, other = topic_words(before), topic_words(after)
    if not one or not other:
        return False
    found = features(after, before, "")
    if found["swapped_in_frame"] or found["names_clash"] or found["asks_another_thing"]:
        return False
    near = _cosine(before, after, embeddings) if embeddings else None
    if near is not None:
        return near >= COSINE_ENOUGH
    return 1 - (len(missing(one, other)) + len(missing(other, one))) / (len(one) + len(other)) >= WORDS_ENOUGH


def _cosine(before: str, after: str, embeddings: Embeddings) -> float | None:
    try:
        one, other = (embeddings.embed_query(text) for text in (before, after))
    except Exception:
        return None
    length = sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / length if length > 0 else None


def _signal(name: Literal["regenerate", "stop", "rephrase"], of: Turn, *turn_ids: str, times: int = 1) -> Signal:
    made_of = json.dumps([of.tenant, of.user_id, of.session_id, name, *turn_ids])
    return Signal(
        event_id=str(uuid.uuid5(_NAMESPACE, made_of)),
        turn_id=turn_ids[0],
        session_id=of.session_id,
        user_id=of.user_id,
        tenant=of.tenant,
        name=name,
        value=times,
        unit="count",
        seq=times - 1,
    )
