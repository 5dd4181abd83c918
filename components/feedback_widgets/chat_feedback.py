"""The feedback bar for a chat that keeps plain messages, `{"role": ..., "content": ...}`: one call per message."""

import atexit
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, cast

import streamlit as st
from pydantic import ValidationError

from feedback_store.events import Correction, Turn
from feedback_store.standing import standing_ratings
from feedback_store.store import FeedbackStore
from feedback_widgets.feedback_bar import feedback_bar

Message = Mapping[str, Any]
_NAMESPACE: Final = uuid.UUID("0f4a3d5e-6f1b-5c57-9c7e-6f3d1a2b4c5d")
_SESSION: Final = "fbw-chat-session"
_log: Final = logging.getLogger(__name__)
_KEPT: Final = "fbw-chat-turns"


def chat_feedback(
    messages: Sequence[Message],
    message: Message | None = None,
    *,
    store: FeedbackStore | str = "feedback",
    user_id: str | None = None,
    tenant: str = "default",
    session_id: str | None = None,
    **options: Any,
) -> None:
    """Show the feedback bar under an answer of a chat; under any other message show nothing, so each may be given.

    The question with its answer is kept as a `Turn`, by the id that `chat_turn` makes, before any feedback on it.

    Args:
        messages: the chat, in its order, as `st.session_state.messages` in Streamlit's tutorials: each with "role" and
            "content".
        message: which of them; default is the last one.
        store: where it is kept, or the folder or address of a `LanceStore`, which this process then opens once.
        user_id: who is chatting, if that is known.
        tenant: of whom the user is one.
        session_id: the chat's own id, of letters, digits and hyphens, where the app keeps chats: what was said of a
            chat that is opened again is read from the store and shown. Default is one for the session of the page.
        **options: those of `feedback_bar`.

    """
    try:
        turn = chat_turn(messages, message, user_id=user_id, tenant=tenant, session_id=session_id)
    except ValidationError as error:  # the chat goes on, without feedback on what no record can hold
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors() if fault["loc"])
        _log.warning("feedback is not offered on an answer that cannot be kept: %s", faults)
        return
    if turn is None:
        return
    keeping = _opened(store) if isinstance(store, str) else store
    kept: dict[str, dict[str, Any]] = st.session_state.setdefault(_KEPT, {})
    if turn.turn_id not in kept:
        keeping.append(turn)
        kept[turn.turn_id] = _said(keeping, turn) if session_id else {}
    feedback_bar(turn, on_feedback=keeping.append, **(kept[turn.turn_id] | options))


def chat_turn(
    messages: Sequence[Message],
    message: Message | None = None,
    *,
    user_id: str | None = None,
    tenant: str = "default",
    session_id: str | None = None,
) -> Turn | None:
    """Return an answer with the user's last message before it as a `Turn`, or None where the message is no answer.

    Of content in parts, as models have it, the text counts; an answer without text, as the call of a tool, is none.

    Its id is always the same for the same place and words of a chat, in one session: that of `session_id`, or else of
    the page.

    Raises:
        ValueError: the message is not one of the messages, or no record can hold it: see `Turn`.

    """
    chosen = messages[-1] if message is None and messages else message
    if chosen is None or chosen["role"] not in ("assistant", "ai"):
        return None
    place = next((place for place, each in enumerate(messages) if each is chosen), None)
    if place is None:
        msg = "message: given one that is not in messages; give one of them, or none for the last"
        raise ValueError(msg)
    questions = [each["content"] for each in messages[:place] if each["role"] in ("user", "human")]
    session = session_id or st.session_state.setdefault(_SESSION, uuid.uuid4().hex)
    question, response = _text(questions[-1]) if questions else "", _text(chosen["content"])
    if not response:
        return None
    return Turn(
        turn_id=str(uuid.uuid5(_NAMESPACE, json.dumps([session, place, question, response]))),
        session_id=session,
        index=max(0, len(questions) - 1),
        prompt=question,
        response=response,
        user_id=user_id,
        tenant=tenant,
    )


def _text(content: Any) -> str:
    if isinstance(content, list):
        parts = cast("list[str | Message]", content)
        texts = (part if isinstance(part, str) else part.get("text") for part in parts)
        return "".join(text for text in texts if isinstance(text, str))
    return "" if content is None else str(content)


def _said(store: FeedbackStore, turn: Turn) -> dict[str, Any]:
    """Return what the reader has said of an answer and what stands, as options of `feedback_bar`."""
    events = store.events(turn_ids=[turn.turn_id], tenant=turn.tenant)
    own = [event for event in events if event.user_id == turn.user_id]
    ratings = standing_ratings(own)
    written = {event.source: event for event in own if isinstance(event, Correction)}
    return {
        "given": ratings.get((turn.turn_id, turn.user_id, "thumbs")),
        "corrected": written.get("form"),
        "rewritten": written.get("rewrite"),
        "remarks": list(ratings.values()),
    }


@cache
def _opened(uri: str) -> FeedbackStore:
    # Here and not above: who brings a store of another kind needs no LanceDB.
    from feedback_store import LanceStore  # noqa: PLC0415

    store = LanceStore(uri)
    atexit.register(store.close)
    return store
