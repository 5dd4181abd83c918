"""What stands now: the state of a correction and the verdict that counts, derived from events and from nothing else."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from feedback_store.events import Correction, Event, Feedback, Rating, Review
from feedback_store.limits import Audience

State = Literal["pending", "active", "rejected", "withdrawn", "superseded", "expired"]
"""`pending`: waits for review and acts on its author. `active`: approved for its audience. The others: nobody."""

_REACH: dict[Audience, int] = {"author": 0, "tenant": 1, "everyone": 2}


class KnownCorrection(BaseModel):
    """A correction with what became of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    correction: Correction
    state: State = "pending"
    audience: Audience = "author"
    reviewed_by: str | None = None
    reviewed_as: Literal["author", "reviewer", "system"] | None = None
    """In which right: as its author, as a reviewer, or by the system's own policy."""
    note: str = ""
    updated_at: AwareDatetime
    """When it was made, or last decided on, withdrawn or restored."""
    replaced_at: AwareDatetime | None = None
    """When a successor that holds only from then on takes its place."""
    takes_over: AwareDatetime | None = None
    """When it, or what took its own place before that, takes that of the one that it supersedes; None is at once."""

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
            an author may withdraw its own and restore what it withdrew itself, a reviewer or the system's policy may do
            anything within the same tenant.
        successors: corrections that `supersede` this one, with what became of them. One ends this one as soon as all
            who could see this one see it, and for good: its own expiry or successor does not bring this one back, only
            its withdrawal, rejection or erasure does. A successor that holds only from a later time on ends this one
            then. One of a successor that was made before that time takes its place: it alone says when this one ends.
        now: the time at which expiry is judged; default is the current time.

    """
    heard = _heard(correction, reviews)
    decision = next((review for review in reversed(heard) if review.verdict in ("approve", "reject")), None)
    withdrawn = _withdrawal(heard)

    audience: Audience = decision.audience if decision and decision.verdict == "approve" else "author"
    state: State = "pending"
    if decision:
        state = "active" if decision.verdict == "approve" else "rejected"
    last = withdrawn or decision
    replaced_at, takes_over = None, _holds_from(correction)
    if withdrawn and state != "rejected":
        state = "withdrawn"
    elif state in ("pending", "active"):
        replacing = [one for one in successors if _replaces(one, correction, audience)]
        early = [one for one in replacing if takes_over and one.correction.created_at < takes_over]
        later = [one.takes_over for one in replacing if one.takes_over and one not in early]
        if early or len(later) < len(replacing):
            state = "superseded"
        elif later:
            replaced_at = min(later)
        if early:
            moments = [one.takes_over for one in early]
            takes_over = None if None in moments else min(moment for moment in moments if moment)
    restored = next((review.created_at for review in reversed(heard) if review.verdict == "restore"), None)
    decided = last.created_at if last else correction.created_at
    known = KnownCorrection(
        correction=correction,
        state=state,
        audience=audience,
        reviewed_by=last.user_id if last else None,
        reviewed_as=last.by if last else None,
        note=last.note if last else "",
        updated_at=decided if withdrawn or restored is None else max(decided, restored),
        replaced_at=replaced_at,
        takes_over=takes_over,
    )
    return as_of(known, now)


def as_of(known: KnownCorrection, now: datetime | None = None) -> KnownCorrection:
    """Return the correction as it stands at a time (default: now), with its expiry and its replacement judged."""
    if known.state not in ("pending", "active"):
        return known
    now = now or datetime.now(UTC)
    if _has_come(known.replaced_at, now):
        return known.model_copy(update={"state": "superseded"})
    return known.model_copy(update={"state": "expired"}) if _has_come(known.correction.valid_until, now) else known


def in_force(known: KnownCorrection, *, user_id: str | None, tenant: str | None, now: datetime | None = None) -> bool:
    """Tell whether a correction may act on this person's next answer. Without an identity nothing private does."""
    correction = known.correction
    now = now or datetime.now(UTC)
    if as_of(known, now).state not in ("pending", "active"):
        return False
    if correction.valid_from is not None and not _has_come(correction.valid_from, now):
        return False
    own = user_id is not None and correction.user_id == user_id and correction.tenant == tenant
    if own:
        return True
    if known.state != "active":
        return False
    return known.audience == "everyone" or (known.audience == "tenant" and correction.tenant == tenant)


def standing_ratings(events: Sequence[Feedback]) -> dict[tuple[str, str | None, str], Rating]:
    """Return by (turn_id, user_id, key) the verdict that stands: the newest that is neither replaced nor taken back.

    A rating of a whole session stands under its session_id. Retracted verdicts (score None) are left out.
    """
    ratings = [event for event in events if isinstance(event, Rating)]
    reviews = [event for event in events if isinstance(event, Review)]
    replaced = {(rating.tenant, rating.user_id, rating.supersedes) for rating in ratings}
    newest: dict[tuple[str, str | None, str], Rating] = {}
    for rating in sorted(ratings, key=lambda rating: (rating.created_at, rating.event_id)):
        taken_back = _withdrawal(_heard(rating, reviews))
        if not taken_back and (rating.tenant, rating.user_id, rating.event_id) not in replaced:
            newest[rating.turn_id or rating.session_id, rating.user_id, rating.key] = rating
    return {about: rating for about, rating in newest.items() if rating.score is not None}


def _has_come(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _holds_from(correction: Correction) -> datetime | None:
    """Return the later time from which a correction holds; None where it held as soon as it was made."""
    holds = correction.valid_from
    return holds if holds is not None and holds > correction.created_at else None


def _heard(event: Event, reviews: Iterable[Review]) -> list[Review]:
    allowed = (review for review in reviews if review.about == event.event_id and _may(review, event))
    return sorted(allowed, key=lambda review: (review.created_at, review.event_id))


def _may(review: Review, event: Event) -> bool:
    if review.tenant != event.tenant:
        return False
    if review.by == "author":
        own = review.user_id is not None and review.user_id == event.user_id
        return own and review.verdict in ("withdraw", "restore")
    return True


def _withdrawal(heard: Iterable[Review]) -> Review | None:
    withdrawals: dict[bool, Review] = {}
    for review in heard:
        by_author = review.by == "author"
        if review.verdict == "withdraw":
            withdrawals[by_author] = review
        elif review.verdict == "restore" and by_author:
            withdrawals.pop(True, None)
        elif review.verdict == "restore":
            withdrawals.clear()
    return withdrawals.get(False) or withdrawals.get(True)


def _replaces(successor: KnownCorrection, correction: Correction, audience: Audience) -> bool:
    later = successor.correction
    if later.supersedes != correction.event_id or later.tenant != correction.tenant:
        return False
    if successor.state in ("rejected", "withdrawn"):
        return False
    same_author = later.user_id is not None and later.user_id == correction.user_id
    return _REACH[successor.audience] >= max(_REACH[audience], 0 if same_author else 1)
