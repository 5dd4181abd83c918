"""What becomes of a correction form that is saved: one event, an outage, a second saving, rows and variants."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.scene import QUESTION
from tests.ui.server import Server
from tests.ui.test_correction_form import Form, opened
from tests.ui.warm_page import Scheme


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("correction_form", KEPT=str(tmp_path_factory.mktemp("kept")))


def test_many_quick_clicks_on_save_make_one_event(page: Page, server: Server) -> None:
    form, kept = opened(page, server)
    form.right.fill("75 EUR.")
    form.save.evaluate("button => { for (let n = 0; n < 5; n += 1) button.click() }")
    expect(form.status).to_have_text("Saved")
    page.get_by_role("button", name="Rerun").click()
    form.open.click()
    expect(form.right).to_have_value("75 EUR.")
    assert [correction.guidance for correction in kept.corrections()] == ["75 EUR."]


def test_saved_is_said_only_once_it_is_and_an_outage_loses_nothing(page: Page, server: Server) -> None:
    form, kept = opened(page, server)
    kept.refuse()
    form.right.fill("75 EUR.")
    form.save.click()
    expect(form.status).to_contain_text("Not saved yet")
    expect(form.right).to_have_value("75 EUR.")
    kept.refuse(until_further_notice=False)
    expect(form.status).to_have_text("Saved")
    expect(form.root).to_be_hidden()
    assert [correction.guidance for correction in kept.corrections()] == ["75 EUR."]


def test_what_is_refused_in_one_tab_is_saved_in_no_other(page: Page, server: Server) -> None:
    form, kept = opened(page, server)
    second = page.context.new_page()
    second.goto(page.url)
    other = Form(second, kept)
    other.open.click()
    form.source.fill("a guess")
    form.save.click()
    expect(form.row).to_have_attribute("data-status", "refused")
    second.wait_for_function("Object.keys(localStorage).every(name => !name.startsWith('feedback-widgets.act.'))")
    expect(other.row).not_to_have_attribute("data-status", "saved")
    other.right.fill("75 EUR.")
    expect(other.save).to_be_enabled()
    other.save.click()
    expect(other.status).to_have_text("Saved")
    expect(form.row).to_have_attribute("data-status", "saved")
    assert [(each.guidance, each.supersedes) for each in kept.corrections()] == [("75 EUR.", None)]
    second.close()


def test_a_restarted_server_takes_a_form_over_the_route_although_the_page_was_not_drawn_again(
    page: Page, serve: Serve, tmp_path: Path
) -> None:
    server = serve("correction_form_routed", KEPT=str(tmp_path), SECRET="s" * 32)
    form, kept = opened(page, server)
    form.save.click()
    expect(form.right).to_be_focused()
    assert form.fault(form.right) == "Please fill this in."
    form.right.fill("75 EUR.")
    server.stop(kill=True)
    form.save.click()
    expect(form.status).to_contain_text("Not saved yet")
    server.start()
    expect(form.status).to_have_text("Saved")
    assert [correction.guidance for correction in kept.corrections()] == ["75 EUR."]


def test_a_form_that_is_saved_again_goes_on_from_what_was_said_and_supersedes_it(page: Page, server: Server) -> None:
    form, kept = opened(page, server)
    form.right.fill("75 EUR.")
    form.button("What is wrong?, Unclear").click()
    form.save.click()
    expect(form.status).to_have_text("Saved")
    form.open.click()
    expect(form.right).to_have_value("75 EUR.")
    expect(form.save).to_be_disabled()
    form.right.fill("80 EUR.")
    form.save.click()
    expect(form.root).to_be_hidden()
    page.reload()
    form.open.click()
    expect(form.right).to_have_value("80 EUR.")
    expect(form.button("What is wrong?, Unclear")).to_have_attribute("aria-pressed", "true")
    form.right.fill("85 EUR.")
    form.save.click()
    expect(form.root).to_be_hidden()
    first, second, third = kept.corrections()
    assert [each.guidance for each in (first, second, third)] == ["75 EUR.", "80 EUR.", "85 EUR."]
    assert [each.supersedes for each in (first, second, third)] == [None, first.event_id, second.event_id]


def test_rows_are_added_and_removed_with_the_focus_where_one_goes_on(page: Page, server: Server) -> None:
    form, kept = opened(page, server, model="trip")
    form.field("The right answer").fill("The cap is 75 EUR.")
    for word in ("one", "two", "three"):
        form.button("Add: Sources").click()
        page.keyboard.type(word)
    expect(form.field("Sources 3")).to_be_focused()
    form.button("Remove: Sources 2").click()
    expect(form.button("Remove: Sources 2")).to_be_focused()
    expect(form.field("Sources 2")).to_have_value("three")
    page.keyboard.press("Enter")
    expect(form.button("Remove: Sources 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.button("Add: Sources")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("four")
    for _ in range(3):
        form.button("Add: Stops").click()
    expect(form.button("Add: Stops")).to_be_disabled()
    for number in (3, 2, 1):
        form.button(f"Remove: Stops {number}").click()
    form.save.click()
    expect(form.status).to_have_text("Saved")
    assert [correction.details["sources"] for correction in kept.corrections()] == [["four"]]


def test_what_was_entered_for_another_variant_or_in_a_removed_group_comes_back(page: Page, server: Server) -> None:
    form, _ = opened(page, server, model="trip")
    form.button("Pay, Card").click()
    form.field("Pay, Last four digits").fill("1234")
    form.button("Pay, Cash").click()
    expect(form.field("Pay, Last four digits")).to_have_count(0)
    form.field("Pay, Amount", "spinbutton").fill("20")
    form.button("Pay, Card").click()
    expect(form.field("Pay, Last four digits")).to_have_value("1234")
    form.button("Add: Home").click()
    form.field("Home, Town").fill("Bergen")
    form.button("Remove: Home").click()
    expect(form.field("Home, Town")).to_have_count(0)
    expect(form.button("Add: Home")).to_be_focused()
    form.button("Add: Home").click()
    expect(form.field("Home, Town")).to_be_focused()
    expect(form.field("Home, Town")).to_have_value("Bergen")


def test_a_time_with_a_zone_is_entered_and_shown_by_the_clock_of_the_device(
    new_context: Callable[..., BrowserContext], server: Server
) -> None:
    page = new_context(timezone_id="Asia/Kolkata").new_page()
    form, kept = opened(page, server, model="trip")
    instant = form.root.get_by_label(f"Instant: {QUESTION}", exact=True)
    moment = form.root.get_by_label(f"Moment: {QUESTION}", exact=True)
    form.field("The right answer").fill("The cap is 75 EUR.")
    instant.fill("2026-05-01T09:30")
    moment.fill("2026-05-01T09:30:15")
    form.save.click()
    expect(form.status).to_have_text("Saved")
    details = kept.corrections()[0].details
    assert (details["instant"], details["moment"]) == ("2026-05-01T04:00:00Z", "2026-05-01T09:30:15")
    page.reload()
    form.open.click()
    expect(instant).to_have_value("2026-05-01T09:30")
    expect(moment).to_have_value("2026-05-01T09:30:15")
    expect(form.save).to_be_disabled()


def test_an_app_that_asks_with_another_model_shows_it_at_once_and_gets_its_data(page: Page, server: Server) -> None:
    form, kept = opened(page, server)
    form.right.fill("75 EUR.")
    page.get_by_role("switch", name="Trip").dispatch_event("click")
    form.field("The right answer").fill("The cap is 75 EUR.")
    expect(form.right).to_have_count(0)
    form.save.click()
    expect(form.status).to_have_text("Saved")
    assert [correction.corrected for correction in kept.corrections()] == ["The cap is 75 EUR."]


def test_no_two_controls_of_a_form_have_the_same_name_and_each_names_its_question(page: Page, server: Server) -> None:
    form, _ = opened(page, server, model="trip")
    for rows in ("Sources", "Sources", "Notes", "Notes", "Home", "Stops", "Stops"):
        form.button(f"Add: {rows}").click()
    form.button("Pay, Cash").click()
    names: list[str] = form.root.evaluate(
        "root => [...root.querySelectorAll('button, input, textarea, select, fieldset')].map(each => each.ariaLabel)"
    )
    assert len(names) > 40
    assert len(set(names)) == len(names)
    assert [name for name in names if not name.endswith(f": {QUESTION}")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_any_kind_of_field(scheme: Scheme, page: Page, server: Server) -> None:
    page.emulate_media(color_scheme=scheme)
    form, _ = opened(page, server, model="trip")
    for rows in ("Sources", "Notes", "Home", "Stops"):
        form.button(f"Add: {rows}").click()
    form.button("Pay, Cash").click()
    form.save.click()
    expect(form.field("The right answer")).to_be_focused()
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    options = rules | {"resultTypes": ["violations"]}
    found = cast("dict[str, Any]", Axe().run(page, "[class*='st-key-fbw-correction-form']", options).response)  # pyright: ignore[reportUnknownMemberType]
    assert [f"{each['id']}: {each['nodes']}" for each in found["violations"]] == []


def test_people_s_words_are_shown_as_words(page: Page, server: Server) -> None:
    form, _ = opened(page, server)
    text = "<img src=x onerror=document.title='hit'>"
    form.right.fill(text)
    form.save.click()
    expect(form.status).to_have_text("Saved")
    page.reload()
    form.open.click()
    expect(form.right).to_have_value(text)
    assert page.title() != "hit"


def test_it_fits_a_narrow_screen(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    form, _ = opened(page, server, model="trip")
    for rows in ("Sources", "Notes", "Home", "Stops"):
        form.button(f"Add: {rows}").click()
    form.save.click()
    expect(form.field("The right answer")).to_be_focused()
    form.save.scroll_into_view_if_needed()
    box = form.save.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["height"] >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "correction-form-390-dark.png", full_page=True)
