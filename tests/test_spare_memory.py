"""When there is memory to spare, by what the kernel tells in its files, and what a search of corrections does then."""

from pathlib import Path
from typing import Any

import pytest

from feedback_store import correction_search
from feedback_store.spare_memory import is_plenty
from feedback_store.store import Scope
from tests.opener import Opener
from tests.records import a_correction


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A folder in which a kernel tells that 9 of 16 GB are available, as it is written on Linux."""
    tell(tmp_path, "meminfo", "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    9000000 kB\n")
    return tmp_path


def tell(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_there_is_plenty_while_more_than_half_is_available(told: Path) -> None:
    assert is_plenty(told, told)
    tell(told, "meminfo", "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n")
    assert not is_plenty(told, told)


@pytest.mark.parametrize(
    ("most", "taken"),
    [("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")],
    ids=["version 2", "version 1"],
)
def test_the_limit_of_a_container_counts_where_it_has_one(told: Path, most: str, taken: str) -> None:
    tell(told, taken, "600000000\n")
    for limit, plenty in (
        ("1000000000\n", False),
        ("2000000000\n", True),
        ("max\n", True),
        (f"{2**63 - 4096}\n", True),
    ):
        tell(told, most, limit)
        assert is_plenty(told, told) is plenty


@pytest.mark.parametrize("text", [None, "", "MemTotal: 16000000 kB\n", "MemTotal: much\nMemAvailable: more\n"])
def test_where_it_is_not_told_there_is_none_to_spare(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        tell(tmp_path, "meminfo", text)
    assert not is_plenty(tmp_path, tmp_path)


@pytest.mark.parametrize("plenty", [False, True])
def test_what_was_searched_stays_in_memory_while_there_is_plenty(
    opener: Opener, monkeypatch: pytest.MonkeyPatch, plenty: bool
) -> None:
    monkeypatch.setattr(correction_search, "MOST_BYTES", 1)
    monkeypatch.setattr(correction_search, "LOOK_S", 0)
    monkeypatch.setattr(correction_search, "is_plenty", lambda: plenty)
    store = opener()
    scopes = [Scope(user_id=f"user-{tenant}", tenant=tenant) for tenant in ("a", "b", "c")]
    for scope in scopes:
        store.append(a_correction(user_id=scope.user_id, tenant=scope.tenant))
    store.flush()
    for scope in scopes:
        assert len(store.similar_corrections("How long do refunds take?", scope=scope)) == 1
    kept: Any = store._parts.sight.search  # pyright: ignore[reportPrivateUsage]
    assert [*kept._kept] == (["a", "b", "c"] if plenty else ["c"])
