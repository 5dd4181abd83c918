"""Which answer is better, asked in a real browser: by keyboard, over a reload, and taken back."""

import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from feedback_store.events import Rating, parse_feedback
from tests.ui.axe import faults
from tests.ui.conftest import Serve
from tests.ui.server import Server
from tests.ui.warm_page import Scheme


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("answer_preference", EVENTS=str(tmp_path_factory.mktemp("events") / "ratings.jsonl"))


@pytest.fixture
def turn() -> str:
    return uuid.uuid4().hex[:12]


def visit(server: Server, page: Page, turn: str, more: str = "") -> Locator:
    page.goto(f"{server.url}/?turn={turn}{more}")
    group = page.get_by_role("radiogroup", name=f"Which answer is better? How do I pack the parcel {turn}")
    expect(group).to_be_visible()
    return group


def kept(server: Server, turn: str) -> list[Rating]:
    events = [parse_feedback(line) for line in Path(server.env["EVENTS"]).read_text().splitlines()]
    return [event for event in events if isinstance(event, Rating) and (event.turn_id or "").startswith(turn)]


def test_a_choice_is_kept_stands_after_a_reload_changes_and_is_taken_back(
    server: Server, page: Page, turn: str
) -> None:
    group = visit(server, page, turn)
    group.get_by_text("Earlier").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.reload()
    expect(group.get_by_role("radio", name="Earlier")).to_be_checked()
    group.get_by_text("Both fine").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    expect(group.get_by_role("radio", checked=True)).to_have_count(0)
    page.reload()
    expect(group.get_by_role("radio", name="Neither")).to_be_visible()
    expect(group.get_by_role("radio", checked=True)).to_have_count(0)
    first, second, third = kept(server, turn)
    assert [rating.turn_id for rating in (first, second, third)] == [f"{turn}-0", f"{turn}-1", f"{turn}-1"]
    assert [rating.score for rating in (first, second, third)] == [1, 0.5, None]
    assert [second.supersedes, third.supersedes] == [first.event_id, second.event_id]
    assert first.metadata == {"over": [f"{turn}-1"]}


def test_the_choice_names_the_same_answer_when_the_reader_pages_to_another(
    server: Server, page: Page, turn: str
) -> None:
    group = visit(server, page, turn)
    group.get_by_text("This").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    group = visit(server, page, turn, "&shown=0")
    expect(group.get_by_role("radio", name="Later")).to_be_checked()
    assert len(kept(server, turn)) == 1


def test_it_is_answered_by_keyboard(server: Server, page: Page, turn: str) -> None:
    group = visit(server, page, turn)
    page.get_by_role("button", name="Rerun").focus()
    page.keyboard.press("Tab")
    expect(group.get_by_role("radio", name="Earlier")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("Saved")).to_be_visible()
    expect(group.get_by_role("radio", name="Earlier")).to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(server: Server, turn: str, page: Page, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    visit(server, page, turn).get_by_text("Earlier").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    assert faults(page, "[class*='st-key-fbw-answer-preference']") == []


def test_three_answers_fit_into_a_narrow_window(server: Server, page: Page, turn: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    group = visit(server, page, turn, "&count=3")
    for name in ("Answer 1", "Answer 2", "Answer 3", "All fine", "Neither"):
        expect(group.get_by_text(name)).to_be_in_viewport(ratio=1)
