"""An approved answer in the running demo: served to the very same question at once, and the model when it is wanted."""

from collections.abc import Callable

import pytest
from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import BrowserContext, expect

from demo.models import MiniLM
from feedback_store import LanceStore
from feedback_store.verified import VERIFIED_TAG
from tests.ui.conftest import ARTEFACTS
from tests.ui.help_desk import ANSWER_MS, HelpDesk
from tests.ui.recorder import Recorder
from tests.ui.server import Server

pytestmark = pytest.mark.model

QUESTION = "How long is a gift card valid?"
RIGHT = "A gift card is valid for **3 years** from the day on which it was bought."
SHOWN = RIGHT.replace("*", "")


def test_what_was_approved_is_served_word_for_word_and_the_model_answers_when_it_is_asked(
    new_context: Callable[..., BrowserContext], new_desk: Callable[..., Server], recorder: Recorder
) -> None:
    desk = new_desk()
    ann, bob = (HelpDesk(new_context().new_page(), desk.url).open() for _ in range(2))
    ann.ask(QUESTION)
    FeedbackBar(ann.page).rewrite(RIGHT)
    bob.page.get_by_role("link", name="Review").click()
    bob.page.get_by_role("button", name="Approve for everyone").click()
    expect(bob.page.get_by_role("button", name="Approve for everyone")).to_have_count(0)

    asked = len(recorder.bodies)
    bob.open()
    assert bob.ask("how long is a gift card valid") == SHOWN
    assert len(recorder.bodies) == asked, "the model was asked"
    expect(bob.last.get_by_role("button", name="Verified answer")).to_be_visible()
    expect(bob.last.get_by_text("Approved by a reviewer, ")).to_be_visible()
    bob.screenshot(ARTEFACTS / "verified-answer.png")

    bob.last.get_by_role("button", name="Ask the model instead").click()
    expect(bob.page.get_by_text("Answer 2 of 2")).to_be_visible(timeout=ANSWER_MS)
    bob.await_answer()
    assert len(recorder.bodies) == asked + 1
    assert "3 years" in recorder.last_text()
    expect(bob.last.get_by_role("button", name="Verified answer")).to_have_count(0)
    bob.page.get_by_role("button", name="Earlier").click()
    expect(bob.last.get_by_role("button", name="Verified answer")).to_be_visible()

    store = LanceStore(desk.env["FEEDBACK_STORE"], embeddings=MiniLM(), embedding_name="minilm")
    served, generated = [turn for turn in store.turns() if turn.prompt == "how long is a gift card valid"]
    store.close()
    assert (served.response, served.model, served.tags) == (RIGHT, None, (VERIFIED_TAG,))
    assert VERIFIED_TAG not in generated.tags
    assert served.correction_ids == generated.correction_ids != ()
