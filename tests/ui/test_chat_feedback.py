"""A chat app as Streamlit's own tutorial writes it gets the feedback bar by three lines."""

import re
from pathlib import Path

import pytest
from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import Page, expect

from feedback_store import Correction, LanceStore, Rating
from tests.ui.conftest import APPS
from tests.ui.server import ROOT, Server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def tutorial(folder: Path) -> object:
    """The app in a folder of its own, where its store will lie; with our own theme, telemetry off."""
    script = folder / "app.py"
    script.write_text((APPS / "tutorial_chat.py").read_text())
    server = Server(script, log=folder / "log", env={"PYTHONPATH": str(ROOT)}, cwd=folder).start()
    yield server
    server.stop()


def ask(page: Page, words: str, answers: int) -> None:
    page.get_by_test_id("stChatInputTextArea").fill(words)
    page.keyboard.press("Enter")
    bars = page.locator("[data-testid^='fbw-feedback-bar-']")
    expect(bars).to_have_count(answers)
    expect(bars.last).to_have_attribute("aria-label", re.compile(re.escape(words)))  # the former one moves up meanwhile


def test_the_tutorial_s_app_needs_three_lines_more() -> None:
    added = [line for line in (APPS / "tutorial_chat.py").read_text().splitlines() if "chat_feedback" in line]
    assert len(added) == 3


def test_its_answers_are_rated_and_rewritten_and_kept_with_their_questions(
    page: Page, tutorial: Server, folder: Path
) -> None:
    page.goto(tutorial.url)
    ask(page, "Hello?", 1)
    FeedbackBar(page).bad.click()
    FeedbackBar(page).expect_saved()
    ask(page, "And now?", 2)
    bar = FeedbackBar(page)
    bar.rewrite("Good evening. What may I do for you?")
    first = page.locator("[data-testid^='fbw-feedback-bar-']").first
    expect(first.locator("[part=bad]")).to_have_attribute("aria-pressed", "true")
    store = LanceStore(folder / "feedback")
    turns = {turn.turn_id: turn for turn in store.turns()}
    [rating, correction] = store.events()
    store.close()
    assert isinstance(rating, Rating)
    assert isinstance(correction, Correction)
    assert sorted(turn.prompt for turn in turns.values()) == ["And now?", "Hello?"]
    assert turns[str(rating.turn_id)].prompt == "Hello?"
    assert (correction.question, correction.corrected) == ("And now?", "Good evening. What may I do for you?")


def test_what_was_said_of_a_chat_that_the_app_keeps_is_shown_after_a_restart(page: Page, folder: Path) -> None:
    """The app of the tutorial, with a chat of its own that outlives the page."""
    script = folder / "app.py"
    script.write_text(
        "import streamlit as st\n"
        "from feedback_widgets import chat_feedback\n"
        "chat = [{'role': 'user', 'content': 'Hello?'}, {'role': 'assistant', 'content': 'Good evening to you.'}]\n"
        "st.markdown(chat[-1]['content'])\n"
        "chat_feedback(chat, session_id='chat-1', user_id='ada')\n"
    )
    first = Server(script, log=folder / "log", env={"PYTHONPATH": str(ROOT)}, cwd=folder).start()
    page.goto(first.url)
    bar = FeedbackBar(page)
    bar.bad.click()
    bar.expect_saved()
    bar.rewrite("Good morning to you.")
    first.stop()
    again = Server(script, log=folder / "log-2", env={"PYTHONPATH": str(ROOT)}, cwd=folder).start()
    try:
        page.goto(again.url)
        expect(bar.bad).to_have_attribute("aria-pressed", "true")
        bar.edit.click()
        expect(bar.text).to_have_value("Good morning to you.")
    finally:
        again.stop()
    store = LanceStore(folder / "feedback")
    assert [turn.session_id for turn in store.turns()] == ["chat-1"]
    assert len(store.events()) == 2
    store.close()
