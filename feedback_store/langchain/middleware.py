"""Corrections for an agent of `langchain.agents.create_agent`: in the requests to its model, never in its state.

Needs the extra `agents`; the rest of the package does without it, so that this file is imported by its own name.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableConfig, ensure_config
from langchain_core.runnables.config import merge_configs
from typing_extensions import override

from feedback_store.langchain.chat_model import CorrectedChatModel
from feedback_store.langchain.config import IDENTITY
from feedback_store.langchain.corrected import tagged
from feedback_store.langchain.envelope import Placement
from feedback_store.langchain.inject import CorrectionInjector, Found, Question, last_question
from feedback_store.langchain.serving import CORRECTIONS, as_message, served
from feedback_store.recall import CorrectionMemory
from feedback_store.store import FeedbackStore

try:
    from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
    from langgraph import types as langgraph_types
except ModuleNotFoundError as error:
    msg = "CorrectionsMiddleware needs LangChain's agents: pip install 'feedback-widgets[agents]'"
    raise ModuleNotFoundError(msg, name=error.name) from error

Handler = Callable[[ModelRequest[Any]], ModelResponse[Any]]
AsyncHandler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
Answered = ModelResponse[Any] | AIMessage


class CorrectionsMiddleware(AgentMiddleware[Any, Any, Any]):
    """Puts the corrections in scope for the last human message into each request to the agent's model.

    The agent's state and its checkpoints keep the question as it was asked. An answer names the corrections used in
    `response_metadata["corrections"]`; before it is written they are told to `stream_mode="custom"`, as
    `{"corrections": [id, …]}`. Whose question it is stands in the run's `context` (fields or keys `user_id` and
    `tenant`) or in its config, as `feedback_config` makes it.

    Place it first in the list: what stands before it, such as a retry, asks for the corrections anew each time.

    Args:
        store_or_memory: a store, or a `CorrectionMemory` with options of its own.
        placement: where the corrections stand: after the "human" question, or in the "system" message.
        question: finds the question in the messages; by default the text of the last human message.
        verified_answers: serve an approved answer to the very same question as it is, before any tool is called.
        name: of two in one agent, each needs one of its own.

    """

    if hasattr(langgraph_types, "TracePolicy"):  # from langchain 1.4 on: else each trace repeats all the messages
        trace_policy = langgraph_types.TracePolicy(process_inputs=langgraph_types.omit_payload)

    def __init__(
        self,
        store_or_memory: FeedbackStore | CorrectionMemory,
        *,
        placement: Placement = "human",
        question: Question = last_question,
        verified_answers: bool = False,
        name: str = "CorrectionsMiddleware",
    ) -> None:
        super().__init__()
        self._injector = CorrectionInjector(store_or_memory, placement=placement, question=question)
        self._verified_answers = verified_answers
        self._name = name

    @property
    @override
    def name(self) -> str:
        return self._name

    @override
    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> Answered:
        found, config = Found(), _config(request)
        messages = self._look_up(request, found).invoke(_messages(request), config)
        if found.verified is not None:
            return as_message(served(found.verified).invoke(None, config))
        return _tagged(handler(_with(request, messages, found)), found)

    @override
    async def awrap_model_call(self, request: ModelRequest[Any], handler: AsyncHandler) -> Answered:
        found, config = Found(), _config(request)
        messages = await self._look_up(request, found).ainvoke(_messages(request), config)
        if found.verified is not None:
            return as_message(await served(found.verified).ainvoke(None, config))
        return _tagged(await handler(_with(request, messages, found)), found)

    def _look_up(self, request: ModelRequest[Any], found: Found) -> Runnable[Any, list[BaseMessage]]:
        if isinstance(request.model, CorrectedChatModel):
            msg = "the agent's model has corrections already: give the agent either with_corrections or this middleware"
            raise TypeError(msg)
        text = request.response_format is None
        said = request.state.get("messages", ())  # not what other middleware has made of it
        return self._injector.noting(found, verified_answers=self._verified_answers and text, said=said)


def _messages(request: ModelRequest[Any]) -> list[BaseMessage]:
    return [*([request.system_message] if request.system_message else []), *request.messages]


def _with(request: ModelRequest[Any], messages: list[BaseMessage], found: Found) -> ModelRequest[Any]:
    """Return the request with the corrections; the very same request where there are none."""
    if not found.ids:
        return request
    if request.runtime:
        request.runtime.stream_writer({CORRECTIONS: list(found.ids)})
    system = messages[0] if isinstance(messages[0], SystemMessage) else None
    rest = cast("list[AnyMessage]", messages[1:] if system else messages)
    return request.override(system_message=system, messages=rest)


def _tagged(response: ModelResponse[Any], found: Found) -> ModelResponse[Any]:
    result = [tagged(each, found) if isinstance(each, AIMessage) else each for each in response.result]
    return replace(response, result=result)


def _config(request: ModelRequest[Any]) -> RunnableConfig:
    """Return the config of the run, with the identity from its context where that has one."""
    context: Any = request.runtime.context if request.runtime else None
    fields = cast("Mapping[str, Any]", context if isinstance(context, Mapping) else getattr(context, "__dict__", {}))
    who = {name: fields[name] for name in IDENTITY if name in fields}
    return merge_configs(ensure_config(), {"configurable": who}) if who else ensure_config()
