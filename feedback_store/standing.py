"""What stands now: the state of a correction and the verdict that counts, derived from events and from nothing else."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from feedback_store.events import Correction, Feedback, Rating, Review
from feedback_store.limits import Audience

State = Literal["pending", "active", "rejected", "withdrawn", "superseded", "expired"]
"""`pending`: waits for review and acts on its author alone. `active`: approved for its audience. The others act on nobody."""

_REACH: dict[Audience, int] = {"author": 0, "tenant": 1, "everyone": 2}


class KnownCorrection(BaseModel):
    """A correction with what became of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    correction: Correction
    state: State = "pending"
    audience: Audience = "author"
    reviewed_by: str | None = None
    note: str = ""
    updated_at: AwareDatetime

    @property
    def id(self) -> str:
        """The event id of the correction."""
        return self.correction.event_id


def stand(
    correction: Correction,
    reviews: Iterable[Review] = (),
    successors: Iterable[KnownCorrection] = (),
    *,
    now: datetime | None = None,
) -> KnownCorrection:
    """Derive what became of `correction`.

    Args:
        correction: the correction.
        reviews: reviews, in any order; those about other events or by somebody with no right to them are passed over:
            an author may withdraw and restore its own, a reviewer or the system's policy anything of the same tenant.
        successors: later corrections with what became of them; one that `supersedes` this one ends it once it is in force
            for all who could see this one.
        now: the time at which expiry is judged; default is the current time.

    """
    decision: Review | None = None
    withdrawn: Review | None = None
    heard = [review for review in reviews if _may(review, correction)]
    for review in sorted(heard, key=lambda review: (review.created_at, review.event_id)):
        if review.verdict in ("approve", "reject"):
            decision = review
        elif review.verdict == "withdraw":
            withdrawn = review
        elif review.verdict == "restore":
            withdrawn = None

    audience: Audience = decision.audience if decision and decision.verdict == "approve" else "author"
    state: State = "pending"
    if decision:
        state = "active" if decision.verdict == "approve" else "rejected"
    last = withdrawn or decision
    if withdrawn and state != "rejected":
        state = "withdrawn"
    elif state in ("pending", "active"):
        if any(_replaces(successor, correction, audience) for successor in successors):
            state = "superseded"
        elif correction.valid_until and correction.valid_until <= (now or datetime.now(UTC)):
            state = "expired"
    return KnownCorrection(
        correction=correction,
        state=state,
        audience=audience,
        reviewed_by=last.user_id if last else None,
        note=last.note if last else "",
        updated_at=last.created_at if last else correction.created_at,
    )


def in_force(known: KnownCorrection, *, user_id: str | None, tenant: str | None, now: datetime | None = None) -> bool:
    """Tell whether a correction may act on this person's next answer. Without an identity nothing private does."""
    correction = known.correction
    if known.state not in ("pending", "active"):
        return False
    if correction.valid_until and correction.valid_until <= (now or datetime.now(UTC)):
        return False
    own = user_id is not None and correction.user_id == user_id and correction.tenant == tenant
    if own:
        return True
    if known.state != "active":
        return False
    return known.audience == "everyone" or (known.audience == "tenant" and correction.tenant == tenant)


def standing_ratings(events: Sequence[Feedback]) -> dict[tuple[str | None, str | None, str], Rating]:
    """Return the verdict that stands by (turn_id, user_id, key): the newest not superseded; retracted ones are left out."""
    ratings = [event for event in events if isinstance(event, Rating)]
    replaced = {rating.supersedes for rating in ratings if rating.supersedes}
    withdrawn = {event.about for event in events if isinstance(event, Review) and event.verdict == "withdraw"}
    newest: dict[tuple[str | None, str | None, str], Rating] = {}
    for rating in sorted(ratings, key=lambda rating: rating.created_at):
        if rating.event_id not in replaced:
            newest[rating.turn_id, rating.user_id, rating.key] = rating
    return {
        about: rating for about, rating in newest.items() if rating.score is not None and rating.event_id not in withdrawn
    }


def _may(review: Review, correction: Correction) -> bool:
    if review.about != correction.event_id or review.tenant != correction.tenant:
        return False
    if review.by == "author":
        own = review.user_id is not None and review.user_id == correction.user_id
        return own and review.verdict in ("withdraw", "restore")
    return True


def _replaces(successor: KnownCorrection, correction: Correction, audience: Audience) -> bool:
    later = successor.correction
    if later.supersedes != correction.event_id or later.tenant != correction.tenant:
        return False
    if successor.state not in ("pending", "active"):
        return False
    same_author = later.user_id is not None and later.user_id == correction.user_id
    return _REACH[successor.audience] >= _REACH[audience] and (same_author or audience != "author")
