"""What the documents of the shop have wrong, and what is right: the table behind every test of the whole loop."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Lesson:
    """A fact that a document has wrong. `wrong` and `right` are regexes of the answers before and after."""

    question: str
    wrong: str
    correction: str
    paraphrase: str
    right: str


LESSONS: Final = (
    Lesson(
        "How many days do I have to return something?",
        r"\b14\b",
        "You can return goods within 30 days of delivery.",
        "What is the time limit for sending goods back?",
        r"\b30\b",
    ),
    Lesson(
        "How long is a gift card valid?",
        r"\b12 months",
        "A gift card is valid for 3 years.",
        "When does my gift card run out?",
        r"\b(3|three) years",
    ),
    Lesson(
        "How long does a parcel wait at a pick-up point?",
        r"\b5 days",
        "A parcel waits at the pick-up point for 10 days.",
        "For how many days is my parcel kept at the pick-up point?",
        r"\b10 days",
    ),
    Lesson(
        "What does the assembly service cost?",
        r"\b49\b",
        "The assembly service costs 29 euros for each piece of furniture.",
        "How much do you charge to put a wardrobe together?",
        r"\b29\b",
    ),
    Lesson(
        "When do Oak Club points expire?",
        r"\b6 months",
        "Points expire 24 months after the purchase.",
        "How long can I keep my Oak Club points?",
        r"\b24 months",
    ),
    Lesson(
        "How long does a standard delivery take?",
        r"\b5 to 7\b",
        "A standard delivery takes 2 to 3 working days.",
        "When will my normal parcel arrive?",
        r"\b2 to 3\b",
    ),
    Lesson(
        "How quickly do you answer e-mails?",
        r"\b3 working days",
        "We answer e-mails within one working day.",
        "When can I expect a reply to my message?",
        r"\b(one|1) working day\b",
    ),
)

UNRELATED: Final = (
    "How long does an express delivery take?",
    "What does a return cost?",
    "How do I apply for a job?",
    "What is the address of the showroom?",
    "Can I pay in instalments?",
    "How long is the warranty on lamps?",
    "How do I collect points?",
    "Where do I find my invoice?",
)
"""Questions that none of the lessons answers, some of them near one."""
