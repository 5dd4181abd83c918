"""What the guide to corrections shows is run, and prints what stands below it."""

import pytest

from tests.guide import ROOT
from tests.test_docs_store import run


def test_what_the_guide_to_corrections_shows_is_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ROOT / "docs" / "corrections.md", capsys) == 5
