"""The model file is joined from installed packages, checked, kept and mended. Small packages stand in for large."""

import base64
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from demo.models.package_files import WeightsDamaged, WeightsError, WeightsMissing
from demo.models.weights import QWEN_0_5B, QWEN_1_5B, Weights, joined, missing_packages

ROOT = Path(__file__).parents[2]


class Shelf:
    """A folder of installed packages that hold the parts of one small model file."""

    def __init__(self, site: Path, parts: int) -> None:
        self.site = site
        self.content = b"".join(hashlib.sha256(bytes([number])).digest() * 32 for number in range(parts))
        size = len(self.content) // parts
        packages = [self._install(number, self.content[number * size :][:size]) for number in range(parts)]
        sha256 = hashlib.sha256(self.content).hexdigest()
        self.weights = Weights("Tiny", "Apache-2.0", tuple(packages), "1.0", len(self.content), sha256)

    def part(self, number: int) -> Path:
        return self.site / f"tiny_part{number}" / "data" / f"part{number}.bin"

    def _install(self, index: int, content: bytes) -> str:
        number = index + 1
        part = self.part(number)
        part.parent.mkdir(parents=True)
        part.write_bytes(content)
        (part.parents[1] / "__init__.py").write_text("raise RuntimeError('a package of weights was imported')\n")
        info = self.site / f"tiny_part{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n")
        recorded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        lines = [
            f"tiny_part{number}/__init__.py,,",
            f"{part.relative_to(self.site).as_posix()},sha256={recorded},{len(content)}",
        ]
        (info / "RECORD").write_text("\n".join(lines) + "\n")
        return f"tiny-part{number}"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf(tmp_path / "site", parts=12)  # more than nine: part10 must not come after part1
    monkeypatch.setattr(sys, "path", [str(made.site), *sys.path])
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def names(cache: Path) -> list[str]:
    return sorted(path.suffix for path in (cache / "models").iterdir())


def test_the_parts_are_joined_in_the_order_of_their_numbers(shelf: Shelf, cache: Path) -> None:
    assert joined(shelf.weights, cache).read_bytes() == shelf.content


def test_the_progress_counts_bytes_up_to_the_whole(shelf: Shelf, cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    joined(shelf.weights, cache, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert len(seen) == 12
    assert seen[-1] == (len(shelf.content), len(shelf.content))


def test_a_joined_file_is_trusted_without_being_read_again(shelf: Shelf, cache: Path) -> None:
    path = joined(shelf.weights, cache)
    seen: list[int] = []
    assert joined(shelf.weights, cache, lambda done, _: seen.append(done)) == path
    assert seen == []


def test_a_joined_file_outlives_its_packages(shelf: Shelf, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = joined(shelf.weights, cache)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(shelf.site)])
    assert len(missing_packages(shelf.weights)) == 12
    os.utime(path)  # not trusted any more, and so hashed
    assert joined(shelf.weights, cache) == path


@pytest.mark.parametrize(("kept", "added"), [(-1, b""), (0, b""), (500, b"x")], ids=["cut", "empty", "changed"])
def test_a_damaged_joined_file_is_made_again(shelf: Shelf, cache: Path, kept: int, added: bytes) -> None:
    path = joined(shelf.weights, cache)
    content = shelf.content[:kept] + added
    path.write_bytes(content + shelf.content[len(content) :] if added else content)
    os.utime(path, ns=(1, 1))  # written within the same tick of the clock as before, it would look unchanged
    assert joined(shelf.weights, cache).read_bytes() == shelf.content


def test_missing_packages_are_named_with_what_to_do(shelf: Shelf, cache: Path) -> None:
    for number in (3, 11):
        (shelf.site / f"tiny_part{number}-1.0.dist-info").rename(shelf.site / f"gone{number}")
    assert missing_packages(shelf.weights) == ["tiny-part3", "tiny-part11"]
    with pytest.raises(WeightsMissing, match=r"2 of its 12 packages.*tiny-part3 to tiny-part11") as refused:
        joined(shelf.weights, cache)
    assert "scripts/app" in str(refused.value)
    assert "FEEDBACK_MODEL" in str(refused.value)


def test_a_part_whose_file_is_gone_counts_as_missing(shelf: Shelf, cache: Path) -> None:
    shelf.part(4).unlink()
    with pytest.raises(WeightsMissing, match="tiny-part4"):
        joined(shelf.weights, cache)


def test_a_damaged_part_is_named_and_leaves_nothing_behind(shelf: Shelf, cache: Path) -> None:
    shelf.part(7).write_bytes(b"x" * shelf.part(7).stat().st_size)
    with pytest.raises(WeightsDamaged, match=r"part7\.bin is damaged.*tiny-part7==1\.0"):
        joined(shelf.weights, cache)
    assert names(cache) == [".lock"]


def test_packages_that_hold_another_model_are_refused(shelf: Shelf, cache: Path) -> None:
    with pytest.raises(WeightsDamaged, match=r"do not add up to the known file.*version 1\.0"):
        joined(replace(shelf.weights, sha256="0" * 64), cache)
    assert names(cache) == [".lock"]


def test_a_disk_that_is_too_small_is_told_before_it_is_filled(shelf: Shelf, cache: Path) -> None:
    with pytest.raises(WeightsError, match=r"needs 1000000000\.0 GB.*FEEDBACK_CACHE"):
        joined(replace(shelf.weights, size=10**18), cache)
    assert names(cache) == [".lock"]


def test_a_cache_that_cannot_be_written_is_told(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match=r"cannot be prepared.*FEEDBACK_CACHE"):
        joined(shelf.weights, tmp_path / "file")


JOIN = """
import sys
from pathlib import Path
from demo.models.weights import Weights, joined
name, packages, size, sha256, cache, pause = sys.argv[1:]
def report(done, total):
    if pause:
        print("joining", flush=True)
        sys.stdin.read()
weights = Weights(name, "", tuple(packages.split(",")), "1.0", int(size), sha256)
print(joined(weights, Path(cache), report))
"""


def join_elsewhere(shelf: Shelf, cache: Path, *, pause: bool) -> subprocess.Popen[str]:
    weights = shelf.weights
    arguments = [weights.name, ",".join(weights.packages), str(weights.size), weights.sha256, str(cache)]
    return subprocess.Popen(
        [sys.executable, "-c", JOIN, *arguments, "pause" if pause else ""],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{shelf.site}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_join_that_was_killed_half_way_is_done_again(shelf: Shelf, cache: Path) -> None:
    with join_elsewhere(shelf, cache, pause=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "joining\n"
        assert ".partial" in names(cache)
        other.kill()
    assert joined(shelf.weights, cache).read_bytes() == shelf.content
    assert names(cache) == [".checked", ".gguf", ".lock"]


def test_processes_that_join_at_the_same_time_get_the_same_whole_file(shelf: Shelf, cache: Path) -> None:
    others = [join_elsewhere(shelf, cache, pause=False) for _ in range(3)]
    said = {other.communicate()[0].strip() for other in others}
    assert [other.returncode for other in others] == [0, 0, 0]
    assert said == {str(joined(shelf.weights, cache))}
    assert Path(said.pop()).read_bytes() == shelf.content


def test_the_known_models_may_be_passed_on() -> None:
    assert {weights.licence for weights in (QWEN_0_5B, QWEN_1_5B)} == {"Apache-2.0"}
    assert (len(QWEN_0_5B.packages), len(QWEN_1_5B.packages)) == (6, 22)


@pytest.mark.model
def test_the_installed_small_model_adds_up_to_the_published_file(cache: Path) -> None:
    assert joined(QWEN_0_5B, cache).stat().st_size == QWEN_0_5B.size
