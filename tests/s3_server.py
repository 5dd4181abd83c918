"""An S3 on loopback: moto behind a gate that counts the requests, and that can make a bucket forget conditions."""
# moto and werkzeug are typed in part
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import re
import threading
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


@dataclass
class Bucket:
    """A fresh bucket: where a store can be, and the options with which LanceDB reaches it.

    `forgetful` makes it pass over conditions: a put with `If-None-Match` overwrites what is there.
    """

    name: str
    port: int
    forgetful: bool = False
    requests: Counter[str] = field(default_factory=Counter[str])
    """How many requests it got, by method."""
    signed_by: set[str] = field(default_factory=set[str])
    """The ids of the keys with which they were signed."""
    deaf: set[str] = field(default_factory=set[str])
    """Methods that it refuses."""

    @property
    def uri(self) -> str:
        return f"s3://{self.name}/feedback"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def options(self) -> dict[str, str]:
        return {
            "aws_endpoint": self.endpoint,
            "allow_http": "true",
            "aws_region": "us-east-1",
            "aws_access_key_id": "key",
            "aws_secret_access_key": "secret",
        }

    def listed(self) -> set[str]:
        """Return the keys in it, at most a thousand."""
        listing = self.ask("GET", "?list-type=2")
        return set(re.findall(r"<Key>(.*?)</Key>", listing))

    def ask(self, method: str, path: str = "") -> str:
        """Send a request that is not counted, and return what is answered."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            connection.request(method, f"/{self.name}{path}", headers={"X-Not-Counted": "1"})
            answer = connection.getresponse()
            body = answer.read().decode()
        assert answer.status < 300, (answer.status, body)
        return body


class S3Server:
    """The server, which makes buckets."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.buckets: dict[str, Bucket] = {}

    def bucket(self, *, name: str | None = None, forgetful: bool = False) -> Bucket:
        """Make an empty bucket."""
        bucket = Bucket(name or f"bucket-{uuid4().hex[:12]}", self.port, forgetful)
        self.buckets[bucket.name] = bucket
        bucket.ask("PUT")
        return bucket


class _Gate:
    """Stands before moto. One write at a time: moto checks a condition in one step, and writes in another."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.writing = threading.Lock()
        self.server: S3Server | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        name = environ["PATH_INFO"].split("/")[1]
        method: str = environ["REQUEST_METHOD"]
        bucket = self.server.buckets.get(name) if self.server else None
        if bucket and not environ.get("HTTP_X_NOT_COUNTED"):
            bucket.requests[method] += 1
            bucket.signed_by |= set(re.findall(r"Credential=([^/]+)", environ.get("HTTP_AUTHORIZATION", "")))
            if method in bucket.deaf:
                start_response("403 Forbidden", [("Content-Length", "0")])
                return []
            if bucket.forgetful:
                environ.pop("HTTP_IF_NONE_MATCH", None)
        with nullcontext() if method in {"GET", "HEAD"} else self.writing:
            return self.moto(environ, start_response)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as S3 keeps them

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep the test's output clean."""


@contextmanager
def s3_server() -> Generator[S3Server]:
    """Serve until the context ends."""
    gate = _Gate()
    http = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=_Handler)
    gate.server = S3Server(http.port)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield gate.server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
