"""Records with everything filled in that a test does not care about."""

from typing import Any

from feedback_store.events import Correction, Rating, Review, Turn


def a_turn(**fields: Any) -> Turn:
    given: dict[str, Any] = {"session_id": "session-1", "user_id": "ann", "prompt": "How long do refunds take?"}
    return Turn(**given | fields)


def a_rating(**fields: Any) -> Rating:
    given: dict[str, Any] = {"session_id": "session-1", "user_id": "ann", "score": 1.0}
    return Rating(**given | fields)


def a_correction(**fields: Any) -> Correction:
    given: dict[str, Any] = {
        "session_id": "session-1",
        "user_id": "ann",
        "question": "How long do refunds take?",
        "answer": "A month.",
        "corrected": "Refunds take ten days.",
    }
    return Correction(**given | fields)


def a_review(about: Correction | Rating | str, **fields: Any) -> Review:
    given: dict[str, Any] = {
        "session_id": "review-1",
        "user_id": "rita",
        "about": about if isinstance(about, str) else about.event_id,
        "verdict": "approve",
        "by": "reviewer",
        "audience": "tenant",
    }
    return Review(**given | fields)
