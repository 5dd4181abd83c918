"""The glue holds on the lowest and on the newest versions of LangChain that are allowed, beside those of the lock."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").glob("test_langchain_*.py"))
FILES.remove("tests/test_langchain_versions.py")


def requirements() -> list[str]:
    """Return what the glue and its tests need. Of pydantic they get the newest: LangSmith fails on the lowest."""
    extras, groups = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
    needed = re.compile(r"(langchain|pytest>|hypothesis)")
    return [*extras["langchain"], *extras["agents"], *filter(needed.match, [*groups["demo"], *groups["test"]])]


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_all_the_tests_of_the_glue_pass_on(resolution: str, tmp_path: Path) -> None:
    uv = shutil.which("uv", path=f"{os.environ['PATH']}:{ROOT / '.tools' / 'bin'}")
    assert uv, "uv is not here: run scripts/test, which brings it"
    python = tmp_path / "env" / "bin" / "python"
    run(uv, "venv", "--quiet", "--python", "3.11", tmp_path / "env")
    run(uv, "pip", "install", "--quiet", "--python", python, "--resolution", resolution, *requirements())
    print(run(uv, "pip", "list", "--python", python))  # noqa: T201  # which versions these were
    options = ("-q", "--noconftest", "-p", "no:cacheprovider", "-m", "not slow and not model")
    assert " passed" in run(python, "-m", "pytest", *options, *FILES)
