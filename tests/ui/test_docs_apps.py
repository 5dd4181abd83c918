"""Each app of the docs, live in the demo's gallery: its main act makes the event that the docs show."""

import os
import re
from pathlib import Path

import pytest
from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import Page, ViewportSize, expect

from tests.guide import APPS, of_app
from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.gallery import ACTS, Gallery
from tests.ui.server import ROOT
from tests.ui.warm_page import Scheme

OF_THE_MOMENT = {"created_at", "event_id", "session_id", "turn_id", "metadata", "about", "value", "seq"}


@pytest.fixture(scope="module")
def url(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo without any model: nothing is asked here."""
    place = tmp_path_factory.mktemp("desk")
    return serve(
        ROOT / "app.py",
        FEEDBACK_MODEL="http://127.0.0.1:9/v1",
        FEEDBACK_EMBEDDINGS="none",
        FEEDBACK_STORE=str(place / "feedback"),
        FEEDBACK_DATA=str(place),
        OPENAI_API_KEY="none",
    ).url


@pytest.fixture
def gallery(page: Page, url: str) -> Gallery:
    return Gallery(page, url)


def test_each_app_has_an_act_but_the_one_that_only_shows() -> None:
    assert set(APPS) - set(ACTS) == {"word_diff"}


LOOKS: list[tuple[str, ViewportSize, Scheme]] = [
    ("light", {"width": 1200, "height": 1700}, "light"),
    ("dark", {"width": 1200, "height": 1700}, "dark"),
    ("390", {"width": 390, "height": 1900}, "light"),
]


def fits(gallery: Gallery, name: str) -> None:
    """See that nothing is wider than the window, in each look, and leave a picture."""
    page = gallery.page
    expect(page.get_by_test_id("stCode").last).to_be_visible()
    ARTEFACTS.mkdir(exist_ok=True)
    for look, size, scheme in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        main = page.get_by_test_id("stMain")
        assert main.evaluate("each => each.scrollWidth <= each.clientWidth")
        page.screenshot(path=ARTEFACTS / f"gallery-{name}-{look}.png")


@pytest.mark.parametrize("name", ACTS)
def test_its_main_act_makes_the_event_that_the_docs_show_and_fits_the_window(gallery: Gallery, name: str) -> None:
    gallery.open(name)
    made = gallery.newest(ACTS[name](gallery.page))
    fits(gallery, name)
    if out := os.environ.get("DOCS_EVENTS"):
        (Path(out) / f"{name}.json").write_text(gallery.events.first.inner_text())
    shown = of_app(name).event
    if shown is None:
        return  # told elsewhere in the guide: it is an event of one of its parts
    assert list(made) == list(shown)
    assert steady(made) == steady(shown)


def steady(event: dict[str, object]) -> dict[str, object]:
    """What is the same in every run; of an event that is replaced, that there is one."""
    facts = {field: value for field, value in event.items() if field not in OF_THE_MOMENT}
    return facts | ({"supersedes": bool(event["supersedes"])} if "supersedes" in event else {})


def test_the_app_that_only_shows_emits_nothing_and_fits_the_window(gallery: Gallery) -> None:
    gallery.open("word_diff")
    expect(gallery.page.locator("ins")).to_have_text(["unused ", "30"])
    expect(gallery.nothing).to_be_visible()
    fits(gallery, "word_diff")


def test_the_address_names_the_component_and_its_code_is_the_file(gallery: Gallery) -> None:
    gallery.open("feedback_bar")
    gallery.choose("rewrite_editor")
    expect(gallery.page).to_have_url(re.compile(r"/gallery\?component=rewrite_editor$"))
    gallery.page.reload()
    expect(gallery.chosen).to_have_text("rewrite_editor")
    expect(gallery.page.get_by_test_id("stCode").last).to_contain_text(
        "rewrite_editor(turn, on_feedback=events.append)"
    )


def test_another_component_and_a_new_start_begin_without_events(gallery: Gallery) -> None:
    gallery.open("feedback_bar")
    bar = FeedbackBar(gallery.page)
    bar.good.click()
    expect(gallery.events).to_have_count(1)
    gallery.page.get_by_role("button", name="Start anew").click()
    expect(gallery.nothing).to_be_visible()
    expect(bar.good).to_have_attribute("aria-pressed", "false")
    bar.bad.click()
    expect(gallery.events).to_have_count(1)
    gallery.choose("thumbs")
    expect(gallery.nothing).to_be_visible()


def test_the_events_come_by_themselves_and_disturb_nobody_who_types(gallery: Gallery) -> None:
    gallery.open("feedback_bar")
    bar = FeedbackBar(gallery.page)
    bar.bad.click()
    expect(gallery.events).to_have_count(1)
    words = "It takes some seconds to type this, in which the events were drawn again."
    bar.comment.press_sequentially(words, delay=40)
    expect(bar.comment).to_be_focused()
    expect(bar.comment).to_have_value(words)
    bar.reason("outdated").click()
    bar.reason("unclear").click()
    gallery.newest('"unclear"')
    gallery.page.get_by_text("Earlier events, the newest first").click()
    expect(gallery.events).to_have_count(3)
    expect(bar.comment).to_have_value(words)
