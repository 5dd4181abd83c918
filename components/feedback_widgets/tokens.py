"""The capability that lets a browser speak about one turn: signed facts, minted in the script, passed to the component.

A POST route has no user and no XSRF check, so the token itself says whose turn it is. It needs no table, so any worker
or replica with the same secret can read it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Final

from pydantic import BaseModel, ConfigDict
from streamlit import config

from feedback_store.events import Turn
from feedback_store.limits import Id, Name

LIFETIME_SECONDS: Final = 7 * 24 * 3600
_BUCKET_SECONDS: Final = 3600
_given: list[bytes] = []


class Claim(BaseModel):
    """What a valid token says: these are the author, the session and the turn."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    tenant: Name
    user_id: Name | None
    session_id: Id
    expires: int
    turn_id: Id

    @property
    def author(self) -> tuple[str, str | None, str]:
        """Whose acts count together against the rate."""
        return self.tenant, self.user_id, self.session_id

    def is_about(self, turn: Turn) -> bool:
        """Tell whether `turn` is the one that the token was minted for."""
        return (*self.author, self.turn_id) == (turn.tenant, turn.user_id, turn.session_id, turn.turn_id)


def use_secret(secret: bytes | None) -> None:
    """Sign with `secret` from now on; None goes back to one derived from Streamlit's `server.cookieSecret`.

    Raises:
        ValueError: the secret is shorter than 32 bytes.

    """
    if secret is not None and len(secret) < 32:
        msg = f"the secret has {len(secret)} bytes, at least 32 are needed: use secrets.token_bytes(32)"
        raise ValueError(msg)
    _given[:] = [secret] if secret else []


def mint(turn: Turn, *, now: float | None = None) -> str:
    """Return the token of a turn: the ticket of its author, the turn's id and the tag that binds the two, dotted."""
    pass_ = ticket(turn, now=now)
    return f"{pass_}.{turn.turn_id}.{tag(pass_, turn.turn_id)}"


def ticket(turn: Turn, *, now: float | None = None) -> str:
    """Return who speaks, in which session and until when: one for all turns of a session, and not yet signed.

    It stays the same for an hour, so that a rerun sends the browser nothing new.
    """
    moment = time.time() if now is None else now
    expires = (int(moment) // _BUCKET_SECONDS + 1) * _BUCKET_SECONDS + LIFETIME_SECONDS
    facts = [turn.tenant, turn.user_id, turn.session_id, expires]
    return _encode(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode())


def tag(ticket: str, turn_id: str) -> str:
    """Return the signature (HMAC-SHA-256, its first 128 bits) by which the holder of a ticket may speak of a turn."""
    secret = _given[0] if _given else f"feedback-widgets {config.get_option('server.cookieSecret')}".encode()
    return _encode(hmac.digest(secret, f"{ticket}.{turn_id}".encode(), "sha256")[:16])


def read(token: object, *, now: float | None = None) -> Claim | None:
    """Return what a token says, or None where it is forged, expired or no token at all."""
    if not isinstance(token, str) or not token.isascii() or token.count(".") != 2:
        return None
    body, turn_id, signature = token.split(".")
    if not hmac.compare_digest(signature, tag(body, turn_id)):
        return None
    try:
        tenant, user_id, session_id, expires = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        claim = Claim(tenant=tenant, user_id=user_id, session_id=session_id, expires=expires, turn_id=turn_id)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    return claim if claim.expires > (time.time() if now is None else now) else None


def pseudonym(turn: Turn) -> str:
    """Return a name for the author that keeps a browser's outbox apart from other people's on the same device."""
    return hashlib.sha256(json.dumps([turn.tenant, turn.user_id]).encode()).hexdigest()[:16]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
