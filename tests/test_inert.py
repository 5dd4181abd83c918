"""What people wrote, made safe to look at."""

import pytest
from feedback_widgets.inert import escape_markdown, reveal
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "shown", "count"),
    [
        ("pay\u202eevil", "pay⟦U+202E⟧evil", 1),
        ("a\u200bb", "a⟦U+200B⟧b", 1),
        ("x\U000e0041\U000e0042", "x⟦U+E0041⟧⟦U+E0042⟧", 2),
        ("a\ufe01\U000e0100", "a⟦U+FE01⟧⟦U+E0100⟧", 2),
        ("b\x1b[31m", "b⟦U+001B⟧[31m", 1),
        ("over\rwritten", "over⟦U+000D⟧written", 1),
        ("zero\u200dwidth", "zero⟦U+200D⟧width", 1),
    ],
)
def test_hidden_characters_are_shown_as_their_code_points(text: str, shown: str, count: int) -> None:
    assert reveal(text) == (shown, count)


@pytest.mark.parametrize("text", ["two\r\nlines\tand a tab", "👩‍👩‍👧 ❤️ naïve 日本語 שלום", "**bold** <b>"])
def test_ordinary_text_of_any_language_stays_as_it_is(text: str) -> None:
    assert reveal(text) == (text, 0)


@given(st.text())
def test_escaping_only_adds_backslashes_and_loses_nothing(text: str) -> None:
    escaped = escape_markdown(text)
    kept, skip = "", False
    for character in escaped:
        skip = character == "\\" and not skip
        kept += "" if skip else character
    assert kept == text
