"""The correction form in a real browser: every kind of field by keyboard, faults beside it, no draft lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.ui.conftest import Serve
from tests.ui.scene import QUESTION, Kept, open_scene
from tests.ui.server import Server

EVERYTHING = {
    "corrected": "The cap is 75 EUR.",
    "country": "NO",
    "days": 4,
    "price": 75.5,
    "meal": "lunch",
    "tags": ["policy", "tax"],
    "mood": 2,
    "month": "05",
    "urgent": True,
    "confirmed": False,
    "day": "2026-05-01",
    "moment": "2026-05-01T09:30:00",
    "instant": "2026-05-01T09:30:00Z",
    "hour": "21:15:00",
    "sources": ["policy 4.2", "a colleague"],
    "notes": {"where": "Oslo"},
    "home": {"town": "Bergen", "nights": 1},
    "stops": [{"town": "Oslo", "nights": 2}],
    "pay": {"way": "card", "number": "1234"},
}


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("correction_form", KEPT=str(tmp_path_factory.mktemp("kept")))


class Form:
    """The page object of one correction form."""

    def __init__(self, page: Page, kept: Kept) -> None:
        self.page = page
        self.row = page.get_by_test_id(f"fbw-correction-form-turn-{kept.run}")
        self.root = self.row.get_by_role("group", name=f"Correct: {QUESTION}", exact=True)
        self.open = self.row.get_by_role("button", name="Correct")
        self.right = self.field("What would be right?")
        self.source = self.field("How do you know?")
        self.status = self.row.get_by_role("status")
        self.save = self.button("Save correction")

    def field(self, name: str, role: str = "textbox") -> Locator:
        return self.root.get_by_role(role, name=f"{name}: {QUESTION}", exact=True)  # pyright: ignore[reportArgumentType]

    def button(self, name: str) -> Locator:
        return self.field(name, "button")

    def fault(self, field: Locator) -> str:
        """What a screen reader says of a field that is marked as wrong."""
        expect(field).to_have_attribute("aria-invalid", "true")
        told = """field => {
          const described = field.getAttribute("aria-describedby").split(" ");
          return field.getRootNode().getElementById(described.at(-1)).innerText;
        }"""
        return str(field.evaluate(told))  # in one step: a form that is drawn anew names its fields anew


def opened(page: Page, server: Server, **query: str) -> tuple[Form, Kept]:
    kept = open_scene(page, server, **query)
    form = Form(page, kept)
    form.open.click()
    expect(form.save).to_be_visible()
    return form, kept


def shake(page: Page) -> None:
    """Rerun the script, and move everything on the page."""
    page.get_by_role("button", name="Rerun").dispatch_event("click")
    page.get_by_role("switch", name="Banner").dispatch_event("click")
    expect(page.get_by_text("A banner has appeared")).to_be_visible()


def test_it_is_opened_filled_and_saved_by_the_keyboard_alone(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    form = Form(page, kept)
    form.open.focus()
    page.keyboard.press("Enter")
    expect(form.button("What is wrong?, Wrong fact")).to_be_focused()
    page.keyboard.press("Space")
    expect(form.button("What is wrong?, Wrong fact")).to_have_attribute("aria-pressed", "true")
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.type("75 EUR since May.")
    page.keyboard.press("Tab")
    expect(form.field("For all answers to me", "checkbox")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("policy 4.2")
    page.keyboard.press("Tab")
    expect(form.save).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.status).to_have_text("Saved")
    expect(form.root).to_be_hidden()
    expect(form.open).to_be_focused()
    (correction,) = kept.corrections()
    assert (correction.guidance, correction.category, correction.source) == ("75 EUR since May.", "Wrong fact", "form")
    assert (correction.details["source"], correction.type) == ("policy 4.2", "style")
    assert (correction.question, correction.user_id) == (QUESTION, "ada")


def test_every_kind_of_field_is_filled_by_keyboard_and_stored_with_its_type(
    new_context: Callable[..., BrowserContext], server: Server
) -> None:
    page = new_context(locale="en-US", timezone_id="UTC").new_page()
    form, kept = opened(page, server, model="trip")

    def write(field: Locator, *parts: str) -> None:
        field.focus()
        for part in parts:
            page.keyboard.type(part) if len(part) > 1 or part.isalnum() else page.keyboard.press(part)

    def press(name: str) -> None:
        form.button(name).focus()
        page.keyboard.press("Enter")

    write(form.field("The right answer"), "The cap is 75 EUR.")
    write(form.field("Country"), "NO")
    form.field("Days", "spinbutton").focus()
    page.keyboard.press("ArrowUp")
    write(form.field("Price", "spinbutton"), "75,5")
    for choice in ("Meal, lunch", "Tags, tax", "Tags, policy", "Mood, Bad", "Confirmed, Yes", "Confirmed, No"):
        press(choice)
    form.field("Month", "combobox").focus()
    page.keyboard.type("05")
    form.field("Urgent", "checkbox").focus()
    page.keyboard.press("Space")
    form.root.get_by_label(f"Day: {QUESTION}", exact=True).focus()
    page.keyboard.type("05012026")
    for name in ("Moment", "Instant"):
        form.root.get_by_label(f"{name}: {QUESTION}", exact=True).focus()
        page.keyboard.type("05012026")
        page.keyboard.press("ArrowRight")
        page.keyboard.type("0930AM")
    form.root.get_by_label(f"Hour: {QUESTION}", exact=True).focus()
    page.keyboard.type("0915PM")
    press("Add: Sources")
    page.keyboard.type("policy 4.2")
    press("Add: Sources")
    page.keyboard.type("a colleague")
    press("Add: Sources")  # stays empty: it is no source
    press("Add: Notes")
    page.keyboard.type("where")
    page.keyboard.press("Tab")
    page.keyboard.type("Oslo")
    press("Add: Home")
    write(form.field("Home, Town"), "Bergen")
    press("Add: Stops")
    page.keyboard.type("Oslo")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    press("Pay, Card")
    write(form.field("Pay, Last four digits"), "1234")
    page.keyboard.press("Control+Enter")
    expect(form.status).to_have_text("Saved")
    (correction,) = kept.corrections()
    assert correction.details == EVERYTHING
    assert correction.corrected == "The cap is 75 EUR."


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(page: Page, server: Server) -> None:
    form, kept = opened(page, server, model="trip")
    form.field("The right answer").fill("short")
    form.field("Country").fill("x" * 21)
    form.field("Days", "spinbutton").fill("31")
    form.field("Price", "spinbutton").fill("cheap")
    for _ in range(2):
        form.button("Add: Stops").click()
    form.field("Stops 1, Town").fill("Oslo")
    form.button("Pay, Cash").click()
    form.save.click()
    expect(form.status).to_have_text("Not saved: please look at what is marked.")
    expect(form.field("The right answer")).to_be_focused()
    assert form.fault(form.field("The right answer")) == "Please use at least 10 characters."
    assert form.fault(form.field("Country")) == "Please use at most 20 characters."
    assert form.fault(form.field("Days", "spinbutton")) == "Please give 30 or less."
    assert form.fault(form.field("Price", "spinbutton")) == "Please give a number, for example 12.5."
    assert form.fault(form.field("Stops 2, Town")) == "Please fill this in."
    assert form.fault(form.field("Pay, Amount", "spinbutton")) == "Please fill this in."
    expect(form.field("Stops 1, Town")).not_to_have_attribute("aria-invalid", "true")
    assert kept.events() == []

    form.field("The right answer").fill("The cap is 75 EUR.")
    expect(form.field("The right answer")).not_to_have_attribute("aria-invalid", "true")
    assert form.fault(form.field("Days", "spinbutton")) == "Please give 30 or less."
    shake(page)
    assert form.fault(form.field("Days", "spinbutton")) == "Please give 30 or less."
    expect(form.field("Country")).to_have_value("x" * 21)
    form.field("Country").fill("NO")
    form.field("Days", "spinbutton").fill("30")
    form.field("Price", "spinbutton").fill("")
    form.button("Remove: Stops 2").click()
    form.field("Pay, Amount", "spinbutton").fill("20")
    form.save.click()
    expect(form.status).to_have_text("Saved")
    (correction,) = kept.corrections()
    assert (correction.details["days"], correction.details["price"]) == (30, None)
    assert correction.details["stops"] == [{"town": "Oslo", "nights": 1}]
    assert correction.details["pay"] == {"way": "cash", "amount": 20}


def test_a_date_that_is_half_typed_is_a_fault_and_not_left_out(page: Page, server: Server) -> None:
    form, kept = opened(page, server, model="trip")
    form.field("The right answer").fill("The cap is 75 EUR.")
    day = form.root.get_by_label(f"Day: {QUESTION}", exact=True)
    day.focus()
    page.keyboard.type("05")
    form.save.click()
    expect(day).to_be_focused()
    assert form.fault(day) == "Please give a date."
    assert kept.events() == []


def test_a_draft_survives_closing_a_rerun_a_shift_of_the_page_and_a_reload(page: Page, server: Server) -> None:
    form, kept = opened(page, server, model="trip")
    form.field("The right answer").fill("half a thou")
    form.button("Add: Sources").click()
    page.keyboard.type("policy")
    form.button("Pay, Card").click()
    page.keyboard.press("Escape")
    expect(form.root).to_be_hidden()
    resume = form.row.get_by_role("button", name="Continue correcting")
    expect(resume).to_be_focused()
    shake(page)
    resume.click()
    expect(form.field("The right answer")).to_have_value("half a thou")
    page.reload()
    expect(form.field("The right answer")).to_have_value("half a thou")
    expect(form.field("Sources 1")).to_have_value("policy")
    expect(form.button("Pay, Card")).to_have_attribute("aria-pressed", "true")
    expect(form.field("Pay, Last four digits")).to_be_visible()
    assert kept.events() == []


def test_a_draft_stays_with_its_own_turn(page: Page, server: Server) -> None:
    form, _ = opened(page, server)
    form.right.fill("half a thou")
    other, _ = opened(page, server)
    expect(other.right).to_have_value("")


def test_typing_through_a_stream_and_a_shift_of_the_page_loses_no_keystroke(page: Page, server: Server) -> None:
    sentence = "Every letter of this long sentence stays in its place, whatever the page does. "
    form, kept = opened(page, server)
    page.get_by_role("button", name="Stream").dispatch_event("click")
    expect(page.get_by_text("word1 ")).to_be_visible()
    form.right.focus()
    page.keyboard.type(sentence[:40], delay=15)
    expect(page.get_by_text("the end of the stream")).to_be_visible()
    page.get_by_role("switch", name="Banner").dispatch_event("click")
    page.keyboard.type(sentence[40:], delay=5)
    expect(page.get_by_text("A banner has appeared")).to_be_visible()
    expect(form.right).to_be_focused()
    page.keyboard.type("Really.")
    expect(form.right).to_have_value(sentence + "Really.")
    page.keyboard.press("Control+Enter")
    expect(form.status).to_have_text("Saved")
    assert [correction.guidance for correction in kept.corrections()] == [sentence + "Really."]


def test_saving_while_another_answer_streams_does_not_cut_it_off(page: Page, server: Server) -> None:
    form, kept = opened(page, server)
    page.get_by_role("button", name="Stream").click()
    expect(page.get_by_text("word1 ")).to_be_visible()
    form.right.fill("75 EUR.")
    form.save.click()
    expect(page.get_by_text("the end of the stream")).to_be_visible()
    expect(form.status).to_have_text("Saved")
    assert [correction.guidance for correction in kept.corrections()] == ["75 EUR."]


def test_a_field_may_have_any_name_and_a_date_that_is_none_is_judged_and_not_cut(page: Page, server: Server) -> None:
    form, kept = opened(page, server, model="odd")
    expect(form.field("Constructor")).not_to_have_attribute("aria-invalid", "true")
    form.field("Constructor").fill("a")
    instant = form.root.locator("input[type='datetime-local']")
    instant.evaluate("""field => {
      field.value = "20261-12-24T18:30";
      for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
    }""")
    form.save.click()
    expect(form.row).to_have_attribute("data-status", "refused")
    assert form.fault(instant) == "Please give a date and a time."
    assert kept.corrections() == []
