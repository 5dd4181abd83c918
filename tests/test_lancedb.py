"""What is peculiar to the store on LanceDB: its directory, its embedding model, its files, and other processes."""

import secrets
import sys
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lancedb
import pytest

from feedback_store.embedding import Embedder
from feedback_store.lancedb import LanceStore
from feedback_store.store import IncompatibleStore, Scope, StoreError
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_rating, a_review, a_turn

ANN = Scope(user_id="ann", tenant="default")
QUESTION = "How long do refunds take?"


def similarity(store: LanceStore, question: str = QUESTION) -> float | None:
    return store.similar_corrections(question, scope=ANN)[0].similarity


def test_a_store_that_is_opened_again_is_the_same_store(opener: Opener) -> None:
    first = opener(TrigramEmbeddings())
    correction = a_correction()
    first.append([a_turn(), a_rating(), correction, a_review(correction)])
    first.flush()
    before = (first.turns(), first.events(), first.corrections(), first.similar_corrections(QUESTION, scope=ANN))
    first.close()
    second = opener(TrigramEmbeddings())
    after = (second.turns(), second.events(), second.corrections(), second.similar_corrections(QUESTION, scope=ANN))
    assert after == before
    assert second.append(correction).known == (correction.event_id,)


def test_two_handles_on_one_directory_see_each_other_at_once(opener: Opener) -> None:
    one, other = opener(TrigramEmbeddings()), opener(TrigramEmbeddings())
    correction = a_correction()
    one.append(correction)
    assert similarity(other) == pytest.approx(1)
    other.append(a_review(correction, verdict="withdraw"))
    assert one.similar_corrections(QUESTION, scope=ANN) == []
    one.append(a_rating())
    assert len(other.events()) == 3


def test_two_handles_that_append_the_same_at_once_keep_it_once(opener: Opener) -> None:
    stores = [opener() for _ in range(4)]
    ratings = [a_rating(event_id=f"r-{number}") for number in range(10)]

    def append(store: LanceStore) -> list[str]:
        return [key for rating in ratings for key in store.append(rating).stored]

    with ThreadPoolExecutor(len(stores)) as threads:
        stored = [key for keys in threads.map(append, stores) for key in keys]
    assert (
        sorted(stored) == sorted(event.event_id for event in stores[0].events()) == sorted(r.event_id for r in ratings)
    )


def test_the_directory_is_made_for_its_owner_alone(opener: Opener) -> None:
    opener()
    assert opener.folder.stat().st_mode & 0o777 == 0o700


def test_a_relative_directory_stays_the_same_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = LanceStore("data/feedback")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.append(a_turn())
    assert len(store.turns()) == 1
    assert not (tmp_path / "elsewhere" / "data").exists()
    store.close()


def test_a_store_of_another_version_is_refused(opener: Opener) -> None:
    opener().close()
    opener.table("meta").update(where="key = 'schema_version'", values={"value": "3"})
    with pytest.raises(IncompatibleStore, match="tables of version 3, this feedback_store reads 2 and older ones"):
        opener()


def test_a_directory_with_tables_of_something_else_is_refused_and_left_alone(opener: Opener) -> None:
    connection: Any = lancedb.connect(opener.folder)
    foreign = connection.create_table("events", data=[{"id": 1, "text": "theirs"}])
    with pytest.raises(IncompatibleStore, match="the table events lacks the columns event_id, "):
        opener()
    assert foreign.count_rows() == 1


def test_without_lancedb_the_store_says_what_to_install(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with pytest.raises(StoreError, match=r"install feedback-widgets\[lancedb\]"):
        opener()


def test_a_failure_is_told_without_the_text_of_lancedb_and_with_its_cause(opener: Opener) -> None:
    store = opener()
    store.append([a_rating(comment="private words"), a_turn()])
    store.flush()
    for path in (opener.folder / f"{opener.table_name('events')}.lance" / "data").iterdir():
        path.unlink()
    with pytest.raises(StoreError) as failure:
        store.events()
    assert str(failure.value) == "the store could not read: nothing was changed, try again"
    assert failure.value.__cause__ is not None
    assert len(store.turns()) == 1


def test_a_row_whose_columns_say_other_than_its_record_is_not_used(opener: Opener) -> None:
    store = opener()
    store.append(a_correction())
    store.flush()
    opener.table("corrections").update(values={"user_id": "ben", "state": "active", "audience": "everyone"})
    assert store.similar_corrections(QUESTION, scope=Scope(user_id="ben", tenant="default")) == []


def test_small_files_are_joined_as_the_store_grows_whoever_made_them(opener: Opener) -> None:
    for _ in range(2):
        store = opener(small_files=8)
        for _ in range(6):
            store.append(a_rating())
            store.flush()
        store.close()
    assert opener.table("events").stats()["fragment_stats"]["num_fragments"] <= 8
    assert len(opener().events()) == 12


def test_opening_a_store_writes_nothing_to_its_tables(opener: Opener) -> None:
    opener(TrigramEmbeddings()).append([a_turn(), a_correction()])
    opener.opened[0].close()
    before = {path: path.stat().st_mtime_ns for path in opener.folder.rglob("*.lance/**/*")}
    opener(TrigramEmbeddings()).close()
    opener().close()
    assert {path: path.stat().st_mtime_ns for path in opener.folder.rglob("*.lance/**/*")} == before


def test_the_bytes_of_the_forgotten_leave_the_disk_with_those_of_the_others_kept(opener: Opener) -> None:
    store = opener(TrigramEmbeddings())
    secret, kept = secrets.token_hex(12), secrets.token_hex(12)
    hers = [a_turn(prompt=secret), a_rating(comment=secret), a_correction(question=secret)]
    crowd = [
        make(user_id="ben", session_id=f"s-{number}", **{field: f"{kept} {number}"})
        for number in range(100)
        for make, field in ((a_turn, "prompt"), (a_rating, "comment"), (a_correction, "guidance"))
    ]
    store.append([*hers, *crowd])
    vector = array("f", Embedder(TrigramEmbeddings()).question(secret) or []).tobytes()
    store.flush()
    before = opener.files_with(b"")
    assert opener.files_with(secret.encode())
    assert opener.files_with(vector)
    store.erase(user_id="ann")
    assert opener.files_with(secret.encode()) == opener.files_with(vector) == set()
    kept_files = {path for path in before & opener.files_with(b"") if path.suffix in {".lance", ".txn"}}
    assert {path.relative_to(opener.folder).parts[0] for path in kept_files} <= {"meta.lance"}  # text can be compressed
    assert (len(store.turns()), len(store.events()), len(store.corrections())) == (100, 200, 100)
