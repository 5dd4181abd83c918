"""docs/components.md as the tests read it: each section with its app, the event that it shows, and its tables."""

import inspect
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
WIDTH = 100
GUIDE = ROOT / "docs" / "components.md"
APPS = {path.stem: path for path in sorted((ROOT / "docs" / "apps").glob("*.py"))}


@dataclass(frozen=True)
class Section:
    """What stands under one heading, until the next of any size."""

    title: str
    text: str

    def blocks(self, language: str) -> list[str]:
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, flags=re.DOTALL | re.MULTILINE)

    @property
    def app(self) -> str | None:
        """The stem of the app that is shown here."""
        found = re.search(r"\(apps/(\w+)\.py\)", self.text)
        return found[1] if found else None

    @property
    def code(self) -> str:
        """The app itself: the block after its link."""
        return Section(self.title, self.text[self.text.index("](apps/") :]).blocks("python")[0]

    @property
    def event(self) -> dict[str, Any] | None:
        """The event that is shown here."""
        blocks = self.blocks("json")
        return json.loads(blocks[0]) if blocks else None

    def column(self, heading: str) -> list[str]:
        """The names in the first column of the table whose first heading is this one."""
        table = re.search(rf"^\| {heading} \|.*\n\|[- |]+\|\n((?:\|.*\n)+)", self.text, flags=re.MULTILINE)
        return re.findall(r"^\| `([^`]+)`", table[1], flags=re.MULTILINE) if table else []


def sections() -> list[Section]:
    """Everything with a heading, in its order. A # within a block of code is no heading."""
    text = GUIDE.read_text(encoding="utf-8")
    code = [found.span() for found in re.finditer(r"^```.*?^```", text, flags=re.DOTALL | re.MULTILINE)]
    heads = [
        head
        for head in re.finditer(r"^#{1,3} (.+)$", text, flags=re.MULTILINE)
        if not any(start < head.start() < end for start, end in code)
    ]
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return [Section(head[1].strip("`"), text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def of_app(name: str) -> Section:
    """Return the section that shows an app."""
    return next(section for section in sections() if section.app == name)


def signature_of(function: Callable[..., object]) -> str:
    """Return a call as the guide shows it: names and defaults, without the types; broken where it is long."""
    parameters = inspect.signature(function).parameters.values()
    plain = str(inspect.Signature([each.replace(annotation=inspect.Parameter.empty) for each in parameters]))
    plain = re.sub(r"<class '[\w.]+\.(\w+)'>", r"\1", plain).replace("'", '"')
    whole = f"{function.__name__}{plain}"
    if len(whole) <= WIDTH:
        return whole
    return textwrap.fill(whole, WIDTH, subsequent_indent=" " * (len(function.__name__) + 1), break_long_words=False)
