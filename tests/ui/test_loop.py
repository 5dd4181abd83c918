"""The story of the product, in real Chromium on the real local model: correct an answer, ask again, see it learned."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from demo.models import MiniLM
from feedback_store import LanceStore, Rating, Turn
from tests.demo.lessons import LESSONS, UNRELATED
from tests.ui.conftest import ARTEFACTS
from tests.ui.help_desk import HelpDesk
from tests.ui.recorder import LONG_ANSWER, SHORT_ANSWER, Recorder
from tests.ui.server import Server
from tests.waiting import until

pytestmark = pytest.mark.model

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def page(page: Page, desk: Server) -> HelpDesk:
    return HelpDesk(page, desk.url).open()


@pytest.fixture(autouse=True)
def short_answers(recorder: Recorder) -> Iterator[None]:
    """What the model is told is looked at in most of them, and not what it says."""
    recorder.longest = 8
    yield
    recorder.longest = LONG_ANSWER


@pytest.fixture
def same_words(recorder: Recorder, short_answers: None) -> Iterator[None]:
    """What the model says is looked at here, so it must not depend on what it was asked before."""
    recorder.longest, recorder.rereads = SHORT_ANSWER, True
    yield
    recorder.rereads = False


def prompt(page: HelpDesk, recorder: Recorder, question: str) -> bytes:
    """Ask, and return the bytes that the model gets; its answer is stopped."""
    before = len(recorder.bodies)
    page.send(question)
    until(lambda: len(recorder.bodies) > before)
    page.page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.last.get_by_text("Stopped.")).to_be_visible()
    return recorder.last


@pytest.fixture
def stored(desk: Server) -> Iterator[LanceStore]:
    """The store of the running demo, opened a second time from here."""
    store = LanceStore(desk.env["FEEDBACK_STORE"], embeddings=MiniLM(), embedding_name="minilm")
    yield store
    store.close()


@pytest.mark.usefixtures("same_words")
def test_five_facts_are_learned_and_five_unrelated_prompts_stay_as_they_were(
    page: HelpDesk, recorder: Recorder, stored: LanceStore
) -> None:
    turn: Turn | None = None
    shots = ARTEFACTS / "loop"
    before: dict[str, bytes] = {}
    for question in UNRELATED[:5]:
        before[question] = prompt(page, recorder, question)
        page.new_chat()

    for number, lesson in enumerate(LESSONS[:5], start=1):
        wrong = page.ask(lesson.question)
        assert re.search(lesson.wrong, wrong), wrong
        page.bad().click()
        expect(page.bad()).to_have_attribute("aria-pressed", "true")
        page.correct(lesson.correction)
        page.screenshot(shots / f"{number}-corrected.png")

        page.new_chat()
        right = page.ask(lesson.paraphrase)
        expect(page.mark()).to_have_text("Uses your correction")
        page.screenshot(shots / f"{number}-learned.png")
        assert re.search(lesson.right, right), right
        assert lesson.correction in recorder.last_text()
        turn = stored.turns()[-1]
        assert turn.prompt == lesson.paraphrase
        [known] = stored.corrections(user_id=turn.user_id)[number - 1 :]
        assert known.correction.question == lesson.question
        assert turn.correction_ids == (known.id,)
        page.new_chat()

    assert turn is not None
    ratings = stored.events(kinds=["rating"], user_id=turn.user_id)
    assert [rating.score for rating in ratings if isinstance(rating, Rating)] == [0.0] * 5

    for question in UNRELATED[:5]:
        assert prompt(page, recorder, question) == before[question], question
        expect(page.mark()).to_have_count(0)
        page.new_chat()
    page.ask(UNRELATED[0])
    assert recorder.last == before[UNRELATED[0]]
    expect(page.mark()).to_have_count(0)


def test_a_correction_reaches_others_only_after_approval_and_nobody_after_withdrawal(
    new_context: NewContext, new_desk: Callable[..., Server], recorder: Recorder
) -> None:
    lesson = LESSONS[0]
    server = new_desk()
    ann, bob = (HelpDesk(new_context().new_page(), server.url).open() for _ in range(2))
    ann.ask(lesson.question)
    ann.correct(lesson.correction)

    bob.ask(lesson.paraphrase)
    assert lesson.correction not in recorder.last_text()
    expect(bob.mark()).to_have_count(0)

    bob.page.get_by_role("link", name="Review").click()
    bob.page.get_by_role("button", name="Approve for everyone").click()
    expect(bob.page.get_by_role("button", name="Approve for everyone")).to_have_count(0)
    bob.open()
    bob.ask(lesson.paraphrase)
    assert lesson.correction in recorder.last_text()
    expect(bob.mark()).to_have_text("Uses an approved correction")

    ann.new_chat()
    ann.ask(lesson.paraphrase)
    assert lesson.correction in recorder.last_text()
    ann.last.get_by_role("button", name="Take back").click()
    expect(ann.last.get_by_text("Taken back")).to_be_visible()

    for person in (ann, bob):
        person.new_chat()
        person.ask(lesson.paraphrase)
        assert lesson.correction not in recorder.last_text()
        expect(person.mark()).to_have_count(0)


def test_one_click_takes_a_correction_back_and_another_brings_it_again(page: HelpDesk, recorder: Recorder) -> None:
    lesson = LESSONS[1]
    page.ask(lesson.question)
    page.correct(lesson.correction)
    page.ask(lesson.paraphrase)
    page.last.get_by_role("button", name="Take back").click()
    expect(page.last.get_by_text("Taken back")).to_be_visible()
    page.ask(lesson.paraphrase)
    assert lesson.correction not in recorder.last_text()

    used = page.answers.nth(1)
    used.get_by_role("button", name="Undo").click()
    expect(used.get_by_role("button", name="Take back")).to_be_visible()
    page.ask(lesson.paraphrase)
    assert lesson.correction in recorder.last_text()
