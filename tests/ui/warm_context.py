"""One browser context for many tests: as if it were new for each, but for the scripts that it has loaded."""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Frame, Page

STORED = "local_storage,indexeddb,cache_storage,service_workers"
"""All that a page can keep, but for cookies, which are cleared apart, and the cache of loaded scripts, which stays."""


class WarmContext:
    """Opens pages in one context as long as nobody closes it, and forgets what was kept there before each."""

    def __init__(self, make: Callable[[], BrowserContext]) -> None:
        self._make = make
        self._context: BrowserContext | None = None
        self._origins: set[str] = set()

    def new_page(self) -> Page:
        """Open a page that knows nothing of earlier ones. Theirs are closed first: a page may write while it goes."""
        context = self._context = self._open()
        for page in context.pages:
            page.close()
        page = context.new_page()
        context.clear_cookies()
        session = context.new_cdp_session(page)
        for origin in self._origins:
            what = {"origin": origin, "storageTypes": STORED}
            session.send("Storage.clearDataForOrigin", what)  # pyright: ignore[reportUnknownMemberType]
        session.detach()
        self._origins.clear()
        return page

    def _open(self) -> BrowserContext:
        if self._context is not None:
            return self._context
        context = self._make()
        context.on("page", lambda page: page.on("framenavigated", self._note))
        context.on("close", lambda _: self._forget())
        return context

    def _note(self, frame: Frame) -> None:
        address = urlsplit(frame.url)
        self._origins.add(f"{address.scheme}://{address.netloc}")

    def _forget(self) -> None:
        self._context = None
