"""Object storage as a place for a store: told from a directory by its URI, and tried out before anything is kept there.

LanceDB commits by a *conditional put*: it creates the key of the next version on condition that there is none. Where a
storage passes over the condition (an older MinIO, some buckets with versioning: lance issue 6595), two hosts can write
one version; the records of the first are gone, although it was told that they are kept. Such a storage is refused.
"""

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from feedback_store.store import StoreError

log = logging.getLogger(__name__)

NO_OBJECT_STORAGE: Final = frozenset({"db", "file", "file-object-store", "memory", "shared-memory"})
"""Schemes that LanceDB knows beside those of object storages."""
ORDERED_ELSEWHERE: Final = "s3+ddb"
"""The scheme that needs no conditional put: a table of DynamoDB orders the commits."""
CLIENTS: Final = {"s3": "S3Store", "gs": "GCSStore", "az": "AzureStore", "abfss": "AzureStore"}
"""By scheme, obstore's client."""
AZURE: Final = ("azure_storage_", "azure_")
VENDOR: Final = {"s3": ("aws_",), "gs": ("google_",), "az": AZURE, "abfss": AZURE}
"""By scheme, what may stand before the name of an option: `aws_region` is `region`."""
CREDENTIALS: Final = frozenset(
    {"access_key_id", "skip_signature", "web_identity_token_file", "container_credentials_relative_uri"}
)
"""Options that say how to sign at S3; without one of them a profile may."""
ALIASES: Final = {"endpoint_url": "endpoint", "endpoint_url_s3": "endpoint", "default_region": "region"}
PATIENCE: Final = {"max_retries": 2, "retry_timeout": timedelta(seconds=15)}
"""A storage that does not answer is told soon; LanceDB alone would try for minutes."""

IGNORED: Final = (
    "{}: this storage accepted a conditional put (If-None-Match: *) of a key that was there already. Hosts that commit "
    "at the same time would overwrite each other's records here, unnoticed. Nothing was kept. Use a storage that "
    "honours conditional puts (Amazon S3, Google Cloud Storage, Azure Blob Storage, a current MinIO; or a bucket "
    "without versioning, where that is the cause), or let DynamoDB order the commits: s3+ddb://"
)
UNREACHABLE: Final = (
    "{}: the storage could not be tried out, nothing was kept. Look at the cause: is the bucket there, and are "
    "endpoint, region and credentials right, in storage_options or the environment? (A profile in ~/.aws needs boto3.)"
)
UNKNOWN: Final = (
    "{}: only s3://, gs://, az:// and abfss:// can be tried out for what keeps two hosts from overwriting each other; "
    "most other storages can be reached by s3:// with an aws_endpoint"
)
NO_URL: Final = "{}: the endpoint {!r} is no URL, write https://{}"
NOT_INSTALLED: Final = "a store on object storage needs obstore: install feedback-widgets[objects]"

_passed: set[tuple[str, str | None, int]] = set()
"""The places that were tried out: uri, endpoint, and a hash of the options, which hold secrets."""


def is_object_storage(uri: str | Path) -> bool:
    """Tell whether a URI names a place in an object storage, rather than a directory or a server (`db://…`)."""
    scheme, separator, _ = str(uri).partition("://")
    return bool(separator) and scheme.lower() not in NO_OBJECT_STORAGE


def probe(uri: str, storage_options: Mapping[str, str] | None = None) -> None:
    """Make sure that a storage keeps two hosts from overwriting each other, once per process, uri and options.

    Costs three requests: two conditional puts of one new key below `uri`, and its deletion. Does nothing for a
    directory, for `db://` (a server orders the commits) and for `s3+ddb://`.

    Args:
        uri: where the store is to be.
        storage_options: credentials and options as LanceDB names them; where they are silent, the environment speaks.

    Raises:
        StoreError: the storage ignores the condition, cannot be reached, or is of a kind that cannot be tried out; or
            obstore is not installed.

    """
    scheme = urlsplit(uri).scheme.lower()
    if not is_object_storage(uri) or scheme == ORDERED_ELSEWHERE:
        return
    options = options_of(scheme, storage_options or {})
    place = (uri, options.get("endpoint"), hash(frozenset((storage_options or {}).items())))
    if place in _passed:
        return
    if (endpoint := options.get("endpoint")) and urlsplit(endpoint).scheme not in {"http", "https"}:
        raise StoreError(NO_URL.format(uri, endpoint, endpoint))  # the clients do not raise there, they panic
    try:
        accepted = _accepts_a_second_create(_storage(uri, scheme, options))
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(UNREACHABLE.format(uri)) from error
    if accepted:
        raise StoreError(IGNORED.format(uri))
    _passed.add(place)


def options_of(scheme: str, storage_options: Mapping[str, str]) -> dict[str, str]:
    """Return LanceDB's options without the vendor's prefix, and with what the environment adds.

    LanceDB reads every option from the environment too, in capitals, with or without the prefix.
    """
    options: dict[str, str] = {}
    for given in (os.environ, storage_options):
        for name, value in given.items():
            plain = name.lower()
            for prefix in VENDOR.get(scheme, ()):
                plain = plain.removeprefix(prefix)
            options[ALIASES.get(plain, plain)] = value
    return options


def region_of(bucket: str, s3: HTTPConnection) -> str | None:
    """Ask S3 for the region of a bucket, as LanceDB does where none is given; S3 tells it to everyone."""
    try:
        s3.request("HEAD", f"/{bucket}")
        return s3.getresponse().getheader("x-amz-bucket-region")
    except (OSError, HTTPException):
        return None
    finally:
        s3.close()


def _accepts_a_second_create(storage: Any) -> bool:
    from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415  # `_storage` has loaded it

    key = f"conditional-put-{uuid4().hex}"
    try:
        storage.put(key, b"first", mode="create")
        storage.put(key, b"second", mode="create")
    except (AlreadyExistsError, PreconditionError):  # of the first put too: there the client's own retry was refused
        return False
    finally:
        try:
            storage.delete(key)
        except Exception:
            # Where the put failed as well, that is told. Where not, a few bytes are not worth a start that fails.
            log.warning("the key %s could not be deleted", key, exc_info=log.isEnabledFor(logging.DEBUG))
    return True


def _storage(uri: str, scheme: str, options: Mapping[str, str]) -> Any:
    """Return obstore's client for the folder that a URI names."""
    try:
        clients = import_module("obstore.store")  # only stores on object storage need it
    except ImportError as error:
        raise StoreError(NOT_INSTALLED) from error
    if scheme not in CLIENTS:
        raise StoreError(UNKNOWN.format(uri))
    kind, parts = getattr(clients, CLIENTS[scheme]), urlsplit(uri)
    bucket, _, account = parts.netloc.partition("@")  # az://container@account.dfs.core.windows.net/path
    config = {name: value for name, value in options.items() if _knows(kind, name, value)}
    credentials = None
    if scheme == "s3":
        credentials = _profile(config)
        if not config.keys() & {"region", "endpoint"}:
            region = region_of(bucket, HTTPSConnection("s3.amazonaws.com", timeout=5))
            config |= {"region": region} if region else {}
    elif scheme == "gs" and (token := options.get("storage_token")):
        credentials = lambda: {"token": token, "expires_at": None}  # noqa: E731
    elif account:
        config = {"account_name": account.partition(".")[0]} | config
    prefix = parts.path.strip("/") or None
    return kind(bucket, prefix=prefix, config=config, retry_config=PATIENCE, credential_provider=credentials)


def _knows(kind: Any, name: str, value: str) -> bool:
    """Tell whether a kind of storage has an option of this name. LanceDB passes over others, obstore raises."""
    from obstore.exceptions import UnknownConfigurationKeyError  # noqa: PLC0415

    if name in {"bucket", "bucket_name", "container_name"}:  # which the URI says
        return False
    with suppress(Exception):  # of its value, which is nothing alone: the name is known
        try:
            kind("name", config={name: value})
        except UnknownConfigurationKeyError:
            return False
    return True


def _profile(config: Mapping[str, str]) -> Any:
    """Return the credentials of a profile in ~/.aws, which LanceDB reads and obstore leaves to boto3; else None."""
    if config.keys() & CREDENTIALS:
        return None
    with suppress(ImportError, ValueError):  # no boto3, or no profile: obstore asks the machine that it runs on
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415

        return Boto3CredentialProvider()
    return None
