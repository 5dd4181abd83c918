"""The observer in a real browser: its totals against what really happened, by the page's own clock."""

import re
import uuid
from collections.abc import Callable
from math import inf

import pytest
from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.conftest import Serve
from tests.ui.reading import App, happen, hide, start_app

EXACT = 0.05
"""The promise: a measured dwell is within 5 % of the true one."""


# How the totals arrive makes no difference to how they are taken; `test_reading_flush` looks at both ways.
@pytest.fixture(scope="module", params=["route", pytest.param("trigger", marks=pytest.mark.slow)])
def app(request: pytest.FixtureRequest, serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> App:
    return start_app(serve, tmp_path_factory, posts=request.param == "route")


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def other() -> str:
    return uuid.uuid4().hex


def exact(app: App, page: Page, script: str, *turns: str) -> None:
    """Expect the observer to find what was in view by the script, which returns [least, most] ms for each answer."""
    hide(page)
    before = [app.total(turn, "dwell") for turn in turns]
    truth: list[tuple[float, float]] = happen(page, script)
    hide(page)
    dwells = [app.total(turn, "dwell") - start for turn, start in zip(turns, before, strict=True)]
    for dwell, (least, most) in zip(dwells, truth, strict=True):
        assert least * (1 - EXACT) <= dwell <= most * (1 + EXACT), f"dwells {dwells}, in truth {truth}"


def test_dwell_leaves_out_the_time_in_which_the_tab_is_hidden(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn)
    script = """
      const watched = [0, 0];
      for (const ms of [1200, 1800]) {
        const from = come();
        await wait(ms);
        between(from, leave()).forEach((time, end) => watched[end] += time);
        await wait(900);
      }
      return [watched];"""
    exact(app, page, script, turn)


def test_dwell_leaves_out_the_time_in_which_another_window_has_the_focus(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn)
    script = """
      focused(false);
      visible("visible");
      await wait(1500);
      const from = at(() => focused(true));
      await wait(2000);
      const until = at(() => focused(false));
      await wait(1000);
      return [between(from, until)];"""
    exact(app, page, script, turn)


def test_dwell_ends_where_the_reader_has_been_idle_for_too_long_and_goes_on_with_the_next_input(
    app: App, page: Page, turn: str
) -> None:
    app.visit(page, turn, idle=1)
    script = """
      const from = come();
      await wait(600);
      const first = between(from, at(() => window.dispatchEvent(new Event("pointermove"))));
      await wait(2500); // one second of it counts
      window.dispatchEvent(new Event("keydown"));
      await wait(2000); // and again one
      return [first.map(time => Math.min(time, 1000) + 2000)];"""
    exact(app, page, script, turn)


def test_two_answers_in_view_at_once_both_gather(app: App, page: Page, turn: str, other: str) -> None:
    app.visit(page, turn, other, paragraphs=2)
    script = """
      const from = come();
      await wait(2500);
      const both = between(from, leave());
      return [both, both];"""
    exact(app, page, script, turn, other)


def test_an_answer_out_of_view_gathers_nothing_until_it_is_scrolled_to(
    app: App, page: Page, turn: str, other: str
) -> None:
    app.visit(page, turn, other, paragraphs=40)
    script = f"""
      const from = come();
      await wait(1500);
      const moved = await scrolled(() => container("{other}").scrollIntoView({{ behavior: "instant" }}));
      await wait(2500);
      return [between(from, moved), between(moved, leave())];"""
    exact(app, page, script, turn, other)


@pytest.mark.parametrize("paragraphs", [40, 400])
def test_an_answer_taller_than_the_window_counts_while_it_fills_at_least_half_of_it(
    app: App, page: Page, turn: str, other: str, paragraphs: int
) -> None:
    app.visit(page, turn, other, paragraphs=paragraphs)
    script = f"""
      const cover = id => document.querySelector(`[data-testid="${{id}}"]`)?.getBoundingClientRect().height ?? 0;
      const [top, bottom] = [cover("stHeader"), innerHeight - cover("stBottom")];
      const scroller = document.querySelector('[data-testid="stMain"]');
      const place = share => {{ // the end of the first answer, so far down the window
        const by = container("{turn}").getBoundingClientRect().bottom - (top + share * (bottom - top));
        scroller.scrollBy({{ top: by, behavior: "instant" }});
      }};
      await scrolled(() => place(0.7));
      const from = come();
      await wait(2000);
      const moved = await scrolled(() => place(0.3));
      await wait(2500);
      return [between(from, moved), between(moved, leave())];"""
    exact(app, page, script, turn, other)


def test_totals_go_on_after_a_reload(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn)
    happen(page, "await wait(1500); return 0;")
    hide(page)
    before = app.signals(turn, "dwell")[-1]
    app.visit(page, turn)
    happen(page, "await wait(1000); return 0;")
    hide(page)
    after = app.signals(turn, "dwell")[-1]
    assert after.value >= before.value + 950
    assert after.seq > before.seq


def test_a_copy_tells_its_share_and_never_its_words(app: App, own_page: Page, turn: str) -> None:
    sent: list[str] = []
    own_page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    app.visit(own_page, turn)
    own_page.get_by_text(f"first {turn}").click(click_count=3)
    own_page.keyboard.press("Control+c")
    hide(own_page)
    all_text = len(f"first {turn}") + 10 * len(("word " * 40).strip())
    assert app.total(turn, "copy") == pytest.approx(len(f"first {turn}") / all_text, abs=0.002)
    assert not any("word word" in body for body in sent)
    assert "word word" not in app.events.read_text()


def test_the_copy_button_counts_as_the_whole_answer(
    app: App, new_context: Callable[..., BrowserContext], turn: str
) -> None:
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    app.visit(page, turn)
    page.get_by_role("button", name=re.compile("^Copy")).click()
    expect(page.get_by_text("Copied")).to_be_visible()
    hide(page)
    assert app.total(turn, "copy") == 1


def test_forms_opened_and_left_with_unsaved_words_are_counted_for_answers_of_the_page(
    app: App, page: Page, turn: str, other: str
) -> None:
    app.visit(page, turn)
    script = f"""
      const tell = (turn, state) => document.dispatchEvent(
        new CustomEvent("feedback-widgets:panel", {{ detail: {{ turn, name: "correct", state }} }}));
      tell("{turn}", "open"); tell("{turn}", "abandon"); tell("{turn}", "open");
      tell("{turn}", "explode"); tell("{other}", "open");
      return 0;"""
    happen(page, script)
    hide(page)
    assert (app.total(turn, "open"), app.total(turn, "abandon")) == (2, 1)
    assert app.signals(other, "open") == []


def test_the_feedback_bar_tells_of_its_forms(app: App, page: Page, turn: str) -> None:
    app.visit(page, turn, bar="yes")
    bar = FeedbackBar(page)
    for words in ("", "Three years."):
        bar.part("open-correct").click()
        if words:
            bar.root.get_by_role("textbox").first.fill(words)
        bar.root.get_by_role("button", name="Close").click()
    hide(page)
    assert (app.total(turn, "open"), app.total(turn, "abandon")) == (2, 1)


def scroll_through(page: Page, second: str, *, stop_ms: int) -> None:
    """Turn the wheel to the end of the page, with a stop where the second answer fills the window."""
    page.mouse.move(600, 450)
    place = f"await frames(); return [container('{second}').getBoundingClientRect().top];"
    stopped = False
    top = inf
    while top != (top := happen(page, place)[0]):
        if top < 100 and not stopped:
            happen(page, f"await wait({stop_ms}); return 0;")
            stopped = True
        page.mouse.wheel(0, 400)


@pytest.mark.parametrize("stop_ms", [0, 1_500])
def test_an_answer_scrolled_past_is_told_from_one_at_which_the_reader_stopped(
    app: App, page: Page, turn: str, other: str, stop_ms: int
) -> None:
    last = uuid.uuid4().hex
    app.visit(page, turn, other, last, paragraphs=20)
    scroll_through(page, other, stop_ms=stop_ms)
    hide(page)
    assert app.total(other, "scroll-past") == (0 if stop_ms else 1)
    assert app.signals(last, "scroll-past") == []


def test_an_answer_that_the_page_itself_moves_out_of_view_is_not_scrolled_past(
    app: App, page: Page, turn: str, other: str
) -> None:
    last = uuid.uuid4().hex
    app.visit(page, turn, other, last, paragraphs=20)
    script = f"""
      const show = turn => container(turn).scrollIntoView({{ behavior: "instant" }});
      show("{other}");
      await wait(500);
      show("{last}");
      await frames();
      return 0;"""
    happen(page, script)
    hide(page)
    assert 0 < app.total(other, "dwell") < 1_000
    assert app.signals(other, "scroll-past") == []


def test_all_totals_of_the_page_leave_in_one_message_every_few_seconds(
    app: App, own_page: Page, turn: str, other: str
) -> None:
    messages: list[str] = []

    def note(data: str | bytes | None) -> None:
        text = data.decode(errors="ignore") if isinstance(data, bytes) else data or ""
        if '"signal"' in text:
            messages.append(text)

    own_page.on("request", lambda request: note(request.post_data) if request.method == "POST" else None)
    own_page.on("websocket", lambda socket: socket.on("framesent", note))
    app.visit(own_page, turn, other, paragraphs=2)
    hide(own_page)
    messages.clear()
    script = f"""
      visible("visible");
      const from = performance.now();
      for (let share = 0.1; performance.now() - from < 11_000; share += 0.02) {{
        for (const turn of ["{turn}", "{other}"])
          document.dispatchEvent(new CustomEvent("feedback-widgets:copy", {{ detail: {{ turn, share }} }}));
        await wait(250);
      }}
      return 0;"""
    happen(own_page, script)
    assert 2 <= len(messages) <= 3, "one message for each five seconds"
    for name in ("dwell", "copy"):
        assert all(message.count(f'"name":"{name}"') == 2 for message in messages), "the totals of both answers"
