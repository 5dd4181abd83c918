"""Puts an exception of a model into words for the person who asked: what happened, what to do. No keys, no traces.

Integrations of LangChain raise their provider's own classes. What they share is read here: a `status_code`, a `body`,
and the class names of the openai, anthropic and httpx families.
"""

import re
from collections.abc import Iterator
from typing import Final

from demo.models.local_server import LocalServerError
from demo.models.package_files import WeightsError


class ModelUnavailable(RuntimeError):
    """Raised when the model cannot be used: the message says why and what to do, for the person who reads it."""


_OWN: Final = (ModelUnavailable, WeightsError, LocalServerError)
_TOO_LONG: Final = re.compile(
    r"exceed_context_size|context_length_exceeded|context window|context size|prompt is too long"
)
_PACKAGE: Final = re.compile(r"pip install ([A-Za-z0-9-]+)")
_STATUS: Final = {
    401: "The model's server refused the API key. Set the right key of the provider and restart the app.",
    403: "The model's server does not allow this key to use the model. Check the rights of the key.",
    404: "The model's server does not know this model or this address. Check FEEDBACK_MODEL and "
    "FEEDBACK_MODEL_NAME; most addresses end in /v1.",
    429: "The model's server says that there are too many requests or that the quota is used up. "
    "Try again in a minute.",
}
_TEXTS: Final = (
    (
        re.compile(r"Unable to infer model provider|Provider '.*' is not supported"),
        (
            "LangChain does not know the provider that was named. Set FEEDBACK_MODEL to provider:name, "
            "with one such as openai, anthropic, google_genai, mistralai or ollama, and restart the app."
        ),
    ),
    (
        re.compile(r"missing credentials|api[_ ]key|authentication method", re.IGNORECASE),
        "The API key of the provider is missing. Set its variable, such as OPENAI_API_KEY, and restart the app.",
    ),
)
_FAMILIES: Final = (  # class names, the narrower first
    (
        {"TimeoutError", "APITimeoutError", "TimeoutException"},
        "The model did not answer in time. Try again; if it stays, the server is busy or the model too slow.",
    ),
    (
        {"RemoteProtocolError", "ReadError"},
        "The connection to the model broke off before the answer was complete. Try again.",
    ),
    (
        {"ConnectionError", "APIConnectionError", "TransportError"},
        "The model's server cannot be reached. Check that it runs and that the address is right, then try again.",
    ),
)


def explain(error: BaseException) -> str:
    """Return one plain sentence about what went wrong and one about what to do."""
    chain = list(_chain(error))
    own = next((each for each in chain if isinstance(each, _OWN)), None)
    if own is not None:
        return str(own)
    text = " ".join(str(each) for each in chain)
    names = {base.__name__ for each in chain for base in type(each).__mro__}
    status = next((code for each in chain if isinstance(code := getattr(each, "status_code", None), int)), None)
    if _TOO_LONG.search(text):
        return "The conversation is longer than the model can read. Start a new one, or ask a shorter question."
    if status in _STATUS:
        return _STATUS[status]
    if status is not None and status >= 500:
        return f"The model's server has a fault of its own (status {status}). Try again; if it stays, look at its log."
    if status is not None:
        return f"The model's server refused the question (status {status}). Check FEEDBACK_MODEL, or ask another way."
    return _without_status(error, names, text)


def _without_status(error: BaseException, names: set[str], text: str) -> str:
    package = _PACKAGE.search(text)
    if "ImportError" in names and package:
        return f"The package {package[1]} is not installed. Run: pip install {package[1]}"
    for pattern, said in _TEXTS:
        if pattern.search(text):
            return said
    for family, said in _FAMILIES:
        if names & family:
            return said
    return f"The model failed ({type(error).__name__}). Try again; if it stays, look at the log of the app."


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
