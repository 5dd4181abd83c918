"""The two stores as one fixture, and factories of records."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.models import MiniLM
from feedback_store.events import Turn
from feedback_store.lancedb import LanceStore
from feedback_store.memory import MemoryStore
from feedback_store.store import Embeddings, FeedbackStore
from tests.embeddings import TrigramEmbeddings
from tests.keeper import Keeper
from tests.opener import Opener
from tests.records import a_turn
from tests.s3_server import S3Server, s3_server

MakeStore = Callable[[Embeddings | None], FeedbackStore]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, those that need a browser, so that several processes end at the same time."""
    items.sort(key=lambda item: item.path.parent.name != "ui")


@pytest.fixture(scope="session")
def keeper() -> Iterator[Keeper]:
    """A second process, which opens stores first and so holds their drainers."""
    keeper = Keeper()
    yield keeper
    keeper.end()


@pytest.fixture(scope="session")
def minilm() -> MiniLM:
    """The real embedding model of the demo."""
    return MiniLM()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 server on this computer."""
    with s3_server() as server:
        yield server


@pytest.fixture(
    params=["memory", "lance", "lance drained elsewhere", pytest.param("lance on s3", marks=pytest.mark.slow)]
)
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Make stores of one kind, each empty; they are closed at the end."""
    made: list[FeedbackStore] = []
    elsewhere: list[Path] = []

    def make(embeddings: Embeddings | None) -> FeedbackStore:
        folder = tmp_path / f"store-{len(made)}"
        if request.param == "memory":
            made.append(MemoryStore(embeddings=embeddings))
            return made[-1]
        if request.param == "lance on s3":
            bucket = request.getfixturevalue("s3").bucket()
            options = bucket.options
            made.append(LanceStore(bucket.uri, embeddings=embeddings, storage_options=options, spool=folder))
            return made[-1]
        if request.param == "lance drained elsewhere":
            request.getfixturevalue("keeper").open(folder)
            elsewhere.append(folder)
        made.append(LanceStore(folder, embeddings=embeddings))
        return made[-1]

    yield make
    for store in made:
        store.close()
    for folder in elsewhere:
        request.getfixturevalue("keeper").close(folder)


@pytest.fixture
def store(make_store: MakeStore) -> FeedbackStore:
    """An empty store that finds corrections by meaning and by words."""
    return make_store(TrigramEmbeddings())


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    """Open stores on one directory that does not exist yet; they are closed at the end."""
    opener = Opener(tmp_path / "feedback")
    yield opener
    for store in opener.opened:
        store.close()


@pytest.fixture
def turn() -> Callable[..., Turn]:
    """Make a turn; what is not given is filled in."""
    return a_turn
