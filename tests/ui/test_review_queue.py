"""The review panel in a real browser: decisions by keyboard, two reviewers, inert text, a narrow screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from feedback_store.events import Review
from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.review_cases import HOSTILE
from tests.ui.scene import Kept, open_scene
from tests.ui.server import Server


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("review_queue", KEPT=str(tmp_path_factory.mktemp("kept")))


def case(page: Page, kept: Kept, number: int) -> Locator:
    return page.locator(f".st-key-fbw-review-queue-case-{kept.run}-{number}")


def button(place: Locator | Page, name: str) -> Locator:
    return place.get_by_role("button", name=name, exact=True)


def decisions(kept: Kept) -> list[tuple[str, str, str | None]]:
    return [(event.about, event.verdict, event.user_id) for event in kept.events() if isinstance(event, Review)]


def test_a_case_is_decided_by_the_keyboard_alone(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    button(case(page, kept, 1), "Approve for everyone").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(button(case(page, kept, 1), "Reject")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Waiting for review (2)")).to_be_visible()
    expect(case(page, kept, 1)).to_have_count(0)
    assert decisions(kept) == [(f"case-{kept.run}-1", "reject", "rita")]


def test_many_quick_clicks_on_approve_make_one_review(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    approve = button(case(page, kept, 1), "Approve for everyone")
    approve.evaluate("button => { for (let n = 0; n < 3; n += 1) button.click() }")
    expect(page.get_by_role("heading", name="In force for others (1)")).to_be_visible()
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_role("heading", name="Waiting for review (2)")).to_be_visible()
    assert decisions(kept) == [(f"case-{kept.run}-1", "approve", "rita")]


def test_the_slower_of_two_reviewers_is_told_and_changes_nothing(
    new_context: Callable[..., BrowserContext], server: Server
) -> None:
    rita, otto = new_context().new_page(), new_context().new_page()
    kept = open_scene(rita, server)
    otto.goto(f"{server.url}/?run={kept.run}&reviewer=otto")
    slower = button(case(otto, kept, 1), "Reject")
    expect(slower).to_be_visible()
    button(case(rita, kept, 1), "Approve for everyone").click()
    expect(rita.get_by_role("heading", name="Waiting for review (2)")).to_be_visible()
    slower.click()
    expect(otto.get_by_text("Somebody else was faster")).to_be_visible()
    assert decisions(kept) == [(f"case-{kept.run}-1", "approve", "rita")]


def test_a_note_survives_an_outage_and_goes_with_the_next_try(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    kept.refuse()
    note = case(page, kept, 1).get_by_role("textbox", name="Note (optional)")
    note.fill("seen in the policy")
    button(case(page, kept, 1), "Reject").click()
    expect(page.get_by_role("alert").filter(has_text="Not saved")).to_be_visible()
    expect(note).to_have_value("seen in the policy")
    kept.refuse(until_further_notice=False)
    button(case(page, kept, 1), "Reject").click()
    expect(case(page, kept, 1)).to_have_count(0)
    (review,) = kept.events()
    assert isinstance(review, Review)
    assert review.note == "seen in the policy"


def test_a_rewrite_is_shown_as_its_changes(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    changes = case(page, kept, 1).get_by_role("region", name="What was changed")
    expect(changes.get_by_role("deletion")).to_have_text("61")
    expect(changes.get_by_role("insertion")).to_have_text("75")


def test_the_conversation_around_it_can_be_opened(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    place = case(page, kept, 1)
    place.get_by_text("The conversation around it").click()
    for number in range(4):
        expect(place.get_by_text(f"The cap is {60 + number} EUR per day.", exact=True)).to_be_visible()


def test_a_question_is_tried_on_a_case_and_the_panel_says_what_decided(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    place = case(page, kept, 1)
    place.get_by_text("Try a question").click()
    field = place.get_by_label("A question that somebody might ask")
    field.fill("What about question 1?")
    field.press("Enter")
    expect(place.get_by_text("It would be used (")).to_be_visible()
    expect(place.get_by_text("Words of its question that are there: 100%")).to_be_visible()
    ARTEFACTS.mkdir(exist_ok=True)
    place.screenshot(path=ARTEFACTS / "review-queue-trial.png")
    field.fill("Do you sell tents?")
    field.press("Enter")
    expect(place.get_by_text("It would not be used")).to_be_visible()
    assert decisions(kept) == []


def test_what_people_wrote_is_inert_and_loads_nothing(own_page: Page, server: Server) -> None:
    asked: list[str] = []
    own_page.on("request", lambda request: asked.append(request.url))
    kept = open_scene(own_page, server)
    expect(case(own_page, kept, 3).get_by_text(HOSTILE)).to_be_visible()
    expect(case(own_page, kept, 2).get_by_text("⟦U+202E⟧59 RUE⟦U+202C⟧")).to_be_visible()
    expect(case(own_page, kept, 2).get_by_role("alert")).to_contain_text("hidden characters (3)")
    assert case(own_page, kept, 3).locator("img, b, strong").count() == 0
    assert not [url for url in asked if not url.startswith((server.url, server.url.replace("http", "ws"), "data:"))]


def test_it_fits_a_narrow_screen(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    kept = open_scene(page, server)
    expect(case(page, kept, 1).get_by_role("insertion")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "review-queue-390-dark.png", full_page=True)
