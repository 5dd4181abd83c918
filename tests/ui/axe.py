"""What axe-core finds in a part of a page."""

from typing import Any, Final, cast

from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import Page

RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(page: Page, part: str) -> list[str]:
    """Return each fault in the part of the page that a CSS selector names, with the element."""
    options = RULES | {"resultTypes": ["violations"]}
    found = cast("dict[str, Any]", Axe().run(page, part, options).response)  # pyright: ignore[reportUnknownMemberType]
    return [f"{each['id']}: {each['help']} {each['nodes']}" for each in found["violations"]]
