"""A message of a chat as a turn: what text it has, and what is no answer."""

import logging
from typing import Any

import pytest
from feedback_widgets import chat_feedback, chat_turn

from feedback_store.memory import MemoryStore

ASKED = {"role": "user", "content": [{"type": "text", "text": "How "}, {"type": "image"}, "long?"]}


def response(content: Any) -> str | None:
    turn = chat_turn([ASKED, {"role": "assistant", "content": content}], session_id="s")
    return turn and turn.response


@pytest.mark.parametrize("content", [None, "", [], [{"type": "tool_use", "id": "1"}]])
def test_an_answer_without_text_is_none(content: Any) -> None:
    assert response(content) is None


def test_of_content_in_parts_the_text_counts() -> None:
    parts = [
        {"type": "text", "text": "Ten "},
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "days."},
    ]
    assert response(parts) == "Ten days."
    turn = chat_turn([ASKED, {"role": "assistant", "content": "Ten days."}], session_id="s")
    assert turn is not None
    assert turn.prompt == "How long?"


@pytest.mark.parametrize("content", ["x" * 100_001, "a\ud800"])
def test_an_answer_that_no_record_can_hold_gets_no_feedback_and_the_chat_goes_on(
    content: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore()
    with caplog.at_level(logging.WARNING):
        chat_feedback([ASKED, {"role": "assistant", "content": content}], store=store, session_id="s")
    assert "feedback is not offered on an answer that cannot be kept: response: " in caplog.text
    assert store.turns() == []
