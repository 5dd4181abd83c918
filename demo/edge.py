"""What the demo adds to every HTTP exchange: a name for the browser, and headers that close the ways out of the page.

The name is a cookie with 128 random bits. It is a credential, so it is never stored or shown: records carry its digest.
An app with a real login gives `user_id` from `st.user` instead.
"""

import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "feedback_person"
YEAR: Final = 365 * 24 * 3600

CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'self'",
        # The hash is that of the one inline script of Streamlit's page; blob: serves its own inline components.
        "script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",  # an answer with a remote image would send out what it knows
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    ]
)
HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Edge:
    """ASGI middleware: sets the cookie where it is missing, and the headers always."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on, and dress its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        known = credential(Headers(scope=scope).get("cookie", ""))

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if known is None and scope["path"] == "/":
                    fresh = secrets.token_urlsafe(16)
                    headers.append("set-cookie", f"{COOKIE}={fresh}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Lax")
            await send(message)

        await self.app(scope, receive, dressed)


def credential(cookies: str) -> str | None:
    """Read the browser's name from a Cookie header; None where there is none of the right form."""
    try:
        jar = SimpleCookie(cookies)
    except CookieError:
        return None
    value = jar[COOKIE].value if COOKIE in jar else ""
    return value if len(value) == 22 and value.replace("-", "").replace("_", "").isalnum() else None


def person(value: str) -> str:
    """Return the id under which records are kept for the browser that holds the credential `value`."""
    return f"person-{hashlib.sha256(value.encode()).hexdigest()[:16]}"
