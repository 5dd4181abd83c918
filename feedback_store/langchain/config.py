"""Who asks, in LangChain's own terms: building a `RunnableConfig` with an identity, and reading the identity back."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig, ensure_config
from langchain_core.runnables.config import merge_configs

from feedback_store.limits import new_id
from feedback_store.store import Scope

IDENTITY: Final = ("user_id", "tenant")
VERIFIED_ANSWERS: Final = "verified_answers"
"""The key in `configurable` whose False asks the model although an approved answer could be served."""
_log = logging.getLogger(__name__)


def feedback_config(
    *,
    user_id: str | None,
    session_id: str,
    tenant: str = "default",
    turn_id: str | None = None,
    index: int = 0,
    parent_turn_id: str | None = None,
    app_version: str | None = None,
    callbacks: Sequence[BaseCallbackHandler] = (),
    tags: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
    verified_answers: bool = True,
) -> RunnableConfig:
    """Return the config of one turn: whose it is, where it belongs, and the run id by which feedback finds it again.

    The identity stands in `configurable`, where runnables look, and in `metadata`, which alone reaches callbacks and
    retrievers. Take it from your own session, never from the browser.

    Args:
        user_id: who asks; None for somebody unknown, who is shown nothing private.
        session_id: the conversation.
        tenant: the group within which corrections are shared.
        turn_id: a uuid for the turn, which is the run's id too; by default a new one.
        index: place of the turn in the session, from 0.
        parent_turn_id: the turn of which this is another answer.
        app_version: the version of your app.
        callbacks: handlers, for example a `TurnTracer`.
        tags: tags of the run and of the turn.
        metadata: more metadata for the trace.
        verified_answers: False asks the model, also where an approved answer could be served as it is.

    Raises:
        ValueError: `turn_id` is no uuid.

    """
    turn_id = turn_id or new_id()
    try:
        run_id = UUID(turn_id)
    except ValueError:
        msg = f"turn_id is a uuid, as new_id() makes it; given {turn_id!r}"
        raise ValueError(msg) from None
    turn = {"turn_id": turn_id, "session_id": session_id, "user_id": user_id, "tenant": tenant}
    place = {"index": index, "parent_turn_id": parent_turn_id, "app_version": app_version}
    return RunnableConfig(
        run_id=run_id,
        callbacks=list(callbacks),
        tags=list(tags),
        configurable=turn if verified_answers else {**turn, VERIFIED_ANSWERS: False},
        metadata={**(metadata or {}), **turn, **place},
    )


def scope_of(config: RunnableConfig) -> Scope:
    """Read whose question it is from a config. Without a readable identity the scope is nobody's."""
    configurable, metadata = config.get("configurable") or {}, config.get("metadata") or {}
    return scope_in(configurable if any(name in configurable for name in IDENTITY) else metadata)


def with_identity(config: RunnableConfig | None = None) -> RunnableConfig:
    """Return a config with the identity in its metadata too: nothing else of a config reaches a retriever."""
    whole = ensure_config(config)
    return merge_configs(whole, {"metadata": scope_of(whole).model_dump()})


def serves_verified_answers(config: RunnableConfig) -> bool:
    """Tell whether a verified answer may be served: not where somebody asked for the model's own."""
    return (config.get("configurable") or {}).get(VERIFIED_ANSWERS) is not False


def scope_in(source: Mapping[str, Any]) -> Scope:
    """Read whose question it is from a mapping with `user_id` and `tenant`."""
    given = {name: source.get(name) for name in IDENTITY}
    wrong = [name for name, value in given.items() if value is not None and not (isinstance(value, str) and value)]
    if wrong:
        _log.error("%s must be a string that is not empty: nothing private is recalled", " and ".join(wrong))
        return Scope()
    return Scope(user_id=given["user_id"], tenant=given["tenant"])
