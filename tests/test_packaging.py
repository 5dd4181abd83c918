"""The wheel, installed as a product team would install it: base dependencies alone, used from an unrelated folder."""

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WIDGETS = ROOT / "components" / "feedback_widgets"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".tools" / "bin")
    assert found, "uv is not here: run scripts/test, which brings it"
    return found


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(uv, "build", "--quiet", "--wheel", "--out-dir", out, cwd=ROOT)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(uv: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An interpreter of a fresh environment with the wheel and its base dependencies, at the locked versions."""
    home = tmp_path_factory.mktemp("fresh")
    run(uv, "venv", "--quiet", "--python", "3.11", "env", cwd=home)
    interpreter = home / "env" / "bin" / "python"
    pins = [line.split(" \\")[0] for line in (ROOT / "locks" / "test.txt").read_text().splitlines() if "==" in line]
    (home / "pins.txt").write_text("\n".join(pins))
    run(uv, "pip", "install", "--quiet", "--python", interpreter, "--constraints", "pins.txt", wheel, cwd=home)
    yield interpreter
    shutil.rmtree(home, ignore_errors=True)


def test_the_wheel_carries_both_packages_the_browser_modules_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {entry.split("/")[0] for entry in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"feedback_widgets", "feedback_store"}
    modules = {f"feedback_widgets/frontend/{path.name}" for path in (WIDGETS / "frontend").iterdir()}
    assert modules <= set(names)
    assert {"feedback_widgets/pyproject.toml", "feedback_widgets/py.typed", "feedback_store/py.typed"} <= set(names)


def test_a_base_install_imports_the_widgets_and_loads_neither_lancedb_nor_langchain(
    python: Path, tmp_path: Path
) -> None:
    code = (
        "import sys, feedback_widgets, feedback_store\n"
        "heavy = {'lancedb', 'langchain', 'langchain_core', 'onnxruntime'}\n"
        "print(feedback_widgets.__file__, *sorted(heavy & set(sys.modules)))"
    )
    where, *loaded = run(python, "-c", code, cwd=tmp_path).split()
    assert Path(where).is_relative_to(python.parent.parent)
    assert loaded == []


def test_a_base_install_runs_a_page_with_a_component(python: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(
        "from feedback_store import Turn\n"
        "from feedback_widgets import feedback_bar\n"
        "feedback_bar(Turn(session_id='s', prompt='?', response='!'), on_feedback=print)\n"
    )
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        f"page = AppTest.from_file({str(page)!r}, default_timeout=60).run()\n"
        "print(len(page.exception), len(page.get('bidi_component')))"
    )
    exceptions, components = run(python, "-c", code, cwd=tmp_path).split()[-2:]
    assert exceptions == "0"
    assert int(components) >= 1


def test_without_its_extra_the_store_on_lancedb_says_which_extra_to_install(python: Path, tmp_path: Path) -> None:
    code = (
        "from feedback_store import LanceStore, StoreError\n"
        "try:\n    LanceStore('data')\nexcept StoreError as error:\n    print(error)"
    )
    assert "feedback-widgets[lancedb]" in run(python, "-c", code, cwd=tmp_path)
