"""Every word and icon that the capture components show, in English; another instance changes or translates them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_STATEFUL: Final = ("good", "bad", "star", *(f"face-{place}" for place in range(5)))
ICONS: Final = frozenset(("copy", *_STATEFUL, *(f"{name}-chosen" for name in _STATEFUL)))
"""The names of the drawings that can be replaced."""


@dataclass(frozen=True)
class DeliveryLabels:
    """What is said about the way of an act to the store."""

    saving: str = "Saving…"
    saved: str = "Saved"
    kept: str = "Not saved yet. Kept on this device, sent again by itself."
    refused: str = "Not saved: {why}"


@dataclass(frozen=True)
class ThumbsLabels:
    """The words of `thumbs`; `faces` and `stars` name the five points of a scale, the worst first."""

    group: str = "Your verdict on the answer"
    good: str = "Good answer"
    bad: str = "Bad answer"
    faces: tuple[str, ...] = ("Very bad", "Bad", "So-so", "Good", "Very good")
    stars: tuple[str, ...] = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
    copy: str = "Copy answer"
    copied: str = "Copied"
    not_copied: str = "Could not copy: select the text and copy it yourself"
    why: str = "Say why"
    what_was_wrong: str = "What was wrong?"
    what_was_good: str = "What was good?"
    comment: str = "Comment (optional)"
    send_comment: str = "Send comment"
    close: str = "Close"


@dataclass(frozen=True)
class RewriteLabels:
    """The words of `rewrite_editor`; `{n}` is a number."""

    open: str = "Edit answer"
    resume: str = "Continue editing"
    text: str = "The answer as it should be"
    changes: str = "Your changes"
    unchanged: str = "No change yet."
    too_large: str = "The texts differ too much to show each change. All of it will be saved."
    discard: str = "Discard this change"
    characters: str = "{n} characters"
    left: str = "{n} characters left"
    save: str = "Save"
    cancel: str = "Cancel"
    reset: str = "Reset"


@dataclass(frozen=True)
class PassageLabels:
    """The words of `passage_remarks`."""

    open: str = "Mark a passage"
    resume: str = "Continue remark"
    group: str = "Your verdict on the passage"
    wrong: str = "Wrong"
    right: str = "Right"
    remark: str = "Remark…"
    unsure: str = "It is not clear which words of the answer these are. Choose them in its text instead."
    hint: str = "Select the passage, with the mouse or with Shift and the arrow keys."
    source: str = "The answer's text, to select from"
    other: str = "Another passage"
    comment: str = "Comment (optional)"
    save: str = "Save remark"
    close: str = "Close"
    discard: str = "Discard"
    no_passage: str = "Please select a passage first."
    no_verdict: str = "Please say whether it is wrong or right."
    yours: str = "Your remarks on this answer"
    begun: str = "Not saved"
    go_on: str = "Continue"
    edit: str = "Edit"
    take_back: str = "Take back"


@dataclass(frozen=True)
class FaultLabels:
    """What is said of an entry that the model does not take: `{n}` is the bound, `{given}` what was entered."""

    required: str = "Please fill this in."
    shorter: str = "Please use at least {n} characters."
    longer: str = "Please use at most {n} characters."
    pattern: str = "This does not have the form that is asked for."
    number: str = "Please give a number, for example 12.5."
    whole: str = "Please give a whole number."
    above: str = "Please give more than {n}."
    least: str = "Please give {n} or more."
    below: str = "Please give less than {n}."
    most: str = "Please give {n} or less."
    multiple: str = "Please give a multiple of {n}."
    digits: str = "Please give fewer digits."
    date: str = "Please give a date."
    datetime: str = "Please give a date and a time."
    time: str = "Please give a time of day."
    past: str = "Please give a time in the past."
    future: str = "Please give a time in the future."
    choice: str = "Please choose one of those that are offered."
    fewer: str = "Please give at least {n}."
    more: str = "Please give at most {n}."
    twice: str = "This name is given twice."
    unknown: str = "This is not asked for."
    nothing: str = "Please fill in one of these at least."
    unreadable: str = "This could not be read: please enter it again."


@dataclass(frozen=True)
class CorrectionFormLabels:
    """Every word of the form that is not the model's own; `{label}` is that of a field, `{n}` a number from 1."""

    open: str = "Correct"
    resume: str = "Continue correcting"
    required: str = "* Please fill in."
    submit: str = "Save correction"
    close: str = "Close"
    stored: str = "Kept with your question and this answer."
    faulty: str = "please look at what is marked."
    yes: str = "Yes"
    no: str = "No"
    none: str = "No answer"
    add: str = "Add: {label}"
    remove: str = "Remove: {label}"
    row: str = "{label} {n}"
    key: str = "Name"
    value: str = "Value"
    faults: FaultLabels = field(default_factory=FaultLabels)


@dataclass(frozen=True)
class IncumbentLabels:
    """The words that the thumbs of the package streamlit-feedback lack."""

    change: str = "Change"
    not_saved: str = "Not saved. Please try again."


@dataclass(frozen=True)
class Labels:
    """Every word that the controls under an answer show.

    `named` is the accessible name of each control, so that no two messages sound alike. `icons` replaces drawings: by
    name (`good`, `bad`, `copy`, `star`, `face-0` to `face-4`, and each of these but `copy` with `-chosen` for its
    state) the path data of an outline on a field of 24 by 24, filled by the even-odd rule.

    Raises:
        ValueError: an icon has another name, or is no path data.

    """

    named: str = "{action}: {question}"
    group: str = "Your feedback on the answer"
    retracted: str = "Taken back"
    delivery: DeliveryLabels = field(default_factory=DeliveryLabels)
    thumbs: ThumbsLabels = field(default_factory=ThumbsLabels)
    rewrite: RewriteLabels = field(default_factory=RewriteLabels)
    form: CorrectionFormLabels = field(default_factory=CorrectionFormLabels)
    passage: PassageLabels = field(default_factory=PassageLabels)
    incumbent: IncumbentLabels = field(default_factory=IncumbentLabels)
    icons: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if unknown := set(self.icons) - ICONS:
            msg = f"icons: given {', '.join(sorted(unknown))}, allowed are {', '.join(sorted(ICONS))}"
            raise ValueError(msg)
        for name, path in self.icons.items():
            # It becomes part of a style, so nothing but a drawing may pass.
            if not re.fullmatch(r"[MmZzLlHhVvCcSsQqTtAaEe0-9\s,.+-]+", path):
                msg = f"icons: given {path[:40]!r} for {name}, allowed is the path data of an SVG, as in M4 4h16v16z"
                raise ValueError(msg)


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
