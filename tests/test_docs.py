"""The guide to the components says what is: its apps are the files, its tables the options, its events real ones."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path

import feedback_widgets
import feedback_widgets.testing as page_objects
import pytest
from feedback_widgets.testing import Controls
from streamlit.testing.v1 import AppTest

from feedback_store import parse_feedback
from tests.guide import APPS, GUIDE, ROOT, of_app, sections, signature_of

MOST_LINES = 15
PUBLIC: dict[str, Callable[..., object]] = {
    name: thing for name in feedback_widgets.__all__ if inspect.isfunction(thing := getattr(feedback_widgets, name))
}
HELPERS = {"answer", "chat_turn", "ingest_route", "register_form", "standing_preference"}
OF_STREAMLITS_OWN = {"answer_preference", "corrections_used"}
COMPONENTS = sorted(PUBLIC.keys() - HELPERS)
TOLD = {section.title: section for section in sections()}
DOCUMENTS = [ROOT / "README.md", GUIDE]


@pytest.mark.parametrize("name", APPS)
def test_the_app_in_the_guide_is_the_file(name: str) -> None:
    assert of_app(name).code == APPS[name].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", APPS)
def test_an_app_is_about_ten_lines_of_code_beside_its_model(name: str) -> None:
    tree = ast.parse(APPS[name].read_text(encoding="utf-8"))
    own = [line for part in tree.body[1:] if not isinstance(part, ast.ClassDef) for line in _lines(part)]
    assert len(own) <= MOST_LINES


def _lines(part: ast.stmt) -> range:
    assert part.end_lineno is not None
    return range(part.lineno, part.end_lineno + 1)


@pytest.mark.parametrize("name", APPS)
def test_an_app_runs_and_shows_a_component_and_a_rerun_speaks_of_the_same_turn(name: str) -> None:
    page = AppTest.from_file(str(APPS[name]), default_timeout=30).run()
    assert not page.exception
    assert page.get("bidi_component") or name in OF_STREAMLITS_OWN
    before = _turn(page)
    page.run()
    assert not page.exception
    assert _turn(page) == before


def _turn(page: AppTest) -> object:
    return page.session_state["turn"] if "turn" in page.session_state else None  # noqa: SIM401 - it has no get


@pytest.mark.parametrize("name", COMPONENTS)
def test_each_component_has_a_section_with_its_call_and_exactly_its_options(name: str) -> None:
    call = inspect.signature(PUBLIC[name]).parameters.values()
    options = [f"**{each.name}" if each.kind is each.VAR_KEYWORD else each.name for each in call]
    assert TOLD[name].column("option") == options
    assert TOLD[name].blocks("python")[0].strip() == signature_of(PUBLIC[name])


def test_the_options_of_the_route_are_told_with_delivery() -> None:
    assert TOLD["Delivery"].column("option") == list(inspect.signature(PUBLIC["ingest_route"]).parameters)


def test_every_public_name_is_in_the_guide() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [name for name in feedback_widgets.__all__ if not re.search(rf"`[^`\n]*\b{name}\b", text)] == []


@pytest.mark.parametrize("title", [section.title for section in sections() if section.event])
def test_an_event_in_the_guide_is_one_with_every_field_of_its_model(title: str) -> None:
    shown = TOLD[title].event or {}
    assert list(shown) == list(type(parse_feedback(shown)).model_fields)


def test_the_contract_lists_exactly_the_parts_that_the_page_objects_use() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `fbw-([\w-]+)-` \| (.+) \|$", TOLD["Testing your own app"].text, re.MULTILINE)
    told = {name: (component, set(re.findall(r"`([^`]+)`", parts))) for name, component, parts in rows}
    everything = {part for name, (_, parts) in told.items() if name != "FeedbackBar" for part in parts}
    objects = {
        name: thing
        for name, thing in vars(page_objects).items()
        if inspect.isclass(thing) and issubclass(thing, Controls) and thing is not Controls
    }
    assert {name: component for name, (component, _) in told.items()} == {
        name: thing.component for name, thing in objects.items()
    }
    used = {part for thing in (Controls, *objects.values()) for part in _parts(inspect.getsource(thing))}
    assert {part.split("{")[0] for part in used} == {part.split("{")[0] for part in everything}


def _parts(source: str) -> list[str]:
    """The names by which a page object finds something; of those that begin alike, the beginning."""
    return re.findall(r"(?:\.part\(f?\"|\[part\^?=')([\w.=-]+(?:\{\w+\})?[\w=]*)", source)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_link_is_dead(document: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def _anchors(document: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_readme_leads_to_the_guide() -> None:
    assert "](docs/components.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
