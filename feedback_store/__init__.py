"""Records, stores and recall of feedback on LLM answers. Importing this package needs pydantic alone."""

from feedback_store.contradiction import Contradiction, contradictions
from feedback_store.credit_keeper import CreditKeeper
from feedback_store.events import (
    Correction,
    Feedback,
    InvalidFeedback,
    Rating,
    Review,
    Signal,
    Span,
    Turn,
    parse_feedback,
    parse_record,
)
from feedback_store.holdout import Lift, lift
from feedback_store.lancedb import LanceStore
from feedback_store.limits import new_id
from feedback_store.memory import MemoryStore
from feedback_store.outcome import Credit, credit
from feedback_store.recall import CorrectionMemory
from feedback_store.standing import KnownCorrection, in_force, standing_ratings
from feedback_store.store import (
    Candidate,
    Embeddings,
    Erasure,
    FeedbackStore,
    IncompatibleStore,
    Receipt,
    Scope,
    StoreError,
)
from feedback_store.turn_signals import regenerated, rephrased, rephrasing, stopped

__all__ = [
    "Candidate",
    "Contradiction",
    "Correction",
    "CorrectionMemory",
    "Credit",
    "CreditKeeper",
    "Embeddings",
    "Erasure",
    "Feedback",
    "FeedbackStore",
    "IncompatibleStore",
    "InvalidFeedback",
    "KnownCorrection",
    "LanceStore",
    "Lift",
    "MemoryStore",
    "Rating",
    "Receipt",
    "Review",
    "Scope",
    "Signal",
    "Span",
    "StoreError",
    "Turn",
    "contradictions",
    "credit",
    "in_force",
    "lift",
    "new_id",
    "parse_feedback",
    "parse_record",
    "regenerated",
    "rephrased",
    "rephrasing",
    "standing_ratings",
    "stopped",
]
