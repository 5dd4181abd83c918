"""The thumbs of streamlit-feedback in a real browser: what is painted is what was kept."""

import pytest
from playwright.sync_api import Locator, Page, expect

from feedback_store.events import Rating
from tests.ui.conftest import Serve
from tests.ui.scene import Kept, open_scene
from tests.ui.server import Server


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("incumbent", KEPT=str(tmp_path_factory.mktemp("kept")))


def thumb(page: Page, which: str) -> Locator:
    """One of its icons, which have no name and no role: down is drawn after up.

    While the page mounts it anew, the old frame stands before the new one for a moment.
    """
    icons = page.locator("iframe[title^='streamlit_feedback']").last.content_frame.locator("svg")
    return icons.nth({"up": 0, "down": 1}[which])


def scores(kept: Kept) -> list[float | None]:
    return [event.score for event in kept.events() if isinstance(event, Rating)]


def await_answered(page: Page, which: str) -> None:
    expect(page.get_by_role("button", name="Change")).to_be_visible()
    other = {"up": "down", "down": "up"}[which]
    expect(thumb(page, other)).to_have_css("fill", "rgba(0, 0, 0, 0)")
    expect(thumb(page, which)).not_to_have_css("fill", "rgba(0, 0, 0, 0)")


def test_an_answer_becomes_one_rating_and_a_rerun_adds_none(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    thumb(page, "down").click()
    await_answered(page, "down")
    page.get_by_role("button", name="Rerun").click()
    await_answered(page, "down")
    (rating,) = kept.events()
    assert isinstance(rating, Rating)
    assert (rating.key, rating.score, rating.user_id, rating.turn_id) == ("thumbs", 0.0, "ada", f"turn-{kept.run}")


def test_a_remount_and_a_reload_still_show_the_answer_that_was_kept(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    thumb(page, "up").click()
    await_answered(page, "up")
    page.get_by_text("Banner", exact=True).click()
    expect(page.get_by_text("A banner has appeared")).to_be_visible()
    await_answered(page, "up")
    page.reload()
    await_answered(page, "up")
    assert scores(kept) == [1.0]


def test_a_change_of_mind_is_a_second_rating_that_supersedes_the_first(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    thumb(page, "up").click()
    await_answered(page, "up")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("button", name="Change")).to_have_count(0)
    thumb(page, "down").click()
    await_answered(page, "down")
    first, second = kept.events()
    assert scores(kept) == [1.0, 0.0]
    assert second.supersedes == first.event_id


def test_an_answer_that_could_not_be_kept_is_not_painted_and_can_be_given_again(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    kept.refuse()
    thumb(page, "up").click()
    expect(page.get_by_text("Not saved. Please try again.")).to_be_visible()
    expect(page.get_by_role("button", name="Change")).to_have_count(0)
    kept.refuse(until_further_notice=False)
    thumb(page, "up").click()
    await_answered(page, "up")
    assert scores(kept) == [1.0]


def test_it_is_drawn_although_a_launcher_imported_our_package_before_the_server_ran(
    page: Page, serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("launched")
    launched = serve("routed", KEPT=str(place), EVENTS=str(place / "events"), SCRIPT="incumbent.py")
    kept = open_scene(page, launched)
    thumb(page, "up").click()
    await_answered(page, "up")
    assert scores(kept) == [1.0]
