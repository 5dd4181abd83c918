"""A store that the previous version wrote: `fixtures/store_v1.tar.gz`, made in October and November 2026."""

import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lancedb
import pytest

from feedback_store import lance_keeper
from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
from feedback_store.store import IncompatibleStore, Scope, StoreError
from tests.embeddings import FaultyEmbeddings, TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_review, a_turn

FIXTURE = Path(__file__).parent / "fixtures" / "store_v1.tar.gz"
BEN = Scope(user_id="ben", tenant="default")
ANN = Scope(user_id="ann", tenant="default")
IDS = {"correction-1", "correction-2", "rating-1", "review-1", "signal-1"}


class Asking(TrigramEmbeddings):
    """The model of the fixture, as it is when it can embed no more than questions."""

    def __init__(self) -> None:
        super().__init__()
        self.__class__.__name__ = "TrigramEmbeddings"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise AssertionError(texts)


@pytest.fixture
def old(opener: Opener) -> Opener:
    """An opener on a copy of the old store."""
    with tarfile.open(FIXTURE) as tar:
        tar.extractall(opener.folder.parent, filter="data")
    (opener.folder.parent / "store").rename(opener.folder)
    return opener


def everything(store: LanceStore) -> tuple[dict[str, str], set[str], dict[str, tuple[str, str]]]:
    return (
        {turn.turn_id: turn.status for turn in store.turns()},
        {event.event_id for event in store.events()},
        {known.id: (known.state, known.audience) for known in store.corrections()},
    )


ALL = (
    {"turn-1": "answered", "turn-2": "asked"},
    IDS,
    {"correction-1": ("active", "everyone"), "correction-2": ("pending", "author")},
)
TABLES = {
    "turns_2026_10",
    "turns_2026_11",
    "events_2026_10",
    "events_2026_11",
    "teachings",
    "corrections",
    "meta",
}


def tables(opener: Opener) -> set[str]:
    return {path.stem for path in opener.folder.glob("*.lance")}


def files(opener: Opener) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in opener.folder.rglob("*.lance/**/*")}


def test_every_record_and_state_is_there(old: Opener) -> None:
    store = old()
    assert everything(store) == ALL
    assert tables(old) == TABLES
    assert [turn.turn_id for turn in store.turns(session_id="session-1", user_id="ann")] == ["turn-1", "turn-2"]
    assert [event.event_id for event in store.events(turn_ids=["turn-1"], kinds=["rating"])] == ["rating-1"]
    assert store.verify().well


def test_the_vectors_are_kept_and_not_made_anew(old: Opener) -> None:
    store = old(Asking())
    for scope, question, key in (
        (BEN, "How long do refunds take?", "correction-1"),
        (BEN, "Where is the showroom?", "correction-2"),
    ):
        found = {one.known.id: one.similarity for one in store.similar_corrections(question, scope=scope)}
        assert found[key] == pytest.approx(1)
    assert [one.known.id for one in store.similar_corrections("Where is the showroom?", scope=ANN)] == ["correction-1"]
    assert store.status().models == {"corrections": "TrigramEmbeddings:trigrams-1"}
    assert store.status().without_vectors == 0


def test_the_old_store_is_refused_to_another_model_and_nothing_of_it_is_lost(old: Opener) -> None:
    with pytest.raises(IncompatibleStore, match="from the embedding model 'TrigramEmbeddings:trigrams-1'"):
        old(TrigramEmbeddings(model="trigrams-2"))
    assert everything(old(Asking())) == ALL


def test_what_the_old_store_had_is_known_and_what_it_asked_can_end(old: Opener) -> None:
    store = old(Asking())
    turns, events = store.turns(), store.events()
    assert store.append([*turns, *events]).stored == ()
    ended = turns[1].model_copy(update={"status": "answered", "response": "Ten days."})
    assert store.append(ended).stored == ("turn-2",)
    store.append(a_review("correction-1", verdict="withdraw"))
    store.flush()
    assert {turn.turn_id: turn.status for turn in store.turns()} == {"turn-1": "answered", "turn-2": "answered"}
    assert store.similar_corrections("How long do refunds take?", scope=ANN) == []


def test_it_is_brought_up_to_date_once(old: Opener) -> None:
    old(Asking()).close()
    before = files(old)
    store = old(Asking())
    assert everything(store) == ALL
    store.close()
    assert files(old) == before


@pytest.mark.parametrize("dropped", [0, 1])
def test_one_that_was_interrupted_is_completed(old: Opener, monkeypatch: pytest.MonkeyPatch, dropped: int) -> None:
    def drop_some(opened: Any) -> None:
        for name in ["turns", "events"][:dropped]:
            opened.drop(name)
        raise OSError

    drop = lance_keeper.drop_old
    monkeypatch.setattr(lance_keeper, "drop_old", drop_some)
    with pytest.raises(OSError, match=r"^$"):
        old()
    monkeypatch.setattr(lance_keeper, "drop_old", drop)
    store = old(Asking())
    assert everything(store) == ALL
    assert tables(old) == TABLES
    assert store.verify().in_two_months == 0


def test_one_that_fails_while_rows_are_copied_leaves_the_old_tables(
    old: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = LanceTable.write

    def fail(table: LanceTable, *arguments: Any, **options: Any) -> int:
        if table.name == "events_2026_11":
            msg = "the disk is full"
            raise StoreError(msg)
        return write(table, *arguments, **options)

    monkeypatch.setattr(LanceTable, "write", fail)
    with pytest.raises(StoreError, match="the disk is full"):
        old()
    connection: Any = lancedb.connect(old.folder)
    assert [connection.open_table(name).count_rows() for name in ("turns", "events")] == [2, 5]
    assert old.table("meta").search().to_list() == [{"key": "schema_version", "value": "1"}]
    monkeypatch.setattr(LanceTable, "write", write)
    assert everything(old()) == ALL


def test_handles_that_open_it_at_once_wait_for_the_one_that_moves(old: Opener) -> None:
    with ThreadPoolExecutor(4) as threads:
        stores = [*threads.map(old, [Asking() for _ in range(4)])]
    assert [everything(store) for store in stores] == [ALL] * 4


def test_more_rows_than_are_moved_at_once_are_moved(old: Opener) -> None:
    events: Any = lancedb.connect(old.folder).open_table("events")
    [row] = events.search().where("event_id = 'rating-1'").to_list()
    record = json.loads(row["record"])
    many = [row | {"event_id": key, "record": json.dumps(record | {"event_id": key})} for key in map(str, range(5_000))]
    events.add(many)
    store = old()
    assert {event.event_id for event in store.events(kinds=["rating"])} == {"rating-1", *map(str, range(5_000))}
    assert old.table("events_2026_10").count_rows() == 5_001


def test_a_row_that_the_old_store_has_twice_is_moved_once(old: Opener) -> None:
    events: Any = lancedb.connect(old.folder).open_table("events")
    events.add(events.search().where("event_id IN ('rating-1', 'review-1')").to_arrow())
    store = old()
    assert len(store.events()) == 5
    assert store.verify().well
    assert store.append(a_turn(turn_id="turn-2")).stored == ("turn-2",)


def test_an_old_store_whose_model_is_down_is_moved_and_keeps_its_vectors(old: Opener) -> None:
    model = FaultyEmbeddings()
    model.fault = "raises"
    store = old(model, embedding_name="TrigramEmbeddings:trigrams-1")
    assert everything(store) == ALL
    model.fault = None
    [found] = store.similar_corrections("How long do refunds take?", scope=ANN)
    assert found.similarity == pytest.approx(1)


def test_tables_of_a_version_to_come_are_refused_and_left_alone(old: Opener) -> None:
    old.table("meta").update(where="key = 'schema_version'", values={"value": "9"})
    before = files(old)
    with pytest.raises(IncompatibleStore, match="has tables of version 9, this feedback_store reads 2 and older ones"):
        old()
    assert {path: time for path, time in files(old).items() if path in before} == before
    assert tables(old) == {"turns", "events", "corrections", "meta"}


def test_rows_that_were_derived_in_an_older_way_are_derived_anew(opener: Opener) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    new = a_correction(supersedes="old", created_at=past - timedelta(days=1), valid_from=past)
    store = opener(TrigramEmbeddings())
    store.append([a_correction(event_id="old", created_at=past - timedelta(days=2)), new])
    store.flush()
    store.close()
    opener.table("corrections").update(where="event_id = 'old'", values_sql={"valid_until": "NULL"})
    opener.table("meta").delete("key = 'derivation'")
    again = opener(TrigramEmbeddings())
    assert [known.id for known in again.corrections(states=["superseded"])] == ["old"]
    assert again.status().without_vectors == 0
