"""Would a correction be used for a question, and how sure is that? For those who decide on it, before they do."""

from feedback_store.gate import DEFAULT_GATE, Gate, Judged
from feedback_store.scoping import CANDIDATES, verdicts
from feedback_store.standing import KnownCorrection
from feedback_store.store import FeedbackStore, Scope


def tried(question: str, known: KnownCorrection, *, store: FeedbackStore, gate: Gate = DEFAULT_GATE) -> Judged | None:
    """Judge a correction for a question, in competition with all others, as its author would meet it.

    Args:
        question: a question that somebody might ask, by itself: no conversation goes before it.
        known: the correction.
        store: where it is kept.
        gate: decides what is in scope; that of the app.

    Returns:
        The verdict, with the features that decided; none of these where its condition did, or where it acts always.
        None where the store does not find it for the question, since others are nearer or it is not in force.

    Raises:
        StoreError: the store cannot be read.

    """
    scope = Scope(user_id=known.correction.user_id, tenant=known.correction.tenant)
    candidates = store.similar_corrections(question, scope=scope, limit=CANDIDATES)
    judged = verdicts(question, candidates, store, gate) if question.strip() else []
    return next((each for each in judged if each.candidate.known.id == known.id), None)
