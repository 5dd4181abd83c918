"""`with_corrections`: one line around a chain or a chat model that exists already."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import BaseLLMOutputParser, StrOutputParser
from langchain_core.runnables import (
    Runnable,
    RunnableBranch,
    RunnableParallel,
    RunnableSequence,
    RunnableWithFallbacks,
)
from langchain_core.runnables.base import RunnableBindingBase, RunnableEachBase
from langchain_core.runnables.configurable import DynamicRunnable, RunnableConfigurableAlternatives
from langchain_core.runnables.passthrough import RunnableAssign

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
    verified_answers: bool = False,
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
        verified_answers: where an approved correction holds the full answer to the very same question, serve it as it
            is, without the model; the answer says so in `response_metadata["verified"]`. The call of a config with
            `configurable={"verified_answers": False}` asks the model all the same. A model that is bound to tools or to
            a schema, or whose answer is parsed into one, is always asked.

    Raises:
        TypeError: no chat model was found in `target`.

    """
    wrapper = _Wrapper(CorrectionInjector(store_or_memory, placement=placement, question=question))
    corrected = wrapper.wrapped(target, verified=verified_answers)
    if not wrapper.models:
        raise TypeError(_unknown(target))
    return cast("Target", corrected)


_HOLDERS: Final[dict[type, tuple[str, ...]]] = {
    RunnableBindingBase: ("bound",),
    RunnableEachBase: ("bound",),
    RunnableWithFallbacks: ("runnable", "fallbacks"),
    RunnableAssign: ("mapper",),
    RunnableParallel: ("steps__",),
    RunnableBranch: ("branches", "default"),
    RunnableConfigurableAlternatives: ("default", "alternatives"),
}
"""The runnables in which others stand, with the fields that hold those."""


class _Wrapper:
    """Puts the look-up before the models of a runnable, and counts them."""

    def __init__(self, injector: CorrectionInjector) -> None:
        self._injector = injector
        self.models = 0

    def wrapped(self, target: AnyRunnable, *, verified: bool) -> AnyRunnable:
        """Return `target` with the look-up before every model in it; `target` itself where there is no model.

        With `verified` an answer may be served in the place of the model whose text is the answer to the person: of a
        sequence the last one, and of steps side by side the only one.
        """
        if _is_model(target):
            self.models += 1
            make = CorrectedChatModel.around if isinstance(target, BaseChatModel) else Corrected
            return make(cast("Any", target), self._injector, verified_answers=verified)
        if isinstance(target, RunnableSequence):
            return self._sequence(target, verified)
        before = self.models
        fields = self._fields(target, verified)
        return cast("Any", target).model_copy(update=fields) if self.models > before else target

    def _fields(self, target: Any, verified: bool) -> dict[str, Any]:
        """Return the fields of a runnable in which others stand, with the look-up before the models of those."""
        kind = next((kind for kind in _HOLDERS if isinstance(target, kind)), None)
        if kind is None:
            return {}
        held = {name: getattr(target, name) for name in _HOLDERS[kind]}
        if kind is RunnableParallel:
            verified = verified and sum(map(self._holds_model, held["steps__"].values())) == 1
        if kind is RunnableWithFallbacks:
            held["fallbacks"] = list(held["fallbacks"])
        return {name: self._inside(value, verified) for name, value in held.items()}

    def _inside(self, value: Any, verified: bool) -> Any:
        if isinstance(value, Runnable):
            return self.wrapped(cast("AnyRunnable", value), verified=verified)
        if isinstance(value, Mapping):
            return {key: self._inside(each, verified) for key, each in cast("Mapping[str, Any]", value).items()}
        if isinstance(value, tuple):  # a branch: its condition answers nobody
            return (*value[:-1], self._inside(value[-1], verified))
        if isinstance(value, Sequence):
            return [self._inside(each, verified) for each in cast("Sequence[Any]", value)]
        return lambda: self._inside(value(), verified)  # an alternative that is made when it is chosen

    def _sequence(self, sequence: RunnableSequence[Any, Any], verified: bool) -> AnyRunnable:
        before = self.models
        steps: list[AnyRunnable] = []
        for step in reversed(sequence.steps):
            if isinstance(step, BaseLLMOutputParser) and not isinstance(step, StrOutputParser):
                verified = False  # it reads a form that a text for people does not have
            steps.insert(0, self.wrapped(step, verified=verified))
            verified = verified and self.models == before
        return RunnableSequence(*steps, name=sequence.name) if self.models > before else sequence

    def _holds_model(self, target: AnyRunnable) -> bool:
        probe = _Wrapper(self._injector)
        probe.wrapped(target, verified=False)
        return probe.models > 0


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
    if isinstance(target, DynamicRunnable):
        return _is_model(target.default)
    return (
        type(target).__name__ == "_ConfigurableModel"
    )  # what init_chat_model returns where the call chooses the model


def _unknown(target: AnyRunnable) -> str:
    advice = "wrap the model itself, `prompt | with_corrections(model, store) | parser`"
    if any(base.__name__ == "Pregel" for base in type(target).__mro__):
        advice = "a graph would keep the corrections in its state; wrap the model that its nodes call"
    elif not isinstance(target, Runnable):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
        advice = "give a LangChain chat model or a chain"
    found = f"with_corrections found no chat model in this {type(target).__name__}"
    return f"{found}: {advice}, or put a CorrectionInjector(store) before the model"
