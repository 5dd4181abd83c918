"""`python -m benchmarks` lists the benchmarks; with a name it runs one, which prints a JSON line for each figure."""

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """List or run."""
    rooms = {
        path.stem: path for path in sorted(HERE.glob("*.py")) if "def main" in path.read_text() and path.stem[0] != "_"
    }
    rooms |= {path.parent.name: path for path in sorted(HERE.glob("*/__main__.py"))}
    if len(sys.argv) < 2 or sys.argv[1] not in rooms:
        for name, path in rooms.items():
            told = ast.get_docstring(ast.parse(path.read_text())) or ""
            print(f"{name:12} {told.splitlines()[0]}")
        sys.exit(0 if len(sys.argv) < 2 else f"no benchmark is called {sys.argv[1]}: choose one of the above")
    name = sys.argv.pop(1)
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
