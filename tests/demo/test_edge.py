"""Every browser has a name that is no secret once stored, and the page may not reach out."""

import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demo.edge import COOKIE, Edge, credential, person


def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@pytest.fixture
def browser() -> TestClient:
    return TestClient(Edge(Starlette(routes=[Route("/", hello), Route("/file", hello)])))


def test_a_browser_gets_a_name_once_and_keeps_it(browser: TestClient) -> None:
    first = browser.get("/")
    [cookie] = re.findall(
        rf"{COOKIE}=([\w-]{{22}}); Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax", str(first.headers)
    )
    assert browser.cookies[COOKIE] == cookie
    assert "set-cookie" not in browser.get("/").headers


def test_two_browsers_get_two_names(browser: TestClient) -> None:
    names: set[str] = set()
    for _ in range(2):
        browser.cookies.clear()
        browser.get("/")
        names.add(browser.cookies[COOKIE])
    assert len(names) == 2


def test_only_the_page_itself_hands_out_names(browser: TestClient) -> None:
    assert "set-cookie" not in browser.get("/file").headers


@pytest.mark.parametrize("cookie", ["short", "x" * 23, "'; drop", "ü" * 22, ""])
def test_a_name_of_another_form_is_none(cookie: str) -> None:
    assert credential(f"{COOKIE}={cookie}") is None


def test_what_is_stored_does_not_tell_the_credential() -> None:
    value = "A" * 22
    assert credential(f"other=1; {COOKIE}={value}") == value
    assert value not in person(value)
    assert person(value) == person(value)
    assert re.fullmatch(r"person-[0-9a-f]{16}", person(value))


def test_every_answer_forbids_the_page_to_load_from_elsewhere(browser: TestClient) -> None:
    policy = browser.get("/file").headers["content-security-policy"]
    assert "img-src 'self' data: blob:;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http:" not in policy
    assert "https:" not in policy
