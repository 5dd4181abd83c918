"""Chooses the chat model that the settings name. Whichever it is, LangChain's `init_chat_model` makes it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel

from demo.models.explain import ModelUnavailable, explain
from demo.models.local_server import Endpoint, Failed, LocalServer, Ready, State
from demo.models.weights import QWEN_0_5B, QWEN_1_5B, Progress, Weights, joined, missing_packages
from demo.settings import Settings

LOCAL: Final[dict[str, Any]] = {"temperature": 0, "max_tokens": 400, "timeout": 120, "max_retries": 0}
"""Small models may run on without an end, so that their answers are cut."""
REMOTE: Final[dict[str, Any]] = {"timeout": 120, "max_retries": 1}
"""No more than this: reasoning models refuse a temperature, and spend a limit on tokens that nobody sees."""
NO_KEY: Final = "none"
"""Sent where a server asks for no key: the client refuses to be made without one."""
_HOW: Final = "Set FEEDBACK_MODEL to local:/path/to/file.gguf, a chat model in GGUF form."


class ChatModel(Protocol):
    """The model of the app, wherever it runs. Hold one per process."""

    @property
    def label(self) -> str:
        """Which model runs and where, for people."""
        ...

    def state(self) -> State:
        """Tell whether it is ready, without waiting."""
        ...

    def model(self) -> BaseChatModel:
        """Return the LangChain model. Ask for each question: a local model that died is started anew here.

        Blocks until the local model is ready.

        Raises:
            ModelUnavailable: It cannot be used: says why and what to do.
        """
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def open_chat_model(settings: Settings) -> ChatModel:
    """Open the model that `settings.model` names. A local one starts to load in the background at once.

    Never raises: what is wrong with the model shows in its `state`, so that the rest of the app goes on without it.
    """
    if settings.model_kind == "local":
        return _local(settings)
    return _remote(settings)


class LocalChat:
    """A GGUF model in a child process of the app."""

    def __init__(self, label: str, server: LocalServer) -> None:
        self.label = label
        self._server = server
        self._lock = threading.Lock()
        self._made: tuple[Endpoint, BaseChatModel] | None = None
        server.start()

    def state(self) -> State:
        """Tell how far it is, without waiting."""
        return self._server.state()

    def model(self) -> BaseChatModel:
        """Return the model once it is ready, starting it anew where it died."""
        try:
            endpoint = self._server.endpoint()
        except Exception as error:
            raise ModelUnavailable(explain(error)) from error
        with self._lock:
            if self._made is None or self._made[0] != endpoint:
                self._made = endpoint, _openai("local", endpoint.base_url, endpoint.api_key, LOCAL)
            return self._made[1]

    def close(self) -> None:
        """End the child process."""
        self._server.close()


class RemoteChat:
    """A model behind somebody's server. Whether that server answers shows with the first question."""

    def __init__(self, label: str, make: Callable[[], BaseChatModel]) -> None:
        self.label = label
        self._model: BaseChatModel | None = None
        self._why_not = ""
        try:
            self._model = make()
        except Exception as error:  # of whatever class the provider's package raises
            self._why_not = explain(error)

    def state(self) -> State:
        """Tell whether its client could be made."""
        return Ready() if self._model else Failed(self._why_not)

    def model(self) -> BaseChatModel:
        """Return the model."""
        if self._model is None:
            raise ModelUnavailable(self._why_not)
        return self._model

    def close(self) -> None:
        """Do nothing: the client holds nothing that outlives it."""


def _local(settings: Settings) -> LocalChat:
    _, _, which = settings.model.partition(":")
    if which not in {"", "small"}:
        path = Path(which).expanduser()
        return LocalChat(f"{path.name}, on this computer", LocalServer(lambda _: _gguf(path)))
    weights, remark = (QWEN_0_5B, "") if which == "small" else _best()

    def prepare(progress: Progress) -> Path:
        return joined(weights, settings.cache, progress)

    return LocalChat(f"{weights.name}, on this computer{remark}", LocalServer(prepare))


def _best() -> tuple[Weights, str]:
    """Prefer the larger model; where only the small one is installed, use that and say so."""
    if missing_packages(QWEN_1_5B) and not missing_packages(QWEN_0_5B):
        return QWEN_0_5B, f" (in place of {QWEN_1_5B.name}, which is not installed)"
    return QWEN_1_5B, ""


def _gguf(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        msg = f"The model file {path} cannot be read ({error.strerror}). {_HOW}"
        raise ModelUnavailable(msg) from error
    if magic != b"GGUF":
        msg = f"{path} is no GGUF file. {_HOW}"
        raise ModelUnavailable(msg)
    return path


def _remote(settings: Settings) -> RemoteChat:
    key = settings.api_key.get_secret_value() if settings.api_key else NO_KEY
    if settings.model_kind == "url":
        name, url = settings.model_name or "default", settings.model
        return RemoteChat(f"{name}, at {_host(url)}", lambda: _openai(name, url, key, REMOTE))
    model, url = settings.model, settings.base_url
    provider, _, name = model.partition(":")
    if url is None:
        return RemoteChat(f"{name}, by {provider}", lambda: _made(model, REMOTE))
    label = f"{name}, by {provider} at {_host(url)}"
    if provider == "openai":
        return RemoteChat(label, lambda: _openai(name, url, key, REMOTE))
    return RemoteChat(label, lambda: _made(model, REMOTE | {"base_url": url}))


def _openai(name: str, base_url: str, key: str, options: dict[str, Any]) -> BaseChatModel:
    # Usage is off by default for every address but the provider's own: streamed answers would have no token counts.
    server = {"base_url": base_url, "api_key": key, "stream_usage": True}
    return _made(f"openai:{name}", options | server)


def _made(name: str, options: dict[str, Any]) -> BaseChatModel:
    return init_chat_model(name, configurable_fields=None, **options)


def _host(url: str) -> str:
    return urlsplit(url).netloc
