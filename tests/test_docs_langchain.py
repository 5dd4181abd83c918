"""What the guide to LangChain shows is run, against a server that answers as a model would."""

import re
from pathlib import Path

import pytest

from tests.guide import ROOT
from tests.openai_server import recorder
from tests.test_docs_store import run

GUIDE = ROOT / "docs" / "langchain.md"


def says(asked: str) -> str:
    """Answer as a model does that obeys a correction and else knows what is out of date."""
    return "Refunds take ten days." if "ten days" in asked else "Refunds take a month."


def test_what_the_guide_shows_is_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with recorder() as server:
        server.says = says
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        assert run(GUIDE, capsys) >= 9


def test_a_chain_and_an_agent_get_corrections_by_one_changed_line_each() -> None:
    assert GUIDE.read_text(encoding="utf-8").count("# +\n") == 2


def test_every_link_in_it_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", GUIDE.read_text(encoding="utf-8"))
    assert [link for link in links if not (GUIDE.parent / link).exists()] == []
