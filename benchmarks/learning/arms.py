"""One question in each arm, through the product's own path: store, `CorrectionMemory`, gate, `with_corrections`, model.

A0 no memory · A1 an empty memory behind the same chain · A2 the nearest corrections, ungated · A3 our gate ·
A3v our gate, and verified answers served as they are · A4 an oracle: the right correction where one is in scope.
"""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from typing_extensions import override

from feedback_store.asked_alike import Likeness
from feedback_store.events import Correction
from feedback_store.gate import DEFAULT_GATE, Gate, Judged
from feedback_store.langchain import feedback_config, with_corrections
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory, Recalled
from feedback_store.store import Candidate, Embeddings, FeedbackStore, Scope

Arm = Literal["A0", "A1", "A2", "A3", "A3v", "A4"]
READER: Final = Scope(user_id="reader", tenant="default")
"""Who asks; what others taught reaches this person by approval alone."""
NEAREST: Final = 3
"""So many corrections a plain retriever puts into each prompt."""
_SESSION: Final = "learning"


class Overheard(BaseChatModel):
    """Answers with what it was asked, so that prompts can be compared byte for byte without a model."""

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        heard = json.dumps([[message.type, message.content] for message in messages], ensure_ascii=False)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(heard))])

    @property
    def _llm_type(self) -> str:
        return "overheard"


class EveryCandidate:
    """No gate: whatever is near enough to be a candidate is taken to be in scope, the nearest first."""

    def judge(
        self,
        question: str,  # noqa: ARG002  # as a gate is
        candidates: Sequence[Candidate],
        likeness: Likeness | None = None,  # noqa: ARG002
    ) -> list[Judged]:
        """Let every candidate through."""
        return [Judged(each, 1 - place / 1000, in_scope=True) for place, each in enumerate(candidates)]


class WatchedGate:
    """The gate as it is, over all candidates but those left out, as if these had never been taught.

    Its verdicts since they were cleared can be looked at, for curves over its threshold.
    """

    def __init__(self, gate: Gate = DEFAULT_GATE) -> None:
        self._gate = gate
        self.verdicts: list[Judged] = []
        self.left_out: frozenset[str] = frozenset()

    def judge(self, question: str, candidates: Sequence[Candidate], likeness: Likeness | None = None) -> list[Judged]:
        """Judge as the gate does."""
        taught = [each for each in candidates if each.known.id not in self.left_out]
        verdicts = self._gate.judge(question, taught, likeness)
        self.verdicts += verdicts
        return verdicts


@dataclass(frozen=True)
class Said:
    """An answer and the corrections that it says it used."""

    text: str
    used: tuple[str, ...] = ()
    verified: bool = False


@dataclass(frozen=True)
class Recall:
    """What a question recalled, and what the gate said of each candidate, nearest first."""

    recalled: list[Recalled]
    verdicts: list[Judged]

    @property
    def used(self) -> tuple[str, ...]:
        """The ids of the corrections that enter the prompt."""
        return tuple(each.id for each in self.recalled)

    def rank(self, event_id: str) -> int | None:
        """Return the place of a correction among the candidates, from 1."""
        ids = [each.candidate.known.id for each in self.verdicts]
        return ids.index(event_id) + 1 if event_id in ids else None

    def probability(self, event_id: str) -> float:
        """Return the gate's probability for a correction; 0 where it was no candidate."""
        return max((each.probability for each in self.verdicts if each.candidate.known.id == event_id), default=0.0)

    def highest(self) -> float:
        """Return the highest probability of all."""
        return max((each.probability for each in self.verdicts), default=0.0)


class Asking:
    """Asks questions of one store in every arm.

    Args:
        store: what was taught.
        embeddings: the store's own model, for the oracle's store.
        system: the system message of the scaffold, the same in every arm.
        model: the chat model; without one prompts can be compared, and nothing is answered.
        reader: who asks.

    """

    def __init__(
        self,
        store: FeedbackStore,
        *,
        embeddings: Embeddings,
        system: str,
        model: BaseChatModel | None = None,
        reader: Scope = READER,
    ) -> None:
        self.store = store
        self._embeddings = embeddings
        self._prompt = ChatPromptTemplate.from_messages([("system", "{system}"), ("human", "{question}")]).partial(
            system=system
        )
        self.model = model
        self._reader = reader
        self._gate = WatchedGate()
        self._gated = CorrectionMemory(store, gate=self._gate)
        self._memories: dict[Arm, CorrectionMemory] = {
            "A1": CorrectionMemory(MemoryStore(embeddings=embeddings)),
            "A3": self._gated,
            "A3v": self._gated,
        }

    def recall(self, question: str) -> Recall:
        """Recall as A3 does, without a prompt."""
        self._gate.verdicts = []
        recalled = self._gated.recall(question, scope=self._reader)
        return Recall(recalled, self._gate.verdicts)

    @contextmanager
    def without(self, taught: Correction) -> Generator[None]:
        """Ask as if a correction of a fact had never been taught."""
        self._gate.left_out = frozenset({taught.event_id})
        try:
            yield
        finally:
            self._gate.left_out = frozenset()

    def heard(self, arm: Arm, question: str, right: Sequence[Correction] = ()) -> Said:
        """Return the messages that a model would be asked, as JSON. `right` is what the oracle knows to be in scope."""
        return self._said(self._chain(arm, Overheard(), question, right), question)

    def answer(self, arm: Arm, question: str, right: Sequence[Correction] = ()) -> Said:
        """Return the model's answer."""
        if self.model is None:
            msg = "there is no model to answer: this run compares prompts alone"
            raise RuntimeError(msg)
        return self._said(self._chain(arm, self.model, question, right), question)

    def _said(self, chain: Runnable[dict[str, str], BaseMessage], question: str) -> Said:
        who = feedback_config(user_id=self._reader.user_id, tenant=self._reader.tenant or "", session_id=_SESSION)
        answer = chain.invoke({"question": question}, who)
        told = answer.response_metadata
        return Said(answer.text, tuple(told.get("corrections", ())), "verified" in told)

    def _chain(
        self, arm: Arm, model: BaseChatModel, question: str, right: Sequence[Correction]
    ) -> Runnable[dict[str, str], BaseMessage]:
        plain: Runnable[dict[str, str], BaseMessage] = self._prompt | model
        if arm == "A0":
            return plain
        if arm == "A2":
            found = self.store.similar_corrections(question, scope=self._reader, limit=NEAREST)
            return with_corrections(plain, self._of([each.known.correction for each in found]))
        if arm == "A4":
            return with_corrections(plain, self._of(right))
        return with_corrections(plain, self._memories[arm], verified_answers=arm == "A3v")

    def _of(self, corrections: Sequence[Correction]) -> CorrectionMemory:
        """Return a memory that holds these alone, all in scope: the first is the newest, so that it wins a conflict."""
        store = MemoryStore(embeddings=self._embeddings)
        now = datetime.now(UTC)
        for age, each in enumerate(corrections):
            made = {"user_id": self._reader.user_id, "created_at": now - timedelta(seconds=age), "supersedes": None}
            store.append(each.model_copy(update=made))
        return CorrectionMemory(store, gate=EveryCandidate())
