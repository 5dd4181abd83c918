"""From a finished LangChain run to the `Turn` that feedback points at."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final, Literal, cast

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run

from feedback_store.events import Turn
from feedback_store.langchain.config import IDENTITY
from feedback_store.langchain.inject import last_question
from feedback_store.langchain.retriever import HOLDOUT_RUN, is_correction
from feedback_store.langchain.serving import VERIFIED_RUN
from feedback_store.limits import MAX_NOTE, MAX_TEXT
from feedback_store.verified import VERIFIED_TAG

PARAMS: Final = ("temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop")
STOPPED: Final = ("CancelledError", "GeneratorExit", "KeyboardInterrupt")
MAX_NAME: Final = 200
MAX_NAMES: Final = 200
MAX_TAGS: Final = 50
MODEL_RUNS: Final = ("llm", "chat_model")
_PLACE: Final = ("turn_id", "session_id", "index", "parent_turn_id", "app_version", *IDENTITY)


class TurnTracer(BaseTracer):
    """Hands the turn to `on_turn` when the run has ended, however it ended: answered, stopped or failed.

    Make a new one for each turn: `feedback_config(callbacks=[TurnTracer(store.append)])`. An error in `on_turn` is
    logged by LangChain and does not reach the answer.
    """

    run_inline = True

    def __init__(self, on_turn: Callable[[Turn], object]) -> None:
        super().__init__(_schema_format="original+chat")
        self._on_turn = on_turn

    def _persist_run(self, run: Run) -> None:
        self._on_turn(turn_of(run))


def turn_of(root: Run) -> Turn:
    """Return the turn that a finished root run was.

    Raises:
        ValueError: the run has no session in its metadata: build its config with `feedback_config`.

    """
    metadata = _metadata(root)
    if "session_id" not in metadata:
        msg = f"the run {root.id} has no session_id in its metadata: build its config with feedback_config"
        raise ValueError(msg)
    runs = list(_descendants(root))
    models = [run for run in runs if run.run_type in MODEL_RUNS]
    documents = [document for run in runs for document in _documents(run)]
    corrections = [document for document in documents if is_correction(document)]
    verified = next((run for run in runs if run.name == VERIFIED_RUN), None)
    held_out = [tag for run in runs if run.name == HOLDOUT_RUN for tag in _field(run, "outputs").get("output", [])]
    answering = next((run for run in reversed(models) if _field(run, "outputs")), models[-1] if models else None)
    error = (root.error or "").partition("Traceback (most recent call last)")[0].strip()
    place = {name: metadata[name] for name in _PLACE if metadata.get(name) is not None}
    return Turn(
        **{"turn_id": str(root.id), **place},
        status=_status(error),
        created_at=root.start_time.astimezone(UTC),
        prompt=_kept(_question(root, runs)),
        response=_kept(_response(root, verified, answering)),
        run_id=str(root.id),
        trace_id=str(root.trace_id),
        prompt_version=next((found for run in runs if (found := _metadata(run).get("prompt_version"))), None),
        latency_ms=_milliseconds(root, root.end_time),
        ttft_ms=_milliseconds(root, min((time for run in models if (time := _first_token(run))), default=None)),
        document_ids=_distinct(document.id for document in documents if not is_correction(document)),
        correction_ids=_distinct(
            document.id for document in corrections if document.metadata["verified"] or not verified
        ),
        error=_kept(error, MAX_NOTE) or None,
        tags=_distinct(iter([*([VERIFIED_TAG] if verified else []), *held_out, *(root.tags or ())]))[:MAX_TAGS],
        **_model_facts(answering),
        **_usage(models),
    )


def _status(error: str) -> Literal["answered", "stopped", "failed"]:
    if not error:
        return "answered"
    return "stopped" if error.startswith(STOPPED) else "failed"


def _question(root: Run, runs: list[Run]) -> str:
    """Return what the person asked, never a prompt with something wrapped around it."""
    asked = _field(root, "inputs")
    for key in ("question", "input", "messages"):
        given = asked.get(key)
        if isinstance(given, str) and given:
            return given
        if isinstance(given, list) and all(isinstance(each, BaseMessage) for each in cast("list[Any]", given)):
            return last_question(cast("list[BaseMessage]", given))
    return next((str(_field(run, "inputs")["query"]) for run in runs if any(map(is_correction, _documents(run)))), "")


def _response(root: Run, verified: Run | None, answering: Run | None) -> str:
    """Return what was generated or served; of a run that did not end well, what there was of it."""
    for run in filter(None, [root, verified]):  # the root of an agent has a state, and no answer
        given = _field(run, "outputs").get("output")
        if isinstance(given, BaseMessage):
            return given.text
        if isinstance(given, str):
            return given
    return _generation(answering).get("text") or "".join(each["token"] for each in _tokens(answering))


def _model_facts(run: Run | None) -> dict[str, Any]:
    if run is None:
        return {}
    returned = _message(run).get("response_metadata", {}).get("model_name")
    model = returned or _metadata(run).get("ls_model_name")
    asked = _field(run, "extra").get("invocation_params", {})
    return {
        "model": PurePath(str(model)).name if model else None,  # a local server names the whole path of its file
        "params": {name: asked[name] for name in PARAMS if asked.get(name) is not None},
    }


def _usage(models: list[Run]) -> dict[str, Any]:
    found = [usage for run in models if (usage := _message(run).get("usage_metadata"))]
    if not found:
        return {}
    return {name: sum(usage.get(name, 0) for usage in found) for name in ("input_tokens", "output_tokens")}


def _first_token(run: Run) -> datetime | None:
    return next((each["time"] for each in _tokens(run) if each["token"]), None)


def _tokens(run: Run | None) -> list[dict[str, Any]]:
    """Return the tokens as they came, each with its time: all there is of a run that was cut off."""
    events = cast("list[dict[str, Any]]", run.events) if run else []  # pyright: ignore[reportUnknownMemberType]
    tokens = ((each["time"], each["kwargs"].get("token")) for each in events if each["name"] == "new_token")
    return [{"time": time, "token": token} for time, token in tokens if isinstance(token, str)]


def _milliseconds(root: Run, end: datetime | None) -> float | None:
    return None if end is None else max(0.0, (end - root.start_time).total_seconds() * 1000)


def _generation(run: Run | None) -> dict[str, Any]:
    generations = _field(run, "outputs").get("generations") if run else None
    return generations[0][0] if generations and generations[0] else {}


def _message(run: Run) -> dict[str, Any]:
    """Return the fields of the answer's message, as the tracer wrote them down."""
    return _generation(run).get("message", {}).get("kwargs", {})


def _metadata(run: Run) -> dict[str, Any]:
    return _field(run, "extra").get("metadata") or {}


def _documents(run: Run) -> list[Document]:
    return _field(run, "outputs").get("documents", []) if run.run_type == "retriever" else []


def _field(run: Run, name: Literal["inputs", "outputs", "extra"]) -> dict[str, Any]:
    return cast("dict[str, Any]", getattr(run, name) or {})


def _descendants(run: Run) -> Iterator[Run]:
    yield run
    for child in run.child_runs:
        yield from _descendants(child)


def _distinct(names: Iterator[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_kept(name, MAX_NAME) for name in names if name))[:MAX_NAMES]


def _kept(text: str, limit: int = MAX_TEXT) -> str:
    """Return what a record may hold: a turn that is cut short is better than a turn that is lost."""
    return text.replace("\0", "").encode(errors="replace").decode()[:limit]
