"""The chat page around the loop: stop, regenerate, history, and what is said when the model cannot answer."""

import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import BrowserContext, expect

from demo.models import MiniLM
from feedback_store import LanceStore, Signal, Turn
from tests.ui.conftest import ROOT, Serve
from tests.ui.help_desk import ANSWER_MS, HelpDesk
from tests.ui.reading import await_observer, hide, until
from tests.ui.recorder import LONG_ANSWER, SHORT_ANSWER, Recorder
from tests.ui.server import Server

pytestmark = pytest.mark.model

NewContext = Callable[..., BrowserContext]
NewDesk = Callable[..., Server]
QUESTION = "What does standard delivery cost?"
LONG = "Explain everything about returns, refunds, exchanges and repairs in many long paragraphs."


@pytest.fixture
def page(new_context: NewContext, desk: Server) -> HelpDesk:
    return HelpDesk(new_context().new_page(), desk.url).open()


@pytest.fixture(autouse=True)
def short_answers(recorder: Recorder) -> Iterator[None]:
    """Nothing is asked of the words here."""
    recorder.longest = SHORT_ANSWER
    yield
    recorder.longest = LONG_ANSWER


@pytest.fixture
def long_answers(recorder: Recorder, short_answers: None) -> None:
    recorder.longest = LONG_ANSWER


@contextmanager
def stored(desk: Server) -> Generator[LanceStore]:
    store = LanceStore(desk.env["FEEDBACK_STORE"], embeddings=MiniLM(), embedding_name="minilm")
    try:
        yield store
    finally:
        store.close()


def turns(desk: Server, prompt: str) -> list[Turn]:
    """The stored turns with this question, oldest first."""
    with stored(desk) as store:
        return [turn for turn in store.turns() if turn.prompt == prompt]


def signals(desk: Server, turn: Turn) -> list[Signal]:
    with stored(desk) as store:
        events = store.events(kinds=["signal"], turn_ids=[turn.turn_id])
    return [event for event in events if isinstance(event, Signal)]


def test_the_page_says_which_model_runs_and_offers_questions_to_start_with(page: HelpDesk) -> None:
    expect(page.page.get_by_text("by default, at 127.0.0.1")).to_be_visible()
    page.page.get_by_role("button", name=QUESTION).click()
    page.await_answer()
    expect(page.answers).to_have_count(1)


@pytest.mark.usefixtures("long_answers")
def test_stop_ends_the_model_keeps_what_was_shown_and_still_takes_feedback(page: HelpDesk, desk: Server) -> None:
    page.send(LONG)
    expect(page.last.get_by_text("▌")).to_be_visible(timeout=ANSWER_MS)
    page.page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.last.get_by_text("Stopped.")).to_be_visible()
    expect(page.good()).to_be_visible()
    [turn] = turns(desk, LONG)
    assert turn.status == "stopped"
    assert turn.displayed
    assert page.text(page.last).split()[:3] == turn.displayed.split()[:3]


@pytest.mark.usefixtures("long_answers")
def test_stop_is_heard_before_the_first_word(page: HelpDesk, desk: Server) -> None:
    question = "Is there anything at all that I should know before my first order with you?"
    page.send(question)
    page.page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.last.get_by_text("Stopped.")).to_be_visible()
    assert [turn.status for turn in turns(desk, question)] == ["stopped"]


@pytest.mark.usefixtures("long_answers")
def test_a_question_sent_while_an_answer_streams_ends_that_answer_and_loses_neither(
    page: HelpDesk, desk: Server
) -> None:
    first = f"{LONG} Begin with repairs."
    page.send(first)
    expect(page.last.get_by_text("▌")).to_be_visible(timeout=ANSWER_MS)
    page.send("Where is the showroom?")
    expect(page.answers).to_have_count(2, timeout=ANSWER_MS)
    page.await_answer()
    assert [turn.status for turn in turns(desk, first)] == ["stopped"]
    assert [turn.status for turn in turns(desk, "Where is the showroom?")] == ["answered"]


def test_regenerating_keeps_both_answers_and_the_reader_can_go_back(page: HelpDesk, desk: Server) -> None:
    question = "How do I send something back?"
    page.ask(question)
    page.page.get_by_role("button", name="Regenerate").click()
    expect(page.page.get_by_text("Answer 2 of 2")).to_be_visible(timeout=ANSWER_MS)
    first, second = turns(desk, question)
    assert second.parent_turn_id == first.turn_id
    page.page.get_by_role("button", name="Earlier", exact=True).click()
    expect(page.page.get_by_text("Answer 1 of 2")).to_be_visible()
    expect(page.page.locator(f".st-key-fbw-turn-{first.turn_id}")).to_be_visible()
    preferred = page.last.get_by_role("radiogroup", name="Which answer is better?")
    preferred.get_by_text("Later").click()
    expect(page.last.get_by_text("Saved", exact=True)).to_be_visible()
    page.page.reload()
    expect(preferred.get_by_role("radio", name="This")).to_be_checked(timeout=ANSWER_MS)


def test_a_reload_shows_the_same_chat_with_the_verdict_that_was_given(page: HelpDesk) -> None:
    said = page.ask(QUESTION)
    page.good().click()
    expect(page.last.get_by_text("Saved")).to_be_visible()
    page.page.reload()
    expect(page.good()).to_have_attribute("aria-pressed", "true")
    assert page.text(page.last) == said


def test_a_reload_shows_the_passages_that_were_marked(page: HelpDesk) -> None:
    page.ask(QUESTION)
    bar = FeedbackBar(page.page)
    bar.good.click()
    words = page.last.locator("[data-testid=stMarkdownContainer] p").first
    words.evaluate("words => getSelection().selectAllChildren(words)")
    bar.mark_wrong.click()
    bar.expect_saved()
    before = words.inner_text().split()
    page.page.reload()
    expect(bar.good).to_have_attribute("aria-pressed", "true")
    page.page.wait_for_function("() => CSS.highlights.size === 1")
    [marked] = bar.marked("wrong")
    assert marked.split() == before


def test_reading_is_observed_only_by_a_reader_who_allowed_it(page: HelpDesk, desk: Server) -> None:
    question = "How long is the warranty on lamps?"
    consent = page.page.get_by_role("region", name="Sharing how you read")
    consent.get_by_role("button", name="Allow").click()
    page.ask(question)
    await_observer(page.page)
    until(page.page, "Object.keys(localStorage).some(name => name.startsWith('feedback-widgets.read.'))")
    hide(page.page)
    [turn] = turns(desk, question)
    assert {"dwell"} == {signal.name for signal in signals(desk, turn)}
    page.page.reload()
    expect(consent.get_by_role("switch", name="Share how I read")).to_be_checked()


@pytest.mark.usefixtures("long_answers")
def test_a_reload_in_the_middle_of_an_answer_brings_the_whole_answer(page: HelpDesk, desk: Server) -> None:
    question = f"{LONG} Begin with exchanges."
    page.send(question)
    expect(page.last.get_by_text("▌")).to_be_visible(timeout=ANSWER_MS)
    page.page.reload()
    page.await_answer()
    [turn] = turns(desk, question)
    assert turn.status == "answered"
    assert page.text(page.last).split()[:5] == turn.response.split()[:5]


def test_chats_are_listed_and_opened_again_and_nobody_sees_another_s(
    page: HelpDesk, new_context: NewContext, desk: Server
) -> None:
    question = "Do you sell gift cards?"
    page.ask(question)
    address = page.page.url
    page.new_chat()
    listed = page.page.get_by_role("button", name=question)
    listed.click()
    expect(page.answers).to_have_count(1)

    other = HelpDesk(new_context().new_page(), desk.url)
    other.page.goto(address)
    expect(other.page.get_by_role("heading", level=1)).to_be_visible()
    expect(other.input).to_be_visible()
    expect(other.page.get_by_text(question)).to_have_count(0)


def test_a_killed_server_comes_back_with_every_chat_and_what_it_left_behind_can_be_asked_again(
    new_desk: NewDesk, new_context: NewContext, recorder: Recorder
) -> None:
    server = new_desk(FEEDBACK_REVIEWERS="nobody")
    page, other = (HelpDesk(new_context().new_page(), server.url).open() for _ in range(2))
    said = page.ask(QUESTION)
    page.good().click()
    expect(page.last.get_by_text("Saved")).to_be_visible()
    recorder.longest = LONG_ANSWER
    other.send(LONG)
    expect(other.last.get_by_text("▌")).to_be_visible(timeout=ANSWER_MS)
    server.restart(kill=True)

    page.page.reload()
    expect(page.good()).to_have_attribute("aria-pressed", "true", timeout=ANSWER_MS)
    assert page.text(page.last) == said
    page.page.get_by_role("link", name="Review").click()
    expect(page.page.get_by_text("Only reviewers see this page")).to_be_visible()

    recorder.longest = SHORT_ANSWER
    other.page.reload()
    expect(other.last.get_by_text("This answer was interrupted.")).to_be_visible(timeout=ANSWER_MS)
    other.page.get_by_role("button", name="Try again").click()
    other.await_answer()


def test_a_dead_model_server_is_named_and_the_question_is_answered_once_it_is_back(
    new_desk: NewDesk, new_context: NewContext, recorder: Recorder
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    page = HelpDesk(new_context().new_page(), new_desk(FEEDBACK_MODEL=url).url).open()
    page.send(QUESTION)
    expect(page.last.get_by_role("alert")).to_contain_text("cannot be reached", timeout=ANSWER_MS)
    expect(page.page.get_by_text(QUESTION).first).to_be_visible()
    back = Recorder(recorder.upstream, port=port)
    try:
        page.page.get_by_role("button", name="Try again").click()
        page.await_answer()
    finally:
        back.close()


@pytest.mark.parametrize(
    ("model", "says"),
    [
        pytest.param("mistralai:mistral-x", "pip install langchain-mistralai", marks=pytest.mark.slow),
        pytest.param("nosuch:model", "FEEDBACK_MODEL", marks=pytest.mark.slow),
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_opened_says_what_to_do_and_the_page_stays_usable(
    new_desk: NewDesk, new_context: NewContext, model: str, says: str
) -> None:
    server = new_desk(FEEDBACK_MODEL=model, OPENAI_API_KEY="", FEEDBACK_EMBEDDINGS="none")
    page = HelpDesk(new_context().new_page(), server.url).open()
    expect(page.page.get_by_role("alert").first).to_contain_text(says)
    page.send(QUESTION)
    expect(page.last.get_by_role("alert")).to_contain_text(says, timeout=ANSWER_MS)
    expect(page.input).to_be_enabled()


def test_the_default_model_runs_in_a_child_of_the_app_and_answers(
    serve: Serve, new_context: NewContext, tmp_path: Path
) -> None:
    server = serve(
        ROOT / "app.py",
        FEEDBACK_MODEL="local:small",
        FEEDBACK_STORE=str(tmp_path / "feedback"),
        FEEDBACK_DATA=str(tmp_path),
    )
    page = HelpDesk(new_context().new_page(), server.url).open()
    expect(page.page.get_by_text("Qwen2.5-Coder 0.5B")).to_be_visible()
    assert page.ask(QUESTION)
