"""Shown words and their Markdown, over what Streamlit really draws; and marks that follow it."""

import uuid
from urllib.parse import quote

import pytest
from feedback_widgets.testing import PassageRemarks
from playwright.sync_api import Page, expect

from tests.ui.conftest import Serve
from tests.ui.passages import App, choose

EVERYTHING = r"""# A heading with `code`

The **cap** is *60 EUR* per day, see [the docs](https://example.com/docs "the cap") and <https://a.example/x>.
Bare https://b.example/y too. Soft break, snake_case_name, 2 * 3 * 4, 2**3, a\*b, &amp; &copy; 5 < 6 > 4
-> arrow <- back -- dash >= ~= :smile: 👩‍👩‍👧 10:30:45 :red[red **text**] :material/home: :blue-badge[Badge]

- one **b**
  - nested `x`
1. first
2. second

   a paragraph in an item

- [ ] a task
- [x] done

| Country | Cap |
|---|:-:|
| a \| b | **two** |
| `c` | 60 |

```py
if a < b:
    print("<b>*x*</b>")  # 1. - > # not Markdown
```

    indented *code*

Inline $x_1 + y$ and $$\int_0^1 f$$ done. <b>html</b> <br> ~~gone~~ it costs 5 USD. A note[^1], no[^2].

$$
a^2
$$

> a quote with **bold**
> in two lines

---
![alt](https://x.example/i.png)

مرحبا **بالعالم** نص
two spaces at the end{SPACES}
a hard break\
again <!-- comment --> &nbsp;x. H~2~O ==mark== [one][ref] [ref]

[^1]: what it says

[ref]: https://r.example/cap

<div>block html *em*</div>

The end, the cap.
""".replace("{SPACES}", "  ")
READ = """async ([root, markdown]) => {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const url = loaded.find((name) => name.includes("passages.js"));
  const text = await import(new URL("./passage_text.js", url));
  const answer = document.querySelector(root);
  const reading = text.read(answer, markdown);
  const words = [];
  for (const [at, unit] of reading.shown.entries()) {
    if (unit.gap) words.push({ text: "", first: at });
    Object.assign(words.at(-1), { text: words.at(-1).text + unit.text, last: at });
  }
  return words.map(({ text: word, first, last }) => {
    const range = document.createRange();
    const [a, b] = [reading.shown[first], reading.shown[last]];
    if (a.node.data === undefined) range.selectNode(a.node);
    else range.setStart(a.node, a.from), range.setEnd(b.node, b.to);
    const span = text.spanOf(reading, range);
    if (span === "unsure") return { word, span };
    const back = text.rangeOf(reading, span);
    return { word, span, back: back.toString(), same: back.compareBoundaryPoints(Range.START_TO_START, range) };
  });
}"""


@pytest.fixture(scope="module")
def app(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> App:
    events = tmp_path_factory.mktemp("events") / "marks.jsonl"
    return App(serve("routed", EVENTS=str(events), SCRIPT="passage_remarks.py").url, events)


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex


def test_every_word_that_streamlit_draws_is_found_in_the_source_and_back(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn, f"answer={quote(EVERYTHING)}")
    expect(page.get_by_text("block html")).to_be_visible()
    expect(page.locator(".katex")).to_have_count(3)
    expect(page.get_by_text('print("<b>*x*</b>")')).to_be_visible()
    read = page.evaluate(READ, [app.answer(turn), EVERYTHING])
    assert len(read) > 120
    unsure = [each["word"] for each in read if each["span"] == "unsure"]
    assert unsure == ["Footnotes", "what", "it", "says", "↩"]  # where Streamlit moves it: said in words, never guessed
    read = [each for each in read if each["span"] != "unsure"]
    place = 0
    for each in read:
        span = each["span"]
        assert EVERYTHING[span["start"] : span["end"]] == span["text"]
        assert span["start"] >= place, each
        place = span["end"]
        if "\ufffc" not in each["word"]:
            assert "".join(each["back"].split()) == each["word"]
    plain = {each["word"]: each["span"]["text"] for each in read}
    assert plain["→"] == "->"
    assert plain["©"] == "&copy;"
    assert plain["😄"] == ":smile:"
    assert plain["2**3,"] == "2**3,"
    assert plain["\ufffc"] == "$$\na^2\n$$"


@pytest.mark.parametrize(
    ("words", "source"),
    [
        ("heading with code", "heading with `code"),
        ("The cap is 60 EUR per", "The **cap** is *60 EUR* per"),
        (
            "see the docs and https://a.example/x",
            'see [the docs](https://example.com/docs "the cap") and <https://a.example/x',
        ),
        ("a*b, & © 5 < 6", "a\\*b, &amp; &copy; 5 < 6"),
        ("👩\u200d👩\u200d👧 10:30:45 red text", "👩\u200d👩\u200d👧 10:30:45 :red[red **text"),
        ("one b", "one **b"),
        ("nested x", "nested `x"),
        ("a | b", "a \\| b"),
        ('print("<b>*x*</b>")', 'print("<b>*x*</b>")'),
        ("مرحبا بالعالم نص", "مرحبا **بالعالم** نص"),
        ("the cap.", "the cap."),
    ],
    ids=["heading", "bold", "link", "entity", "emoji", "list", "code", "table", "code-block", "rtl", "last"],
)
def test_words_selected_with_the_mouse_are_stored_as_their_exact_source(
    app: App, page: Page, turn: str, words: str, source: str
) -> None:
    remarks = app.visit(page, turn, f"answer={quote(EVERYTHING)}")
    expect(page.get_by_text('print("<b>*x*</b>")')).to_be_visible()
    expect(page.locator(".katex")).to_have_count(3)
    choose(page, app.answer(turn), words)
    remarks.mark_wrong.click()
    remarks.expect_saved()
    (rating,) = app.ratings(turn)
    assert rating.span is not None
    assert EVERYTHING[rating.span.start : rating.span.end] == rating.span.text
    assert rating.span.text == source
    page.wait_for_function("CSS.highlights.size === 1")
    assert [" ".join(text.split()) for text in remarks.marked()] == [words]


def test_part_of_a_formula_stands_for_all_of_it(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn, f"answer={quote('It is $x_1 + y$ here.')}")
    expect(page.locator(".katex")).to_be_visible()
    page.locator(".katex-html .mord").last.dblclick()
    remarks.mark_wrong.click()
    remarks.expect_saved()
    assert app.spans(turn)[0][0].startswith("$x_1 + y$")


def test_a_word_that_occurs_twice_is_marked_where_it_was_selected(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "cap", nth=1)
    remarks.mark_wrong.click()
    remarks.expect_saved()
    (rating,) = app.ratings(turn)
    assert rating.span is not None
    assert rating.span.start == "The **cap** is 60 EUR per day, and the cap".rindex("cap")


def test_words_whose_place_is_not_sure_are_never_stored_but_said_so(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn, f"answer={quote(EVERYTHING)}")
    choose(page, app.answer(turn), "what it says")
    expect(remarks.bar).to_contain_text("It is not clear which words")
    expect(remarks.mark_wrong).to_be_hidden()
    remarks.remark.click()
    expect(remarks.source).to_be_focused()
    assert app.ratings(turn) == []


def test_a_remark_on_one_answer_marks_no_other(app: App, page: Page, turn: str) -> None:
    other = uuid.uuid4().hex
    app.visit(page, turn, f"turn={other}")
    remarks = PassageRemarks(page, turn)
    choose(page, app.answer(turn), "Breakfast")
    remarks.mark_wrong.click()
    remarks.expect_saved()
    page.reload()
    page.wait_for_function("CSS.highlights.size === 1")
    assert remarks.marked() == ["Breakfast"]
    inside = """root => [...CSS.highlights.values()].flatMap(mark => [...mark])
        .every(range => document.querySelector(root).contains(range.startContainer))"""
    assert page.evaluate(inside, app.answer(turn))
    assert app.ratings(other) == []


def test_a_selection_over_two_answers_is_a_remark_on_neither(app: App, page: Page, turn: str) -> None:
    other = uuid.uuid4().hex
    app.visit(page, turn, f"turn={other}")
    choose(page, app.answer(turn), "Breakfast")
    expect(PassageRemarks(page, turn).bar).to_be_visible()
    script = """([a, b]) => getSelection().setBaseAndExtent(
        document.querySelector(a + " p"), 0, document.querySelector(b + " p"), 1)"""
    page.evaluate(script, [app.answer(turn), app.answer(other)])
    expect(PassageRemarks(page, turn).bar).to_be_hidden()
    expect(PassageRemarks(page, other).bar).to_be_hidden()


def test_marks_follow_the_answer_when_streamlit_draws_it_anew(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "60 EUR")
    remarks.mark_wrong.click()
    remarks.expect_saved()
    text = f"{app.answer(turn)} [data-testid=stMarkdownContainer]"
    page.evaluate("root => document.querySelector(root).replaceChildren()", text)
    page.wait_for_function("CSS.highlights.size === 0")
    page.reload()
    page.wait_for_function("CSS.highlights.size === 1")
    page.get_by_text("Banner", exact=True).click()
    expect(page.get_by_text("A banner has appeared")).to_be_visible()
    page.locator(f"{text} p").evaluate("p => p.replaceWith(p.cloneNode(true))")
    expect(page.get_by_text("60 EUR")).to_be_visible()
    page.wait_for_function(
        "[...(CSS.highlights.get('feedback-widgets-wrong') ?? [])].map(range => range.toString()).join() === '60 EUR'"
    )


def test_remarks_may_overlap(app: App, page: Page, turn: str) -> None:
    remarks = app.visit(page, turn)
    choose(page, app.answer(turn), "cap is 60 EUR")
    remarks.mark_wrong.click()
    remarks.expect_saved()
    choose(page, app.answer(turn), "60 EUR per day")
    remarks.mark_right.click()
    expect(remarks.bar).to_be_hidden()
    remarks.expect_saved()
    page.reload()
    page.wait_for_function("CSS.highlights.size === 2")
    assert (remarks.marked("wrong"), remarks.marked("right")) == (["cap is 60 EUR"], ["60 EUR per day"])
    assert app.spans(turn) == [("cap** is 60 EUR", 0), ("60 EUR per day", 1)]


def test_hostile_words_stay_words(app: App, page: Page, turn: str) -> None:
    hostile = "<img src=x onerror=document.title='hit'> and {question} $& \u202eevil"
    remarks = app.visit(page, turn, f"answer={quote(hostile)}")
    choose(page, app.answer(turn), "<img src=x onerror=document.title='hit'> and {question} $&")
    remarks.remark.click()
    remarks.wrong.click()
    remarks.remark_comment.fill("<script>document.title='hit'</script>")
    remarks.save_remark.click()
    remarks.expect_saved()
    page.reload()
    remarks.mark.click()
    expect(remarks.remarks).to_contain_text("<script>document.title='hit'</script>")
    expect(remarks.remarks).to_contain_text("<img src=x onerror=document.title='hit'> and {question} $&")
    assert page.title() != "hit"
