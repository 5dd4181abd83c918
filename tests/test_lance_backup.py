"""Copies of a store that is in use: each is the whole store as it was at one moment, and a store itself."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedback_store.lance_backup import restore
from feedback_store.lance_table import LanceTable
from feedback_store.lancedb import LanceStore
from feedback_store.store import Scope, StoreError
from tests.embeddings import FaultyEmbeddings, TrigramEmbeddings
from tests.opener import Opener
from tests.other_process import Other
from tests.records import a_correction, a_rating, a_review, a_turn
from tests.waiting import until

ANN = Scope(user_id="ann", tenant="default")
QUESTION = "How long do refunds take?"
OLD = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture
def store(opener: Opener) -> LanceStore:
    """A store with records in its tables, and some that wait."""
    store = opener(TrigramEmbeddings(), freshness=timedelta(hours=1))
    store.append([a_turn(turn_id="t-1"), a_rating(event_id="r-1", created_at=OLD), a_correction(event_id="c-1")])
    store.append([a_correction(event_id="c-2", question="Where is the showroom?"), a_review("c-2", event_id="v-1")])
    store.flush()
    store.append([a_turn(turn_id="t-2", created_at=OLD), a_rating(event_id="r-2")])
    return store


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "first"


@pytest.fixture
def opened(target: Path) -> Iterator[Opener]:
    """An opener on the copy."""
    opener = Opener(target)
    yield opener
    for store in opener.opened:
        store.close()


def everything(store: LanceStore) -> object:
    assert store.verify().well
    found = store.similar_corrections(QUESTION, scope=ANN)
    return store.turns(), store.events(), store.corrections(), [(one.known.id, one.similarity) for one in found]


def test_a_copy_is_the_same_store(store: LanceStore, target: Path, opened: Opener) -> None:
    before = everything(store)
    rows = store.backup(target)
    assert rows == store.status().rows
    copy = opened(TrigramEmbeddings())
    assert everything(copy) == before == everything(store)
    assert copy.status().waiting == store.status().waiting == 2
    assert copy.append([*store.turns(), *store.events()]).stored == ()
    assert [turn.turn_id for turn in copy.turns(session_id="session-1", turn_ids=["t-2"])] == ["t-2"]
    assert [event.event_id for event in copy.events(user_id="ann", kinds=["rating"])] == ["r-1", "r-2"]


def test_a_copy_keeps_corrections_that_have_no_vector_yet(opener: Opener, target: Path, opened: Opener) -> None:
    embeddings = FaultyEmbeddings()
    store = opener(embeddings, freshness=timedelta(0))
    store.append(a_correction(event_id="c-1"))
    embeddings.fault = "raises"
    store.append(a_correction(event_id="c-2", question="Where is the showroom?"))
    store.flush()
    assert store.status().without_vectors == 1
    store.backup(target)
    assert {known.id for known in opened(FaultyEmbeddings()).corrections()} == {"c-1", "c-2"}


def test_a_copy_and_its_original_go_their_own_ways(store: LanceStore, target: Path, opened: Opener) -> None:
    store.backup(target)
    copy = opened(TrigramEmbeddings())
    copy.append(a_review("c-1", verdict="withdraw"))
    copy.erase(user_id="rita")
    store.append(a_turn(turn_id="t-3"))
    copy.flush()
    store.flush()
    assert {known.id: known.state for known in store.corrections()} == {"c-1": "pending", "c-2": "active"}
    assert {known.id: known.state for known in copy.corrections()} == {"c-1": "pending", "c-2": "pending"}
    assert (len(store.turns()), len(copy.turns())) == (3, 2)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_copy_made_while_others_write_is_of_one_moment(
    opener: Opener, target: Path, opened: Opener, elsewhere: bool
) -> None:
    with Other() as process:
        if elsewhere:
            assert process.do("open", str(opener.folder)) == "this process"
        store = opener(TrigramEmbeddings(), freshness=timedelta(0), small_files=3)
        order: list[str] = []
        done = threading.Event()

        def write() -> None:
            while not done.is_set():
                number = len(order)
                records = [a_turn(turn_id=f"{number}"), a_correction(event_id=f"{number + 1}")]
                for record in (*records, a_rating(event_id=f"{number + 2}")):
                    order.extend(store.append(record).stored)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            until(lambda: len(order) > 30)
            acknowledged = len(order)
            store.backup(target)
        finally:
            done.set()
            writer.join()
    copy = opened(TrigramEmbeddings())
    ids = {int(turn.turn_id) for turn in copy.turns()} | {int(event.event_id) for event in copy.events()}
    assert ids == {*range(len(ids))}
    assert acknowledged <= len(ids) <= len(order)
    assert {known.id for known in copy.corrections()} == {f"{key}" for key in ids if key % 3 == 1}
    found = copy.similar_corrections(QUESTION, scope=ANN, limit=10_000)
    assert all(one.similarity == pytest.approx(1) for one in found if int(one.known.id) < acknowledged)
    assert copy.verify().well


@pytest.mark.parametrize(
    ("kept", "place"), [("first/kept", "first"), ("first", "first"), ("first.partial/kept", "first"), ("f/a/b", "f/a")]
)
def test_a_copy_never_replaces_anything(store: LanceStore, target: Path, kept: str, place: str) -> None:
    theirs = target.parent / kept
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    with pytest.raises(StoreError, match="is not empty: a copy never replaces anything"):
        store.backup(target.parent / place)
    assert theirs.read_text() == "theirs"


def test_a_copy_never_goes_over_the_store_itself(store: LanceStore, opener: Opener) -> None:
    before = everything(store)
    with pytest.raises(StoreError, match="is not empty"):
        store.backup(opener.folder)
    store.append(a_turn(turn_id="t-3"))
    store.flush()
    assert everything(store) != before


def test_an_empty_folder_may_be_there(store: LanceStore, target: Path, opened: Opener) -> None:
    target.mkdir(parents=True)
    store.backup(target)
    assert everything(opened(TrigramEmbeddings())) == everything(store)


def test_no_copy_lies_in_the_store_nor_the_store_in_a_copy(store: LanceStore, opener: Opener, target: Path) -> None:
    """An erasure would not reach the one that lies within."""
    for place in (opener.folder / "copy", opener.folder.parent):
        with pytest.raises(StoreError, match=r"would lie one in the other|is not empty"):
            store.backup(place)
    store.backup(target)
    with pytest.raises(StoreError, match="would lie one in the other"):
        restore(target, target / "copy")
    assert not (target / "copy.partial").exists()
    assert store.verify().well


def test_a_copy_that_fails_leaves_no_store_under_its_name_and_can_be_made_again(
    store: LanceStore, target: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(LanceTable, "inspect", fail)
        with pytest.raises(StoreError):
            store.backup(target)
    assert not target.exists()
    store.backup(target)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert everything(opened(TrigramEmbeddings())) == everything(store)


def test_a_place_that_nobody_can_write_to_is_told(store: LanceStore) -> None:
    for place in ("/proc/none/copy", "nowhere://copy"):
        with pytest.raises(StoreError):
            store.backup(place)
    store.flush()


def test_a_copy_holds_nothing_of_the_forgotten(store: LanceStore, target: Path) -> None:
    store.append([a_turn(user_id="a-secret-name", prompt="a secret"), a_correction(question="a secret")])
    store.erase(user_id="a-secret-name")
    store.erase(user_id="ann")
    store.backup(target)
    copy = Opener(target)
    assert copy.files_with(b"a-secret-name") == copy.files_with(b"a secret") == set()


def test_a_copy_is_for_its_owner_alone(store: LanceStore, target: Path) -> None:
    store.backup(target)
    assert target.stat().st_mode & 0o777 == 0o700


def test_a_copy_is_copied_back(store: LanceStore, target: Path, tmp_path: Path) -> None:
    before = everything(store)
    store.backup(target)
    store.close()
    restore(target, tmp_path / "again")
    back = Opener(tmp_path / "again")(TrigramEmbeddings())
    assert everything(back) == before
    back.close()


def test_to_copy_back_never_replaces_anything_and_takes_a_copy_alone(
    store: LanceStore, opener: Opener, target: Path, tmp_path: Path
) -> None:
    store.backup(target)
    with pytest.raises(StoreError, match="is not empty"):
        restore(target, opener.folder)
    with pytest.raises(StoreError, match="is no backup of a store"):
        restore(tmp_path, tmp_path / "again")
    assert not (tmp_path / "again").exists()
