"""The plan of the house as a test: who may import whom, how large a room may be, and what is banned."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import feedback_widgets
import pytest

import feedback_store

ROOT = Path(__file__).parent.parent
WIDGETS = ROOT / "components" / "feedback_widgets"
PRODUCT = sorted([*(ROOT / "feedback_store").rglob("*.py"), *WIDGETS.rglob("*.py")])
DEMO = sorted([ROOT / "app.py", *(ROOT / "demo").rglob("*.py")])
OURS = sorted([*PRODUCT, *DEMO, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
MAX_LINES = {True: 220, False: 300}
"""For the rooms of product and demo, and for the tests and benchmarks, which are lists of cases."""

HOSTS = r"pypi\.|pythonhosted|npmjs|debian\.org|huggingface\.co"


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Each module that a file imports, at any depth of the code, in full."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: relative import"
            yield node.module or ""


def importers(*packages: str, among: list[Path]) -> set[str]:
    return {name(path) for path in among if any(found.split(".")[0] in packages for found in imports(path))}


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{module.split('.')[0] for module in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_store_imports_neither_the_widgets_nor_the_demo_nor_streamlit() -> None:
    store = [path for path in PRODUCT if path.is_relative_to(ROOT / "feedback_store")]
    assert importers("feedback_widgets", "demo", "app", "streamlit", among=store) == set()


def test_the_widgets_import_neither_the_demo_nor_lancedb_nor_langchain() -> None:
    widgets = [path for path in PRODUCT if path.is_relative_to(WIDGETS)]
    assert importers("demo", "app", "lancedb", "langchain", "langchain_core", "pyarrow", among=widgets) == set()


def test_the_widgets_use_no_room_of_the_store_that_needs_a_heavy_library() -> None:
    heavy = ("feedback_store.lancedb", "feedback_store.langchain")
    widgets = [path for path in PRODUCT if path.is_relative_to(WIDGETS)]
    assert [name(path) for path in widgets if any(found.startswith(heavy) for found in imports(path))] == []


def test_only_the_room_named_after_lancedb_imports_it() -> None:
    assert importers("lancedb", "lance", among=PRODUCT + DEMO) == {"feedback_store/lancedb.py"}


def test_only_the_rooms_named_after_langchain_import_it_in_the_product() -> None:
    found = importers("langchain", "langchain_core", "langgraph", among=PRODUCT)
    assert {path.rsplit("/", 1)[0] for path in found} == {"feedback_store/langchain"}


def test_only_one_room_speaks_streamlit_components() -> None:
    speakers = {
        name(path) for path in PRODUCT if any(found.startswith("streamlit.components") for found in imports(path))
    }
    assert speakers == {"components/feedback_widgets/_mount.py"}


def test_nobody_imports_the_shelf() -> None:
    assert importers("components", among=OURS) == set()


def test_importing_the_widgets_loads_neither_lancedb_nor_langchain() -> None:
    assert loaded_by("import feedback_widgets") & {"lancedb", "langchain", "langchain_core"} == set()


def test_the_first_page_with_a_component_does_not_wait_for_the_import_of_pandas() -> None:
    page = "AppTest.from_file('docs/apps/feedback_bar.py').run()"
    loaded = loaded_by(f"from streamlit.testing.v1 import AppTest; assert {page}.get('bidi_component')")
    assert loaded & {"pandas", "pyarrow"} == set()


def test_importing_the_store_needs_pydantic_alone() -> None:
    heavy = {"streamlit", "lancedb", "pyarrow", "numpy", "langchain", "langchain_core", "starlette"}
    assert loaded_by("import feedback_store") & heavy == set()


@pytest.mark.parametrize("path", OURS, ids=name)
def test_a_room_is_small_enough_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES[path in PRODUCT + DEMO]


@pytest.mark.parametrize("path", [path for path in PRODUCT + DEMO if path.name == "__init__.py"], ids=name)
def test_an_init_only_re_exports(path: Path) -> None:
    kinds = {type(node) for node in ast.parse(path.read_text()).body}
    assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign}


@pytest.mark.parametrize("package", [feedback_store, feedback_widgets], ids=lambda package: package.__name__)
def test_the_public_names_are_sorted_exist_and_are_documented(package: ModuleType) -> None:
    names: list[str] = vars(package)["__all__"]
    assert names == sorted(names, key=lambda public: (not public.isupper(), public.islower(), public))  # as ruff does
    assert [public for public in names if not getattr(package, public, None)] == []
    callables = [getattr(package, public) for public in names if callable(getattr(package, public))]
    assert [thing.__name__ for thing in callables if hasattr(thing, "__name__") and not thing.__doc__] == []


def test_the_manifest_lists_each_browser_component_once_and_its_files_exist() -> None:
    manifest = tomllib.loads((WIDGETS / "pyproject.toml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    entries = manifest["tool"]["streamlit"]["component"]["components"]
    assert manifest["project"]["name"] == project["project"]["name"]
    names = [entry["name"] for entry in entries]
    assert len(names) == len(set(names))
    for entry in entries:
        assert (WIDGETS / entry["asset_dir"] / f"{entry['name']}.js").is_file()
        assert (WIDGETS / f"{entry['name']}.py").is_file()


def test_people_s_text_is_never_set_as_html() -> None:
    banned = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafe_allow_html\s*=\s*True|st\.html\("
    )
    sources = [*PRODUCT, *DEMO, *(WIDGETS / "frontend").glob("*.js")]
    assert [name(path) for path in sources if banned.search(path.read_text())] == []


def test_filters_are_made_in_one_room_and_a_query_is_never_filtered_twice() -> None:
    """LanceDB's expressions can be injected into by `update`, and by a second `where` after one (measured on 0.40)."""
    tables = [path for path in PRODUCT if path.name.startswith(("lance", "correction_"))]
    chained = re.compile(r"\.where\([^\n]*\.where\(")
    banned = re.compile(r"\.update\([^)]*where\s*=|lancedb\.expr|from lancedb import .*\bcol\b|\bExpr\b")
    assert [name(path) for path in tables if chained.search(path.read_text()) or banned.search(path.read_text())] == []
    pasted = re.compile(r"""f["'][^"']*(?:=|<|>|LIKE|IN \()\s*'\{""")
    assert [name(path) for path in tables if pasted.search(path.read_text())] == []


def test_no_cache_of_the_store_outlives_an_erasure_with_what_people_wrote() -> None:
    kept = [
        f"{name(path)}: {found.name}"
        for path in sorted((ROOT / "feedback_store").rglob("*.py"))
        for found in ast.walk(ast.parse(path.read_text()))
        if isinstance(found, ast.FunctionDef)
        and any(re.search(r"\b(lru_)?cache\b", ast.unparse(each)) for each in found.decorator_list)
        and any(each.annotation and "str" in ast.unparse(each.annotation) for each in found.args.args)
    ]
    assert kept == []


def test_tests_wait_for_conditions_and_not_for_time() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert [name(path) for path in tests if "wait_for_timeout" in path.read_text()] == []


def test_no_file_names_a_registry_host() -> None:
    kept = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    texts = [ROOT / file for file in kept if file != name(Path(__file__)) and (ROOT / file).is_file()]
    assert [name(path) for path in texts if re.search(HOSTS, path.read_text(errors="ignore"))] == []


def test_this_checkout_is_what_the_tests_import() -> None:
    spec = importlib.util.find_spec("feedback_widgets")
    assert spec is not None
    assert spec.origin == str(WIDGETS / "__init__.py")
