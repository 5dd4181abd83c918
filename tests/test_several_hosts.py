"""Hosts that share a store on object storage, each with a spool of its own."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope
from tests.embeddings import TrigramEmbeddings
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.s3_server import Bucket, S3Server, s3_server

Host = Callable[[str], LanceStore]
BEN = Scope(user_id="ben", tenant="default")
QUESTION = "How long do refunds take?"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server) -> Bucket:
    return s3.bucket()


@pytest.fixture
def host(bucket: Bucket, tmp_path: Path) -> Iterator[Host]:
    """Open the store as a host of this name does. Nothing that a host knows of the tables is older than 0.2 seconds."""
    opened: list[LanceStore] = []

    def open_(name: str) -> LanceStore:
        opened.append(
            LanceStore(
                bucket.uri,
                embeddings=TrigramEmbeddings(),
                storage_options=bucket.options,
                spool=tmp_path / name,
                freshness=timedelta(seconds=0.2),
            )
        )
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


def until(condition: Callable[[], bool]) -> None:
    """Ask until it is so, for half a minute at the most."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never was so"


def test_what_one_host_keeps_the_others_see(host: Host) -> None:
    one, other = host("one"), host("other")
    turn, rating, correction = a_turn(), a_rating(), a_correction()
    one.append([turn, rating, correction])
    assert (one.turns(), len(one.events())) == ([turn], 2)
    until(lambda: (other.turns(), len(other.events())) == ([turn], 2))
    until(lambda: [known.id for known in other.corrections()] == [correction.event_id])
    other.append(a_review(correction))
    until(lambda: [one_.known.id for one_ in one.similar_corrections(QUESTION, scope=BEN)] == [correction.event_id])


def test_a_record_that_is_sent_to_two_hosts_is_kept_once(host: Host) -> None:
    one, other = host("one"), host("other")
    records = [a_turn(), a_rating(), a_correction()]
    for store in (one, other):
        store.append(records)
        store.flush()
    third = host("third")
    assert (len(third.turns()), len(third.events()), len(third.corrections())) == (1, 2, 1)
    assert third.verify().well
    assert third.append(records).stored == ()


def test_while_the_storage_is_away_a_host_keeps_all_the_same_and_moves_it_later(host: Host, bucket: Bucket) -> None:
    store = host("one")
    bucket.deaf = {"GET", "PUT", "POST"}
    rating = a_rating()
    assert store.append(rating).stored == (rating.event_id,)
    store.close()
    bucket.deaf = set()
    assert host("one").events() == [rating]
