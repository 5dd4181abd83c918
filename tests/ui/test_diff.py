"""The laws of the word diff, in the browser that runs it."""

from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypedDict

import feedback_widgets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

SOURCE = Path(feedback_widgets.__file__).parent / "frontend" / "diff.js"
prose = st.lists(
    st.sampled_from(["the ", "cap", " is", " 9", "\n\n", ", ", "**x** ", "é", "日本語", "👩‍👩‍👧", "\u202e", "`a`"])
).map("".join)
anything = st.text(max_size=60)
letters = st.lists(st.sampled_from("abc"), max_size=9)


class Part(TypedDict):
    kind: Literal["equal", "ins", "del"]
    text: str


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Page]:
    """A page that has the module in `window.m`; one for all examples of a property."""
    context = browser.new_context()
    page = context.new_page()
    encoded = b64encode(SOURCE.read_bytes()).decode()
    page.evaluate("async (source) => { window.m = await import('data:text/javascript;base64,' + source) }", encoded)
    yield page
    context.close()


def diff(page: Page, before: str, after: str, max_edits: int = 3000) -> list[Part] | None:
    return page.evaluate("([before, after, most]) => m.diff(before, after, most)", [before, after, max_edits])


def joined(parts: list[Part], *kinds: str) -> str:
    return "".join(part["text"] for part in parts if part["kind"] in kinds)


@settings(max_examples=300, deadline=None)
@given(pair=st.tuples(prose, prose) | st.tuples(anything, anything) | prose.map(lambda text: (text, text)))
def test_both_texts_can_be_read_back_from_the_parts(chromium: Page, pair: tuple[str, str]) -> None:
    before, after = pair
    parts = diff(chromium, before, after)
    assert parts is not None
    assert joined(parts, "equal", "del") == before
    assert joined(parts, "equal", "ins") == after
    assert all(part["text"] for part in parts)
    assert all(left["kind"] != right["kind"] for left, right in pairwise(parts))
    if before == after:
        assert [part["kind"] for part in parts] == ["equal"] * bool(before)


@settings(max_examples=300, deadline=None)
@given(a=letters, b=letters)
def test_the_script_is_the_shortest_there_is(chromium: Page, a: list[str], b: list[str]) -> None:
    script: list[list[str]] = chromium.evaluate("([a, b]) => m.editScript(a, b)", [a, b])
    assert [item for kind, item in script if kind != "ins"] == a
    assert [item for kind, item in script if kind != "del"] == b
    assert sum(kind == "equal" for kind, _ in script) == longest_common(a, b)


@settings(max_examples=100, deadline=None)
@given(a=letters, b=letters, bound=st.integers(0, 12))
def test_it_gives_up_beyond_the_bound_and_only_there(chromium: Page, a: list[str], b: list[str], bound: int) -> None:
    script = chromium.evaluate("([a, b, bound]) => m.editScript(a, b, bound)", [a, b, bound])
    edits = len(a) + len(b) - 2 * longest_common(a, b)
    assert (script is None) == (edits > bound)


def test_replaced_words_are_shown_as_phrases_not_as_splinters(chromium: Page) -> None:
    assert diff(chromium, "Pay within thirty long days, please.", "Pay within fourteen days, please.") == [
        {"kind": "equal", "text": "Pay within "},
        {"kind": "del", "text": "thirty long"},
        {"kind": "ins", "text": "fourteen"},
        {"kind": "equal", "text": " days, please."},
    ]
    assert diff(chromium, "one two three", "uno due three") == [
        {"kind": "del", "text": "one two"},
        {"kind": "ins", "text": "uno due"},
        {"kind": "equal", "text": " three"},
    ]


def test_one_change_in_a_very_long_answer_is_shown_at_once(chromium: Page) -> None:
    lines = [f"Line {number} of the answer.\r\n" for number in range(4000)]
    changed = [*lines[:2000], "A new line.\n", *lines[2001:]]
    parts = diff(chromium, "".join(lines), "".join(changed))
    assert parts is not None
    assert joined(parts, "equal", "del") == "".join(lines)
    assert joined(parts, "equal", "ins") == "".join(changed)
    assert len(joined(parts, "ins")) < 20


@settings(max_examples=150, deadline=None)
@given(heads=st.tuples(prose, prose), tails=st.tuples(prose, prose))
def test_of_long_texts_only_the_lines_that_differ_are_compared(
    chromium: Page, heads: tuple[str, str], tails: tuple[str, str]
) -> None:
    middle = "".join(f"Line {number} of the answer.\n" for number in range(300))
    before, after = (f"{head}\n{middle}{tail}" for head, tail in zip(heads, tails, strict=True))
    parts: list[Part] | None = chromium.evaluate(
        "([before, after]) => m.diff(before, after, 3000, 5000)", [before, after]
    )
    assert parts is not None
    assert joined(parts, "equal", "del") == before
    assert joined(parts, "equal", "ins") == after
    assert middle[1:-1] in joined(parts, "equal")


def test_scattered_changes_of_a_very_long_answer_are_each_shown_by_their_words(chromium: Page) -> None:
    lines = [f"Line {number} of the answer, with some more words in it.\n" for number in range(1800)]
    changed = [line.replace("some", "few") if number % 90 == 0 else line for number, line in enumerate(lines)]
    parts = diff(chromium, "".join(lines), "".join(changed))
    assert parts is not None
    assert [part["text"] for part in parts if part["kind"] != "equal"] == ["some", "few"] * 20


def test_two_very_long_texts_with_little_in_common_are_refused_before_they_take_time(chromium: Page) -> None:
    milliseconds: float = chromium.evaluate(
        """() => {
          const text = (word) => Array.from({ length: 20000 }, (_, n) => word + (n % 977)).join(" ");
          const [before, after, from] = [text("w"), text("v"), performance.now()];
          if (m.diff(before, after) !== null) throw Error("it was not refused");
          return performance.now() - from;
        }"""
    )
    assert milliseconds < 500


def longest_common(a: list[str], b: list[str]) -> int:
    row = [0] * (len(b) + 1)
    for left in a:
        previous = row
        row = [0]
        for place, right in enumerate(b):
            row.append(previous[place] + 1 if left == right else max(previous[place + 1], row[place]))
    return row[-1]
