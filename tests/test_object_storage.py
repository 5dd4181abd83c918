"""A storage is tried out before a store is kept there, and one on which hosts could overwrite each other is refused."""

import json
import logging
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import nullcontext
from http.client import HTTPConnection
from pathlib import Path

import pytest

from feedback_store.object_storage import is_object_storage, options_of, probe, region_of
from feedback_store.store import StoreError
from tests.put_server import put_server
from tests.s3_server import Bucket, S3Server, s3_server

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the account of whoever runs the tests out of them."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize(
    "uri", ["s3://b/p", "S3://b", "s3+ddb://b/p?ddbTableName=t", "gs://b/p", "az://c/p", "abfss://c@a/p"]
)
def test_a_uri_of_an_object_storage_is_told(uri: str) -> None:
    assert is_object_storage(uri)


@pytest.mark.parametrize(
    "place", ["data/feedback", Path("data"), "/data", "C:\\data", "db://team", "file:///data", "memory://"]
)
def test_a_directory_and_a_server_are_no_object_storage(place: str | Path) -> None:
    assert not is_object_storage(place)


def test_a_storage_that_refuses_the_second_put_passes_with_three_requests_and_is_left_as_it_was(s3: S3Server) -> None:
    bucket = s3.bucket()
    probe(bucket.uri, bucket.options)
    assert bucket.requests == {"PUT": 2, "POST": 1}  # S3 deletes by a list that is posted
    assert bucket.listed() == set()


def test_a_storage_is_tried_out_once_per_process(s3: S3Server) -> None:
    bucket, other = s3.bucket(), s3.bucket()
    for _ in range(3):
        probe(bucket.uri, bucket.options)
    assert bucket.requests.total() == 3
    probe(other.uri, other.options)
    assert other.requests.total() == 3


def test_a_storage_that_ignores_the_condition_is_refused_with_what_to_do_each_time(s3: S3Server) -> None:
    bucket = s3.bucket(forgetful=True)
    for _ in range(2):
        with pytest.raises(StoreError) as refusal:
            probe(bucket.uri, bucket.options)
        said = str(refusal.value)
        assert said.startswith(f"{bucket.uri}: this storage accepted a conditional put")
        assert "overwrite each other's records" in said
        assert "s3+ddb://" in said
    assert bucket.listed() == set()


def test_the_key_that_is_tried_lies_below_the_folder_of_the_store(
    s3: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    bucket = s3.bucket()
    bucket.deaf = {"POST"}
    with caplog.at_level(logging.WARNING):
        probe(bucket.uri, bucket.options)
    [key] = bucket.listed()
    assert key.startswith("feedback/conditional-put-")
    assert "could not be deleted" in caplog.text


@pytest.mark.parametrize("prefix", ["", "AWS_"], ids=["plain", "with the vendor's prefix"])
def test_what_the_options_leave_out_comes_from_the_environment(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    bucket = s3.bucket()
    for name, value in bucket.options.items():
        monkeypatch.setenv(f"{prefix}{name.removeprefix('aws_').upper()}", value)
    probe(bucket.uri)
    assert bucket.requests.total() == 3


def test_the_options_go_before_the_environment_whatever_prefix_they_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "of the environment")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "of another vendor")
    options = options_of("s3", {"region": "eu-west-1", "AWS_ENDPOINT_URL": "http://s3.example"})
    assert (options["region"], options["endpoint"]) == ("eu-west-1", "http://s3.example")
    assert "account_name" not in options
    assert options_of("abfss", {})["account_name"] == "of another vendor"


def test_options_that_are_lance_s_own_and_unknown_ones_are_passed_over(s3: S3Server) -> None:
    bucket = s3.bucket()
    probe(bucket.uri, bucket.options | {"client_max_retries": "1", "download_retry_count": "1", "anything": "else"})
    assert bucket.requests.total() == 3


def test_the_credentials_of_a_profile_are_used(s3: S3Server, tmp_path: Path) -> None:
    bucket = s3.bucket()
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = of-a-profile\naws_secret_access_key = s\n")
    probe(bucket.uri, {name: value for name, value in bucket.options.items() if "key" not in name})
    assert bucket.signed_by == {"of-a-profile"}


def test_the_region_of_a_bucket_is_asked_of_s3(s3: S3Server) -> None:
    bucket = s3.bucket()
    assert region_of(bucket.name, HTTPConnection("127.0.0.1", s3.port)) == "us-east-1"
    assert region_of("no-such-bucket", HTTPConnection("127.0.0.1", s3.port)) is None


def test_no_region_is_known_where_s3_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert region_of("bucket", HTTPConnection("127.0.0.1", port)) is None


@pytest.mark.parametrize(
    "change",
    [{"aws_endpoint": "http://127.0.0.1:1"}, {"allow_http": "perhaps"}, {"allow_http": "false"}],
    ids=["nobody listens", "no value", "not encrypted"],
)
def test_a_storage_that_cannot_be_reached_is_told_with_its_cause(s3: S3Server, change: dict[str, str]) -> None:
    bucket = s3.bucket()
    with pytest.raises(StoreError, match="could not be tried out, nothing was kept") as failure:
        probe(bucket.uri, bucket.options | change)
    assert failure.value.__cause__ is not None
    assert "secret" not in str(failure.value)


def test_an_endpoint_without_its_scheme_is_told(s3: S3Server) -> None:
    bucket = s3.bucket()
    with pytest.raises(
        StoreError, match=r"the endpoint '127\.0\.0\.1:9000' is no URL, write https://127\.0\.0\.1:9000"
    ):
        probe(bucket.uri, bucket.options | {"aws_endpoint": "127.0.0.1:9000"})


def test_a_bucket_that_is_not_there_is_told(s3: S3Server) -> None:
    missing = Bucket("no-such-bucket", s3.port)
    with pytest.raises(StoreError, match="is the bucket there"):
        probe(missing.uri, missing.options)


@pytest.mark.parametrize("forgetful", [False, True], ids=["honours the condition", "ignores it"])
@pytest.mark.parametrize(
    "uri", ["gs://bucket/feedback", "az://box/feedback", "abfss://box@team.dfs.core.windows.net/f"]
)
def test_google_s_and_azure_s_storages_are_tried_out_alike(uri: str, forgetful: bool) -> None:
    with put_server(forgetful=forgetful) as server:
        account = {"gcs_base_url": server.url, "disable_oauth": True, "client_email": "", "private_key": ""}
        options = {
            "allow_http": "true",
            "google_service_account_key": json.dumps(account | {"private_key_id": ""}),
            "google_storage_token": "token-1",
            "azure_storage_endpoint": server.url,
            "azure_storage_account_key": b64encode(b"secret").decode(),
        }
        if uri.startswith("az:"):
            options["azure_storage_account_name"] = "team"
        with pytest.raises(StoreError, match="overwrite each other's records") if forgetful else nullcontext():
            probe(uri, options)
        assert [(method, *signed.split(":")[:1]) for method, signed in server.requests[:2]] == [
            ("PUT", "Bearer token-1" if uri.startswith("gs:") else "SharedKey team")
        ] * 2


@pytest.mark.parametrize("uri", ["data/feedback", "db://team", "s3+ddb://bucket/feedback?ddbTableName=commits"])
def test_a_place_whose_commits_something_else_orders_is_not_tried_out(uri: str) -> None:
    probe(uri, {"aws_endpoint": "http://127.0.0.1:1", "allow_http": "true"})


def test_a_storage_that_cannot_be_tried_out_is_refused() -> None:
    with pytest.raises(StoreError, match=r"oss://bucket/feedback: only s3://, gs://, az:// and abfss:// can be"):
        probe("oss://bucket/feedback")


def test_without_obstore_it_is_said_what_to_install(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = s3.bucket()
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(StoreError, match=r"install feedback-widgets\[objects\]"):
        probe(bucket.uri, bucket.options)


def test_the_room_loads_no_client_until_it_is_needed() -> None:
    code = "import sys, feedback_store.object_storage; print('obstore' in sys.modules, 'boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["False", "False"]
