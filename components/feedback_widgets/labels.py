"""Every word that the capture components show, in English; give another instance to change or translate them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DeliveryLabels:
    """What is said about the way of an act to the store."""

    saving: str = "Saving…"
    saved: str = "Saved"
    kept: str = "Not saved yet. Kept on this device, sent again by itself."
    refused: str = "Not saved: {why}"


@dataclass(frozen=True)
class ThumbsLabels:
    """The words of `thumbs`. `named` is the accessible name of each control, so that no two messages sound alike."""

    named: str = "{action}: {question}"
    group: str = "Your verdict on the answer"
    good: str = "Good answer"
    bad: str = "Bad answer"
    copy: str = "Copy answer"
    copied: str = "Copied"
    not_copied: str = "Could not copy: select the text and copy it yourself"
    why: str = "Say why"
    what_was_wrong: str = "What was wrong?"
    what_was_good: str = "What was good?"
    comment: str = "Comment (optional)"
    send_comment: str = "Send comment"
    close: str = "Close"
    retracted: str = "Taken back"
    delivery: DeliveryLabels = field(default_factory=DeliveryLabels)


def _negative() -> Mapping[str, str]:
    return {
        "incorrect": "Not correct",
        "incomplete": "Incomplete",
        "off-topic": "Missed the question",
        "outdated": "Out of date",
        "unclear": "Hard to follow",
        "unsafe": "Harmful",
    }


def _positive() -> Mapping[str, str]:
    return {"correct": "Correct", "complete": "Complete", "clear": "Easy to follow"}


@dataclass(frozen=True)
class Reasons:
    """The reason tags that a verdict offers: the name that is stored, and the words that are shown."""

    negative: Mapping[str, str] = field(default_factory=_negative)
    positive: Mapping[str, str] = field(default_factory=_positive)
