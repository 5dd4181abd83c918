"""One page for many tests: as if nobody had been there, but for the scripts that its process has compiled."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Frame, Page, ViewportSize

STORED = "local_storage,indexeddb,cache_storage,service_workers"
"""What outlives a page, but for cookies, which are cleared apart, and the cache of loaded scripts, which stays."""
Scheme = Literal["light", "dark"]
SIZE: ViewportSize = {"width": 1200, "height": 900}


class WarmPage:
    """Opens one page as long as nobody closes it, and forgets before each test what was kept and set.

    A page of its own loads Streamlit with 2.8 CPU seconds, one that has loaded it before with 1.0.
    """

    def __init__(self, make: Callable[[], BrowserContext]) -> None:
        self._make = make
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._origins: set[str] = set()

    def open(self) -> Page:
        """Return the page, empty."""
        page = self._page
        if page is None or page.is_closed():
            page = self._page = self._new()
        for other in page.context.pages:
            if other is not page:
                other.close()
        if page.url.startswith("http"):
            page.evaluate("sessionStorage.clear()")
        page.goto("about:blank")  # what it writes while it goes is cleared too
        self._forget(page)
        page.set_viewport_size(SIZE)
        page.emulate_media(color_scheme="light", reduced_motion="reduce", forced_colors="none", media="screen")
        page.mouse.move(0, 0)
        return page

    def _new(self) -> Page:
        if self._context is None:
            self._context = self._make()
            self._context.on("page", lambda page: page.on("framenavigated", self._note))
            self._context.on("close", lambda _: self._lose())
        return self._context.new_page()

    def _lose(self) -> None:
        self._context = None

    def _forget(self, page: Page) -> None:
        page.context.clear_cookies()
        session = page.context.new_cdp_session(page)
        for origin in self._origins:
            what = {"origin": origin, "storageTypes": STORED}
            session.send("Storage.clearDataForOrigin", what)  # pyright: ignore[reportUnknownMemberType]
        session.detach()
        self._origins.clear()

    def _note(self, frame: Frame) -> None:
        address = urlsplit(frame.url)
        if address.scheme.startswith("http"):
            self._origins.add(f"{address.scheme}://{address.netloc}")
