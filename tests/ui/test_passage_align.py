"""The laws of finding shown words in their Markdown, in the browser that runs it."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import feedback_widgets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

FRONTEND = Path(feedback_widgets.__file__).parent / "frontend"
FORMULA = "\ufffc"
Piece = tuple[str, str, int]
"""Its Markdown, what is seen of it, and how many characters before that (-1: it is told by its looks, not by place)."""
WORDS = ("cap", "the", "is", "60", "naïve", "日本語", "👩\u200d👩\u200d👧", "مرحبا", "e\u0301t", "a_b", "5", "not.")
ROUND = (
    ("{}", 0),
    ("**{}**", 2),
    ("*{}*", 1),
    ("__{}__", 2),
    ("~~{}~~", 2),
    ("***{}***", 3),
    ("`{}`", 1),
    ("``{}``", 2),
    ("[{}](https://x.example/the_cap 'is 60')", 1),
    ("[{}](<https://x.example/a b>)", 1),
    (":red[{}]", 5),
    (":blue-badge[{}]", 12),
)
ALONE: tuple[Piece, ...] = (
    ("&amp;", "&", -1),
    ("&#169;", "©", -1),
    ("\\*", "*", -1),
    ("\\[", "[", -1),
    ("$x_1 + y$", FORMULA, -1),
    ("<b>", "<b>", -1),
    ("2 * 3", "2*3", -1),
    (":material/home:", "", -1),
    ("![the cap](https://x.example/i.png)", "", -1),
    ("<https://x.example/is>", "https://x.example/is", -1),
    ("->", "→", -1),
    ("10:30:45", "10:30:45", -1),
    ("snake_case_the", "snake_case_the", -1),
)
BREAKS = (
    " ",
    "\n",
    "\n\n",
    "\n\n- ",
    "\n\n1. ",
    "\n\n> ",
    "\n\n## ",
    "\n\n- [ ] ",
    "\n\n* * *\n\n",
    "\n\n---\n\n",
    "\n\n  ",
)
INSIDE: list[Piece] = [(form.format(word), word, before) for form, before in ROUND for word in WORDS]
text = st.lists(
    st.tuples(st.sampled_from(INSIDE) | st.sampled_from(ALONE), st.sampled_from(BREAKS)), min_size=1, max_size=14
)


def wide(text: str) -> int:
    """The length as a browser counts."""
    return len(text.encode("utf-16-le")) // 2


def written(pieces: list[tuple[Piece, str]]) -> tuple[str, list[tuple[str, int]]]:
    """The Markdown, and each word that is seen of it with the place in UTF-16 where it begins, or -1."""
    source = ""
    seen: list[tuple[str, int]] = []
    for (markdown, shown, before), after in pieces:
        seen.append((shown, -1 if before < 0 else wide(source) + before))
        source += markdown + after
    return source, seen


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Page]:
    """A page that has the modules in `window.m`; one for all examples of a property."""
    context = browser.new_context()
    page = context.new_page()
    sources = [b64encode((FRONTEND / f"passage_{name}.js").read_bytes()).decode() for name in ("source", "align")]
    page.evaluate(
        """async (sources) => {
          const load = (source) => import('data:text/javascript;base64,' + source);
          window.m = Object.assign({}, ...(await Promise.all(sources.map(load))));
          window.cutWords = (words) => words.flatMap(([word, place]) => {
            const units = [];
            if (word === "\\ufffc") return [{ text: word, gap: true, place }];
            m.cut(word, (text, from) => units.push({ text, gap: from === 0, place: place < 0 ? -1 : place + from }));
            return units;
          });
        }""",
        sources,
    )
    yield page
    context.close()


def misplaced(page: Page, source: str, words: list[tuple[str, int]]) -> dict[str, list[str]]:
    """Which shown units were found at a wrong place, and which at none."""
    return page.evaluate(
        """([markdown, words]) => {
          const shown = cutWords(words);
          const source = m.units(markdown, shown.map(({ text }) => text).join(""));
          const found = m.align(source, shown);
          const wrong = shown.filter(({ text, place }, at) => found[at] >= 0 &&
            (place >= 0 ? source[found[at]].start !== place : source[found[at]].text !== text)).map(({ text }) => text);
          return { wrong, lost: shown.filter((_, at) => found[at] < 0).map(({ text }) => text) };
        }""",
        [source, words],
    )


@settings(max_examples=400, deadline=None)
@given(text)
def test_every_shown_character_is_found_at_its_own_place(chromium: Page, pieces: list[tuple[Piece, str]]) -> None:
    source, seen = written(pieces)
    assert misplaced(chromium, source, seen) == {"wrong": [], "lost": []}


@settings(max_examples=400, deadline=None)
@given(text, st.data())
def test_what_is_shown_beside_the_answer_may_hide_a_place_but_never_gives_a_wrong_one(
    chromium: Page, pieces: list[tuple[Piece, str]], data: st.DataObject
) -> None:
    source, seen = written(pieces)
    for number in range(data.draw(st.integers(1, 4))):
        seen.insert(data.draw(st.integers(0, len(seen))), (f"foreign{number}", -1))
    assert misplaced(chromium, source, seen)["wrong"] == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_at_all_makes_it_fail_or_go_backwards(chromium: Page, source: str, shown: str) -> None:
    found: list[int] = chromium.evaluate(
        "([markdown, shown]) => m.align(m.units(markdown, shown), cutWords([[shown, -1]]))", [source, shown]
    )
    places = [place for place in found if place >= 0]
    assert places == sorted(set(places))


def test_a_word_that_stands_twice_beside_a_difference_is_not_guessed(chromium: Page) -> None:
    found = misplaced(chromium, "{{hidden}} cap {{hidden}}", [("cap", 11), ("cap", 11)])
    assert found["wrong"] == []
    assert found["lost"] == list("capcap")


def test_a_long_answer_is_aligned_in_the_blink_of_an_eye(chromium: Page) -> None:
    milliseconds: float = chromium.evaluate(
        """() => {
          const markdown = Array.from({ length: 9000 }, (_, n) => `word **${n % 977}** é`).join(" ");
          const shown = cutWords(markdown.replaceAll("*", "").split(" ").map((word) => [word, -1]));
          const from = performance.now();
          if (m.align(m.units(markdown, ""), shown).includes(-1)) throw Error("not all was found");
          return performance.now() - from;
        }"""
    )
    assert milliseconds < 1500
