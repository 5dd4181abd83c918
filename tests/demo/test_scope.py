"""The gate with the demo's own embeddings: the scope of one correction, in the words of a help desk."""

from collections.abc import Sequence

import pytest

from demo.models import MiniLM
from feedback_store.events import Correction
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.store import Scope

SAME = {
    "How long is a gift card valid?": ["For how long can I use a gift card?", "Do gift cards expire?"],
    "How long does a standard delivery take?": ["How many days does normal shipping take?"],
    "Can I pay with PayPal?": ["Is PayPal accepted?", "Do you take PayPal at the checkout?"],
    "Is the showroom open on Sundays?": ["Can I visit the showroom on a Sunday?"],
    "How many days do I have to return something?": ["What is the time limit for sending goods back?"],
    "What does the assembly service cost?": ["How much do you charge for assembling furniture?"],
}
SIBLINGS = {
    "How long does a standard delivery take?": ["How long does an express delivery take?", "What does delivery cost?"],
    "Can I return shoes?": ["Can I return electronics?", "Can I exchange shoes?"],
    "Is the showroom open on Sundays?": ["Is the showroom open on Saturdays?", "Where is the showroom?"],
    "How long is the warranty on furniture?": ["How long is the warranty on lamps?", "How do I oil furniture?"],
    "What is the deadline for returns?": ["What is the deadline for exchanges?"],
    "Do you deliver to Sweden?": ["Do you deliver to Norway?"],
    "How many days do I have to return something?": ["Tell me a joke", "Who are you?", "Thanks!"],
}


def recalled(minilm: MiniLM, stored: str, asked: Sequence[str]) -> list[str]:
    """Return those of the questions asked that recall the one correction of the question stored."""
    store = MemoryStore(embeddings=minilm)
    store.append(Correction(session_id="s", user_id="ann", question=stored, guidance="Yes, 30 days."))
    memory = CorrectionMemory(store)
    return [each for each in asked if memory.recall(each, scope=Scope(user_id="ann", tenant="default"))]


@pytest.mark.parametrize(("stored", "asked"), SAME.items())
def test_another_wording_of_a_corrected_question_is_in_scope(minilm: MiniLM, stored: str, asked: list[str]) -> None:
    assert recalled(minilm, stored, [stored, *asked]) == [stored, *asked]


@pytest.mark.parametrize(("stored", "asked"), SIBLINGS.items())
def test_a_near_question_about_something_else_is_not(minilm: MiniLM, stored: str, asked: list[str]) -> None:
    assert recalled(minilm, stored, asked) == []


FOLLOW_UPS = {
    ("How long is the return period for shoes?", "And for books?"): "How long is the return period for books?",
    ("Do you ship furniture to Norway?", "And Iceland?"): "Do you ship furniture to Iceland?",
    ("What does standard delivery cost?", "What about express?"): "What does express delivery cost?",
    ("Do you sell gift cards?", "How long are they valid?"): "How long are gift cards valid?",
    ("Wie lange ist die Rückgabefrist für Schuhe?", "Und für Bücher?"): "Wie lange ist die Rückgabefrist für Bücher?",
}
OFF_TOPIC = [
    "And for the weather?",
    "Weather in Oslo?",
    "What about your name?",
    "Is it cold there?",
    "Und das Wetter?",
]


def test_a_follow_up_recalls_the_correction_of_what_it_asks_in_full_and_an_unrelated_one_none(minilm: MiniLM) -> None:
    store = MemoryStore(embeddings=minilm)
    for (earlier, _), full in FOLLOW_UPS.items():
        store.append(
            Correction(session_id="s", user_id="ann", question=each, guidance=each) for each in (earlier, full)
        )
    memory = CorrectionMemory(store)

    def told(question: str, earlier: str) -> list[str]:
        scope = Scope(user_id="ann", tenant="default")
        return [each.known.correction.question for each in memory.recall(question, scope=scope, history=[earlier])]

    assert {asked: told(asked[1], asked[0]) for asked in FOLLOW_UPS} == {
        asked: [full] for asked, full in FOLLOW_UPS.items()
    }
    assert [told(question, earlier) for question in OFF_TOPIC for earlier, _ in FOLLOW_UPS] == [[]] * 25
