"""What the guides to readers and to object storage show is run, and prints what stands below it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guide import ROOT
from tests.s3_server import S3Server, s3_server

READERS, STORAGE = ROOT / "docs" / "readers.md", ROOT / "docs" / "object-storage.md"
BUCKET, MINIO = "acme-feedback", "http://minio.internal:9000"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def run(guide: Path, capsys: pytest.CaptureFixture[str], **instead: str) -> int:
    """Run the Python of a guide from its top to its end, with some words replaced; return how many pieces it has."""
    text = guide.read_text(encoding="utf-8")
    for word, other in instead.items():
        text = text.replace(word, other)
    pieces = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", text, flags=re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    for code, printed in pieces:
        exec(compile(code, guide.name, "exec"), names)  # noqa: S102  # it is our own
        assert capsys.readouterr().out == printed
    assert len(pieces) == text.count("```python\n")
    return len(pieces)


def test_what_the_guide_to_readers_shows_is_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(READERS, capsys) >= 5


def test_what_the_guide_to_object_storage_shows_is_so(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = s3.bucket(name=BUCKET)
    monkeypatch.chdir(tmp_path)
    for name, value in bucket.options.items():
        monkeypatch.setenv(name.upper(), value)
    assert run(STORAGE, capsys, **{MINIO: bucket.endpoint}) >= 2
    assert {key.split("/")[0] for key in bucket.listed()} == {"store", "minio"}


@pytest.mark.parametrize("guide", [READERS, STORAGE], ids=lambda path: path.name)
def test_every_path_and_link_in_it_leads_somewhere(guide: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", guide.read_text(encoding="utf-8"))
    assert [link for link in links if not (guide.parent / link).exists()] == []
