"""Which model answers is a matter of settings; what goes wrong with it is said in plain words."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel

from demo.models import Failed, ModelUnavailable, Preparing, Ready, chat, explain, open_chat_model
from demo.models.weights import Weights
from demo.settings import Settings

SECRET = "sk-geheim-0123456789"  # noqa: S105 - no door has this key


class FakeService(ThreadingHTTPServer):
    """A model server whose next answers are chosen by the test. It keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.body: dict[str, object] = completion("Hello from afar.")
        self.hold = threading.Event()
        self.hold.set()
        self.cut = False
        self.asked: list[tuple[str, str, dict[str, object]]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeService  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["Authorization"], asked))
        self.server.hold.wait(30)
        body = json.dumps(self.server.body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:10] if self.server.cut else body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass


def completion(text: str) -> dict[str, object]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


@pytest.fixture
def service() -> Iterator[FakeService]:
    with FakeService() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.hold.set()
        running.shutdown()
        thread.join()


def opened(**variables: str) -> BaseChatModel:
    return open_chat_model(Settings.from_env(variables)).model()


def complaint(model: BaseChatModel) -> str:
    with pytest.raises(Exception) as failed:  # whatever class the client raises
        model.invoke("Hello?")
    said = explain(failed.value)
    assert SECRET not in said
    assert "Traceback" not in said
    return said


def test_an_address_is_a_model(service: FakeService) -> None:
    settings = Settings.from_env({"FEEDBACK_MODEL": service.url, "FEEDBACK_MODEL_NAME": "their-model"})
    remote = open_chat_model(settings)
    assert remote.state() == Ready()
    assert remote.label == f"their-model, at {service.url.removeprefix('http://').removesuffix('/v1')}"
    assert remote.model().invoke("Hello?").content == "Hello from afar."
    remote.close()
    path, authorization, asked = service.asked[0]
    assert (path, authorization, asked["model"]) == ("/v1/chat/completions", "Bearer none", "their-model")


def test_a_provider_s_name_and_an_address_are_a_model(service: FakeService) -> None:
    model = opened(FEEDBACK_MODEL="openai:gpt-x", FEEDBACK_BASE_URL=service.url, OPENAI_API_KEY=SECRET)
    assert model.invoke("Hello?").content == "Hello from afar."
    _, authorization, asked = service.asked[0]
    assert (authorization, asked["model"]) == (f"Bearer {SECRET}", "gpt-x")


def test_the_environment_s_key_goes_nowhere_that_the_settings_do_not_send_it(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    opened(FEEDBACK_MODEL=service.url).invoke("Hello?")
    assert service.asked[0][1] == "Bearer none"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "invalid_api_key", "refused the API key"),
        (403, "forbidden", "does not allow this key"),
        (404, "model_not_found", "FEEDBACK_MODEL_NAME"),
        (400, "bad_request", "refused the question (status 400)"),
        (400, "context_length_exceeded", "longer than the model can read"),
        (400, "exceed_context_size_error", "longer than the model can read"),
        (429, "insufficient_quota", "too many requests or that the quota is used up"),
        (500, "server_error", "a fault of its own (status 500)"),
        (503, "overloaded", "a fault of its own (status 503)"),
    ],
)
def test_a_refusal_is_put_into_words(service: FakeService, status: int, code: str, expected: str) -> None:
    service.status = status
    service.body = {"error": {"message": f"{code}: key {SECRET} …", "type": code, "code": code}}
    assert expected in complaint(opened(FEEDBACK_MODEL=service.url, OPENAI_API_KEY=SECRET))


def test_a_server_that_is_not_there_is_put_into_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    assert "cannot be reached" in complaint(opened(FEEDBACK_MODEL=url))


def test_a_server_that_does_not_answer_is_put_into_words(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(chat.REMOTE, "timeout", 0.2)
    service.hold.clear()
    assert "did not answer in time" in complaint(opened(FEEDBACK_MODEL=service.url))


def test_an_answer_that_breaks_off_is_put_into_words(service: FakeService) -> None:
    service.cut = True
    said = complaint(opened(FEEDBACK_MODEL=service.url))
    assert "broke off" in said


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("nonsense:x", "does not know the provider"),
        ("openai:gpt-x", "API key of the provider is missing"),
        ("upstage:x", "pip install langchain-upstage"),
    ],
)
def test_a_model_that_cannot_be_opened_says_why_and_the_app_goes_on(
    model: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    remote = open_chat_model(Settings.from_env({"FEEDBACK_MODEL": model}))
    state = remote.state()
    assert isinstance(state, Failed)
    assert expected in state.message
    with pytest.raises(ModelUnavailable) as refused:
        remote.model()
    assert str(refused.value) == state.message


def test_an_error_that_nobody_foresaw_is_named_and_not_repeated() -> None:
    said = explain(KeyError(SECRET))
    assert "KeyError" in said
    assert SECRET not in said


ABSENT = Weights("Large", "Apache-2.0", ("a-package-that-is-not-installed",), "1.0", 1, "0" * 64)
PRESENT = Weights("Little", "Apache-2.0", ("pytest",), "1.0", 1, "1" * 64)


def test_where_only_the_small_model_is_installed_it_is_used_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "QWEN_1_5B", ABSENT)
    monkeypatch.setattr(chat, "QWEN_0_5B", PRESENT)
    local = open_chat_model(Settings.from_env({"FEEDBACK_CACHE": str(tmp_path)}))
    assert local.label == "Little, on this computer (in place of Large, which is not installed)"
    local.close()


def test_where_no_model_is_installed_the_state_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "QWEN_1_5B", ABSENT)
    monkeypatch.setattr(chat, "QWEN_0_5B", ABSENT)
    local = open_chat_model(Settings.from_env({"FEEDBACK_CACHE": str(tmp_path)}))
    assert isinstance(local.state(), Preparing | Failed)
    with pytest.raises(ModelUnavailable, match="scripts/app"):
        local.model()
    assert isinstance(local.state(), Failed)
    local.close()
