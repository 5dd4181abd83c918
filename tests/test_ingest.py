"""The POST route: who may speak, about what, how much, and when it is told that it was heard."""

import json
import threading
from collections.abc import Callable

import pytest
from feedback_widgets import tokens
from feedback_widgets.inbox import last_rating, remember
from feedback_widgets.ingest import ingest_route, url_for
from starlette.applications import Starlette
from starlette.testclient import TestClient

from feedback_store.events import Feedback, Rating, Signal, Turn

SECRET = b"0123456789abcdef0123456789abcdef"


class Book:
    """Keeps events, or fails when told to."""

    def __init__(self) -> None:
        self.events: list[Feedback] = []
        self.broken = False
        self.thread: int | None = None

    def append(self, event: Feedback) -> None:
        self.thread = threading.get_ident()
        if self.broken:
            msg = "disk full"
            raise OSError(msg)
        self.events.append(event)


@pytest.fixture
def turn(request: pytest.FixtureRequest) -> Turn:
    made = Turn(session_id="s1", user_id="ada", prompt="q", response="a")
    remember(made)
    return made


@pytest.fixture
def book() -> Book:
    return Book()


def client(
    book: Book,
    *,
    find_turn: Callable[[str], Turn | None] | None = None,
    max_body: int = 1_000_000,
    rate: float = 5,
) -> TestClient:
    route = ingest_route(book.append, secret=SECRET, find_turn=find_turn, max_body=max_body, rate=rate)
    return TestClient(Starlette(routes=[route]))


def act(turn: Turn, act_id: str = "a", **fields: object) -> dict[str, object]:
    return {"token": tokens.mint(turn), "act": "rating", "id": act_id, "score": 1} | fields


def envelope(*acts: dict[str, object]) -> dict[str, object]:
    return {"v": 1, "acts": list(acts)}


def test_an_act_is_acknowledged_after_it_was_handed_over_in_a_worker_thread(book: Book, turn: Turn) -> None:
    answer = client(book).post("/feedback", json=envelope(act(turn)))
    assert (answer.status_code, answer.json()["acked"], answer.json()["refused"]) == (200, ["a"], [])
    assert [type(event) for event in book.events] == [Rating]
    assert book.thread != threading.get_ident()


def test_a_beacon_is_read_although_it_comes_as_plain_text(book: Book, turn: Turn) -> None:
    body = json.dumps(envelope(act(turn)))
    answer = client(book).post("/feedback", content=body, headers={"Content-Type": "text/plain;charset=UTF-8"})
    assert answer.json()["acked"] == ["a"]


def test_a_repeated_act_is_acknowledged_again_and_handed_over_once(book: Book, turn: Turn) -> None:
    browser = client(book)
    for _ in range(3):
        assert browser.post("/feedback", json=envelope(act(turn))).json()["acked"] == ["a"]
    assert len(book.events) == 1


def test_when_the_store_fails_nothing_more_is_acknowledged(book: Book, turn: Turn) -> None:
    book.broken = True
    answer = client(book).post("/feedback", json=envelope(act(turn, "a"), act(turn, "b")))
    assert (answer.status_code, answer.json()["acked"], answer.json()["refused"]) == (503, [], [])
    assert int(answer.headers["Retry-After"]) > 0
    book.broken = False
    assert client(book).post("/feedback", json=envelope(act(turn, "a"))).json()["acked"] == ["a"]


def test_one_bad_act_does_not_hold_up_the_others(book: Book, turn: Turn) -> None:
    answer = client(book).post("/feedback", json=envelope(act(turn, "a"), act(turn, "b", score=7), act(turn, "c")))
    assert answer.json()["acked"] == ["a", "c"]
    [refusal] = answer.json()["refused"]
    assert (refusal["id"], refusal["again"]) == ("b", False)
    assert "score" in refusal["why"]


def test_without_a_valid_token_nothing_is_stored_and_the_browser_keeps_it(book: Book, turn: Turn) -> None:
    good = tokens.mint(turn)
    body, _, signature = good.partition(".")
    other = tokens.mint(turn.model_copy(update={"user_id": "bob"})).partition(".")[0]
    for bad in (None, "", "x.y", body, f"{body}.", f"{other}.{signature}", f"{good}x", 7, "é.é"):
        answer = client(book).post("/feedback", json=envelope(act(turn, token=bad)))
        assert answer.json()["refused"] == [{"id": "a", "why": "token", "again": True}]
    assert book.events == []


def test_a_token_expires() -> None:
    made = Turn(session_id="s1", prompt="q")
    token = tokens.mint(made, now=1_000_000)
    assert tokens.read(token, now=1_000_000 + tokens.LIFETIME_SECONDS)
    assert tokens.read(token, now=1_000_000 + tokens.LIFETIME_SECONDS + 3601) is None


def test_a_token_of_another_secret_is_not_read(turn: Turn, book: Book) -> None:
    client(book)
    token = tokens.mint(turn)
    assert tokens.read(token)
    tokens.use_secret(b"f" * 32)
    assert tokens.read(token) is None


def test_a_short_secret_is_refused(book: Book) -> None:
    with pytest.raises(ValueError, match="at least 32"):
        ingest_route(book.append, secret=b"password")


def test_a_turn_of_somebody_else_found_under_the_same_id_is_not_touched(book: Book, turn: Turn) -> None:
    stolen = turn.model_copy(update={"user_id": "bob"})
    answer = client(book, find_turn=lambda _: stolen).post("/feedback", json=envelope(act(turn)))
    assert answer.json()["refused"] == [{"id": "a", "why": "turn", "again": True}]
    assert book.events == []


def test_a_turn_that_is_not_known_yet_is_asked_for_again(book: Book) -> None:
    answer = client(book).post("/feedback", json=envelope(act(Turn(session_id="s1", prompt="q"))))
    assert answer.json()["refused"] == [{"id": "a", "why": "turn", "again": True}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"v": 2, "acts": []}',
        b'{"v": 1}',
        b'{"v": 1, "acts": [], "more": 1}',
        b'{"v": 1, "acts": [1]}',
        b'{"v": 1, "acts": [{"id": "a", "id": "b"}]}',
        b'{"v": 1, "acts": [{"score": NaN}]}',
        b'{"v": 1, "acts": [{"score": -Infinity}]}',
        b'{"v": 1, "acts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\xff\xfe{",
        json.dumps({"v": 1, "acts": [{}] * 201}).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_envelope_is_a_clear_400(book: Book, body: bytes) -> None:
    answer = client(book).post("/feedback", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert book.events == []


def test_a_lone_surrogate_is_refused_and_does_not_stop_the_rest(book: Book, turn: Turn) -> None:
    bad = json.dumps(act(turn, "a", comment="\ud800"))
    body = f'{{"v": 1, "acts": [{bad}, {json.dumps(act(turn, "b"))}]}}'
    assert client(book).post("/feedback", content=body).json()["acked"] == ["b"]


def test_a_body_over_the_limit_is_413(book: Book) -> None:
    assert client(book, max_body=1_000).post("/feedback", content=b" " * 1_001).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_405_and_says_which_is_allowed(book: Book, method: str) -> None:
    answer = client(book).request(method, "/feedback")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_over_the_rate_an_author_must_wait_and_another_need_not(book: Book, turn: Turn) -> None:
    browser = client(book, rate=0.1)  # six acts a minute
    acts = [act(turn, f"a{number}") for number in range(7)]
    assert browser.post("/feedback", json=envelope(*acts[:6])).status_code == 200
    late = browser.post("/feedback", json=envelope(acts[6]))
    assert late.status_code == 429
    assert 0 < int(late.headers["Retry-After"]) <= 10
    bobs = turn.model_copy(update={"user_id": "bob", "turn_id": "bobs"})
    remember(bobs)
    assert browser.post("/feedback", json=envelope(act(bobs))).status_code == 200
    assert len(book.events) == 7


def test_the_route_serves_components_with_the_same_callable_only(book: Book) -> None:
    ingest_route(book.append, path="/team/feedback")
    assert url_for(book.append) == "/team/feedback"
    assert url_for(Book().append) is None


def test_the_verdict_handled_last_is_known_without_asking_the_store(book: Book, turn: Turn) -> None:
    assert last_rating(turn) is None
    browser = client(book)
    browser.post("/feedback", json=envelope(act(turn, "a", score=1), act(turn, "b", score=0, replaces="a")))
    browser.post("/feedback", json=envelope(act(turn, "a", score=1)))  # delivered once more, late
    verdict = last_rating(turn)
    assert verdict is not None
    assert verdict.score == 0
    assert last_rating(turn.model_copy(update={"user_id": "bob"})) is None


def test_signals_travel_with_the_same_token(book: Book, turn: Turn) -> None:
    signal: dict[str, object] = {"act": "signal", "id": "s", "name": "copy", "value": 0.5, "unit": "share"}
    assert client(book).post("/feedback", json=envelope(signal | {"token": tokens.mint(turn)})).json()["acked"] == ["s"]
    [event] = book.events
    assert isinstance(event, Signal)
