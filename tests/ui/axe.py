"""What axe-core finds in a part of a page."""

from typing import Any, Final, cast

from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import Page, expect

RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

ENDED: Final = """Promise.allSettled(
  document.getAnimations().filter(each => each.effect.getTiming().iterations < Infinity).map(each => each.finished)
)"""


def faults(page: Page, part: str) -> list[str]:
    """Return each fault in the part of the page that a CSS selector names, with the element."""
    # While a script runs, and in the fade after it, Streamlit pales what it may draw anew: too pale for some rules.
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    page.evaluate(ENDED)
    options = RULES | {"resultTypes": ["violations"]}
    found = cast("dict[str, Any]", Axe().run(page, part, options).response)  # pyright: ignore[reportUnknownMemberType]
    return [f"{each['id']}: {each['help']} {each['nodes']}" for each in found["violations"]]
