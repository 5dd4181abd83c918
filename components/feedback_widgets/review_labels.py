"""Every word of the review panel."""

from dataclasses import dataclass, field

from feedback_widgets.review_case import CaseLabels
from feedback_widgets.review_notes import ReviewNoteLabels
from feedback_widgets.review_trial import ReviewTrialLabels


@dataclass(frozen=True)
class ReviewLabels:
    """Every word of the panel."""

    pending: str = "Waiting for review ({count})"
    nothing: str = "Nothing waits for review."
    in_force: str = "In force for others ({count})"
    taken_out: str = "Taken out automatically ({count})"
    note: str = "Note (optional)"
    approve: str = "Approve for everyone"
    keep: str = "Only for its author"
    reject: str = "Reject"
    withdraw: str = "Withdraw"
    restore: str = "Put it back"
    approved: str = "Approved. It acts for everyone from the next answer on."
    kept: str = "Kept for its author alone."
    rejected: str = "Rejected. It acts on nobody any more."
    withdrawn: str = "Withdrawn. It acts on nobody any more."
    restored: str = "Put back. It acts again from the next answer on."
    overtaken: str = "Somebody else was faster: this correction is {state} now. Nothing was changed."
    gone: str = "This correction is no longer there."
    not_saved: str = "Not saved: {why}. Nothing was changed; please try again."
    unreadable: str = "The corrections cannot be read: {why}"
    more: str = "{count} more wait behind these."
    case: CaseLabels = field(default_factory=CaseLabels)
    notes: ReviewNoteLabels = field(default_factory=ReviewNoteLabels)
    trial: ReviewTrialLabels = field(default_factory=ReviewTrialLabels)
