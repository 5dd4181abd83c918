"""Accessibility of everything under an answer: axe-core finds nothing, and it holds at the edges of how people look."""

from collections.abc import Callable

import pytest
from feedback_widgets.testing import FeedbackBar
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.axe import faults
from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.scene import ANSWER, open_scene
from tests.ui.server import Server
from tests.ui.warm_page import Scheme

OURS = "[class*='st-key-fbw-feedback-bar']"


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("feedback_bar", KEPT=str(tmp_path_factory.mktemp("kept")))


STATES: dict[str, Callable[[FeedbackBar], None]] = {}


def state(show: Callable[[FeedbackBar], None]) -> Callable[[FeedbackBar], None]:
    STATES[show.__name__] = show
    return show


@state
def at_rest(bar: FeedbackBar) -> None:
    expect(bar.good).to_be_visible()


@state
def with_reasons(bar: FeedbackBar) -> None:
    bar.bad.click()
    bar.reason("incorrect").click()
    bar.expect_saved()


@state
def while_rewriting(bar: FeedbackBar) -> None:
    bar.edit.click()
    bar.text.fill(ANSWER.replace("60", "75"))
    expect(bar.discard).to_have_count(1)


@state
def while_remarking(bar: FeedbackBar) -> None:
    words = bar.page.locator("[data-testid=stChatMessage] [data-testid=stText]")
    select = "words => getSelection().selectAllChildren(words)"
    words.evaluate(select)
    bar.mark_right.click()
    bar.expect_saved()
    bar.mark.click()
    expect(bar.remarks).to_have_count(1)
    words.evaluate(select)
    expect(bar.bar).to_be_visible()


@state
def with_a_faulty_form(bar: FeedbackBar) -> None:
    bar.part("open-correct").click()
    bar.root.locator("form, .form").get_by_role("button", name="Save correction").click()
    expect(bar.root.get_by_text("Please fill this in.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("show", STATES.values(), ids=STATES)
def test_axe_finds_no_fault(show: Callable[[FeedbackBar], None], scheme: Scheme, page: Page, server: Server) -> None:
    page.emulate_media(color_scheme=scheme)
    open_scene(page, server)
    bar = FeedbackBar(page)
    show(bar)
    assert faults(page, OURS) == []
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"bar-{show.__name__}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("scale", ["faces", "stars"])
def test_axe_finds_no_fault_in_a_scale(scale: str, page: Page, server: Server) -> None:
    open_scene(page, server, scale=scale)
    FeedbackBar(page).point(2).click()
    FeedbackBar(page).expect_saved()
    assert faults(page, OURS) == []


EDGES: dict[str, dict[str, object]] = {
    "320": {"viewport": {"width": 320, "height": 700}},
    "zoom-200": {"viewport": {"width": 600, "height": 450}, "device_scale_factor": 2},
    "forced-colors": {"forced_colors": "active"},
}


@pytest.mark.parametrize("edge", EDGES)
def test_nothing_is_cut_off_or_too_small_to_hit(
    edge: str, new_context: Callable[..., BrowserContext], server: Server
) -> None:
    page = new_context(**EDGES[edge]).new_page()
    open_scene(page, server)
    bar = FeedbackBar(page)
    for show in (with_reasons, while_rewriting):
        show(bar)
        width = page.evaluate("document.documentElement.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes: list[list[float]] = bar.root.locator("button:visible").evaluate_all(
            """all => all.map((each) => {
              const { left, right, width, height } = each.getBoundingClientRect();
              return [left, right, width, height];
            })"""
        )
        assert [box for box in boxes if box[0] < 0 or box[1] > width or min(box[2:]) < 24] == []
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"bar-{show.__name__}-{edge}.png", full_page=True)


def test_a_page_written_from_right_to_left_is_mirrored(page: Page, server: Server) -> None:
    open_scene(page, server)
    page.evaluate("document.documentElement.dir = 'rtl'")
    bar = FeedbackBar(page)
    with_reasons(bar)
    good, bad = bar.good.bounding_box(), bar.bad.bounding_box()
    assert good is not None
    assert bad is not None
    assert good["x"] > bad["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1200
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "bar-rtl.png", full_page=True)


def test_the_chosen_thumb_is_told_where_colours_are_forced(page: Page, server: Server) -> None:
    page.emulate_media(forced_colors="active")
    open_scene(page, server)
    bar = FeedbackBar(page)
    before = bar.good.screenshot()
    bar.good.click()
    bar.expect_saved()
    bar.status.hover()
    assert bar.good.screenshot() != before


def test_a_translated_bar_speaks_one_language(page: Page, server: Server) -> None:
    open_scene(page, server, words="de")
    bar = FeedbackBar(page)
    bar.bad.click()
    expect(bar.status).to_have_text("Gespeichert")
    expect(bar.reason("incorrect")).to_have_text("Nicht richtig")
    bar.edit.click()
    expect(bar.changes).to_have_text("Noch nichts geändert.")
    bar.part("open-correct").click()
    expect(bar.root.get_by_role("button", name="Berichtigung speichern")).to_be_visible()
