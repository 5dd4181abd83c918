"""The settings of the demo. This is the only place that reads the environment."""

import difflib
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

PREFIX: Final = "FEEDBACK_"
KEY: Final = "OPENAI_API_KEY"
"""Sent to a base URL that was asked for. LangChain's integrations read their own provider's variable."""

ModelKind = Literal["local", "url", "provider"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PROVIDER = re.compile(r"[a-z][a-z0-9_-]*:.+", re.DOTALL)
_MODELS = (
    "local, local:small, local:/path/to/file.gguf, provider:name (such as openai:gpt-5 or ollama:llama3), "
    "or the base URL of an OpenAI-compatible server (such as http://127.0.0.1:8000/v1)"
)
_ALLOWED = {
    "FEEDBACK_MODEL": _MODELS,
    "FEEDBACK_MODEL_NAME": "the name of a model, beside a base URL in FEEDBACK_MODEL",
    "FEEDBACK_BASE_URL": "the base URL of a server, beside provider:name in FEEDBACK_MODEL",
    "FEEDBACK_EMBEDDINGS": "minilm, none, or provider:name (such as openai:text-embedding-3-small)",
    "FEEDBACK_STORE": "a folder, or another address that LanceDB opens (such as s3://bucket/feedback)",
    "FEEDBACK_KNOWLEDGE": "a folder of Markdown files",
    "FEEDBACK_REVIEWERS": "the ids of the reviewers with commas between them, or * for everybody",
    "FEEDBACK_DATA": "a folder for the files of the app",
    "FEEDBACK_CACHE": "a folder for what can be made again, such as the joined model file",
}


class SettingsError(ValueError):
    """Raised when a setting cannot be used: says what was given, what is allowed and what to do."""


class Settings(BaseModel):
    """What an operator may choose. Each field is the variable `FEEDBACK_<FIELD>`; an empty variable is not set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "local"
    model_name: str | None = None
    base_url: str | None = None
    embeddings: str = "minilm"
    store: str
    knowledge: Path = Path(__file__).parent / "knowledge"
    reviewers: frozenset[str] = frozenset({"*"})
    data: Path = Path("data")
    cache: Path
    api_key: SecretStr | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from variables such as `os.environ`.

        Raises:
            SettingsError: A variable is unknown, or its value is not allowed.
        """
        given = {name: value.strip() for name, value in environ.items() if name.startswith(PREFIX) and value.strip()}
        for name in given:
            if name not in _ALLOWED:
                raise SettingsError(_unknown(name))
        values: dict[str, object] = {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
        values.setdefault("cache", _cache(environ))
        values.setdefault("store", str(Path(given.get("FEEDBACK_DATA", "data")) / "feedback"))
        if "FEEDBACK_REVIEWERS" in given:
            values["reviewers"] = _people(given["FEEDBACK_REVIEWERS"])
        if environ.get(KEY):
            values["api_key"] = environ[KEY]
        settings = cls.model_validate(values)
        settings._check()
        return settings

    @property
    def model_kind(self) -> ModelKind:
        """Which of the three ways `model` names a model."""
        if self.model == "local" or self.model.startswith("local:"):
            return "local"
        return "url" if _URL.match(self.model) else "provider"

    def is_reviewer(self, person: str | None) -> bool:
        """Tell whether this person may review; with `*` everybody may."""
        return "*" in self.reviewers or person in self.reviewers

    def _check(self) -> None:
        kind = self.model_kind
        if self.model == "local:" or (kind == "provider" and not _PROVIDER.fullmatch(self.model)):
            raise _refused("FEEDBACK_MODEL", self.model)
        if kind == "url":
            _check_url("FEEDBACK_MODEL", self.model)
        if self.model_name is not None and kind != "url":
            raise _refused("FEEDBACK_MODEL_NAME", self.model_name, f"FEEDBACK_MODEL is {self.model!r}, no base URL")
        if self.base_url is not None:
            if kind != "provider":
                raise _refused(
                    "FEEDBACK_BASE_URL", self.base_url, f"FEEDBACK_MODEL is {self.model!r}, no provider:name"
                )
            _check_url("FEEDBACK_BASE_URL", self.base_url)
        if self.embeddings not in {"minilm", "none"} and not _PROVIDER.fullmatch(self.embeddings):
            raise _refused("FEEDBACK_EMBEDDINGS", self.embeddings)
        if not self.reviewers:
            raise _refused("FEEDBACK_REVIEWERS", ",")


def _refused(name: str, value: str, why: str = "") -> SettingsError:
    reason = f" ({why})" if why else ""
    shown = re.sub(r"//.*@", "//…@", value)  # a password is not shown
    return SettingsError(
        f"{name} is {shown!r}{reason}. Allowed: {_ALLOWED[name]}. Change it, or remove it to use the default."
    )


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _ALLOWED, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"{name} is no setting.{meant} Allowed: {', '.join(_ALLOWED)}. Rename it or remove it."


def _check_url(name: str, url: str) -> None:
    """Refuse what is no http address, what carries a password, and link-local hosts, where clouds keep credentials."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise _refused(name, url, str(error)) from None
    if "@" in parts.netloc:
        raise _refused(name, url, f"passwords do not belong in an address; set {KEY}")
    if parts.scheme not in {"http", "https"} or not host:
        raise _refused(name, url, "it is no http or https address")
    try:
        link_local = ip_address(host).is_link_local
    except ValueError:
        link_local = False
    if link_local:
        raise _refused(name, url, "a link-local address is no model server")


def _cache(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "feedback-widgets"


def _people(text: str) -> frozenset[str]:
    return frozenset(person.strip() for person in text.split(",") if person.strip())
