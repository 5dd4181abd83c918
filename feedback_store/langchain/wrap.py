"""`with_corrections`: one line around a chain or a chat model that exists already."""

from typing import Any, TypeVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableSequence, RunnableWithFallbacks
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.configurable import DynamicRunnable

from feedback_store.langchain.chat_model import CorrectedChatModel
from feedback_store.langchain.corrected import Corrected
from feedback_store.langchain.envelope import Placement
from feedback_store.langchain.inject import CorrectionInjector, Question, last_question
from feedback_store.recall import CorrectionMemory
from feedback_store.store import FeedbackStore

AnyRunnable = Runnable[Any, Any]
Target = TypeVar("Target", bound=AnyRunnable)


def with_corrections(
    target: Target,
    store_or_memory: FeedbackStore | CorrectionMemory,
    *,
    placement: Placement = "human",
    question: Question = last_question,
) -> Target:
    """Return `target` so that each of its chat models sees the corrections in scope for the question asked.

    Takes a chat model (bound, with retry or with fallbacks too) or a sequence such as `prompt | model | parser`. Where
    nothing is in scope the model receives exactly the messages that it receives without this call. The answer names
    the corrections used in `AIMessage.response_metadata["corrections"]`; of a stream, the first chunk does.

    Args:
        target: the chain or the model.
        store_or_memory: a store, or a `CorrectionMemory` with options of its own.
        placement: where the corrections stand: after the "human" question, or in the "system" message.
        question: finds the question in the messages; by default the text of the last human message.

    Raises:
        TypeError: no chat model was found in `target`.

    """
    injector = CorrectionInjector(store_or_memory, placement=placement, question=question)
    corrected = _corrected(target, injector)
    if corrected is None:
        raise TypeError(_unknown(target))
    return cast("Target", corrected)


def _corrected(target: AnyRunnable, injector: CorrectionInjector) -> AnyRunnable | None:
    """Return `target` with the look-up before every model in it; None where there is no model."""
    if _is_model(target):
        return (
            CorrectedChatModel.around(target, injector)
            if isinstance(target, BaseChatModel)
            else Corrected(target, injector)
        )
    if isinstance(target, RunnableSequence):
        return _sequence(target, injector)
    if isinstance(target, RunnableBindingBase):
        bound = _corrected(target.bound, injector)
        return None if bound is None else target.model_copy(update={"bound": bound})
    if isinstance(target, RunnableWithFallbacks):
        found = [_corrected(each, injector) for each in target.runnables]
        if all(each is not None for each in found):
            return target.model_copy(update={"runnable": found[0], "fallbacks": found[1:]})
    return None


def _sequence(sequence: RunnableSequence[Any, Any], injector: CorrectionInjector) -> AnyRunnable | None:
    steps = [_corrected(step, injector) for step in sequence.steps]
    if all(step is None for step in steps):
        return None
    return RunnableSequence(
        *(new if new is not None else old for new, old in zip(steps, sequence.steps, strict=True)), name=sequence.name
    )


def _is_model(target: AnyRunnable) -> bool:
    """Tell whether `target` is a chat model, however it is bound, retried, configured or backed by others."""
    if isinstance(target, CorrectedChatModel | Corrected | CorrectionInjector):
        msg = f"{type(target).__name__} has corrections already: call with_corrections once, on the whole chain"
        raise TypeError(msg)
    if isinstance(target, BaseChatModel):
        return True
    if isinstance(target, RunnableWithFallbacks):
        return all(_is_model(each) for each in target.runnables)
    if isinstance(target, RunnableBindingBase):
        return _is_model(target.bound)
    return isinstance(target, DynamicRunnable) and _is_model(target.default)


def _unknown(target: AnyRunnable) -> str:
    advice = "wrap the model itself, `prompt | with_corrections(model, store) | parser`"
    if any(base.__name__ == "Pregel" for base in type(target).__mro__):
        advice = "a graph would keep the corrections in its state; wrap the model that its nodes call"
    elif not isinstance(target, Runnable):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
        advice = "give a LangChain chat model or a chain"
    found = f"with_corrections found no chat model in this {type(target).__name__}"
    return f"{found}: {advice}, or put a CorrectionInjector(store) before the model"
