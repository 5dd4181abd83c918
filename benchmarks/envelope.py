"""Which wording and which place of a correction do small models obey, against documents that say otherwise?

`obey`: the answer to another wording of the corrected question holds what is right and not what the documents say.
`ignore`: the correction is about something else; the answer holds what the documents say. Greedy, the help desk's own
prompt. Run `python -m benchmarks.envelope [--model local:small] [--data DIR]`; with `--data` also the cases of
`local_model_cases.jsonl` that carry one correction of a fact.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from demo.chain import SYSTEM
from demo.knowledge_base import KnowledgeBase
from demo.models import MiniLM, open_chat_model
from demo.settings import Settings
from feedback_store.langchain.envelope import as_json, placed

OWN: Final = Path(__file__).parent / "own" / "obedience.jsonl"
LEAD: Final = "Verified by a human (use it if it answers my question):"


@dataclass(frozen=True)
class Case:
    """A question with one correction. `must` groups are regexes of which each has to match."""

    kind: str
    system: str
    asked: str
    stored: str
    corrected: str
    must: Sequence[str]
    must_not: Sequence[str]

    def passed(self, answer: str) -> bool:
        """Tell whether the answer is right."""
        found = [re.search(pattern, answer, re.IGNORECASE) for pattern in self.must]
        wrong = [re.search(pattern, answer, re.IGNORECASE) for pattern in self.must_not]
        return all(found) and not any(wrong)


Shape = Callable[[Case], list[BaseMessage]]


def _plain(case: Case) -> list[BaseMessage]:
    return [SystemMessage(case.system), HumanMessage(case.asked)]


def _before(block: Callable[[Case], str]) -> Shape:
    return lambda case: [SystemMessage(case.system), HumanMessage(f"{block(case)}\n\n{case.asked}")]


def _turns(shape: Shape) -> Shape:
    def told(case: Case) -> list[BaseMessage]:
        system, *rest = shape(case)
        return [system, HumanMessage(case.stored), AIMessage(case.corrected), *rest]

    return told


def _default(case: Case) -> list[BaseMessage]:
    correction = Document("", metadata={"question": case.stored, "corrected": case.corrected})
    return placed(_plain(case), [correction], "human")


def _system(case: Case) -> list[BaseMessage]:
    correction = Document("", metadata={"question": case.stored, "corrected": case.corrected})
    return placed(_plain(case), [correction], "system")


def _pair(case: Case) -> str:
    return as_json([{"question": case.stored, "right answer": case.corrected}])


SHAPES: Final[dict[str, Shape]] = {
    "none": _plain,
    "default": _default,
    "default in system": _system,
    "json pair": _before(lambda case: f"{LEAD}\n{_pair(case)}"),
    "json strings": _before(lambda case: f"{LEAD}\n{as_json([case.corrected])}"),
    "json lines": _before(lambda case: f"{LEAD}\n- {as_json(case.corrected)}"),
    "json lines, newer": _before(
        lambda case: (
            f"Verified by a human, newer than the documents (use it if it answers my question):\n"
            f"- {as_json(case.corrected)}"
        )
    ),
    "plain lines": _before(lambda case: f"{LEAD}\n- {case.corrected}"),
    "turns": _turns(_plain),
    "turns, json lines": _turns(_before(lambda case: f"{LEAD}\n- {as_json(case.corrected)}")),
}


def own_cases() -> list[Case]:
    """Return the project's own cases, with the sections that the help desk finds."""
    knowledge = KnowledgeBase(Path("demo/knowledge"), MiniLM())
    rows = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    cases: list[Case] = []
    for row in rows:
        sections = "\n\n".join(each.page_content for each in knowledge.retriever.invoke(row["asked"]))
        system = SYSTEM.format(documents=sections)
        rest = {name: row[name] for name in ("asked", "stored", "corrected")}
        cases.append(Case(row["kind"], system, must=[row["must"]], must_not=[row["must_not"]], **rest))
    return cases


def public_cases(file: Path) -> list[Case]:
    """Return the cases that carry exactly one correction of a fact."""
    kinds = {"b": "obey, public", "d": "ignore, public"}
    found: list[Case] = []
    for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        told: list[dict[str, Any]] = row["corrections"]
        if row["category"] in kinds and len(told) == 1 and told[0]["kind"] == "fact":
            system = SYSTEM.format(documents=row["passage"] or "")
            must = ["|".join(group) for group in row["must"]]
            texts = {"asked": row["question"], "stored": told[0]["question"], "corrected": told[0]["answer"]}
            found.append(Case(kinds[row["category"]], system, must=must, must_not=row["must_not"], **texts))
    return found


def measure(model: BaseChatModel, label: str, cases: Sequence[Case], shapes: Sequence[str]) -> None:
    """Print a line for each shape and kind."""
    for name in shapes:
        passed: dict[str, list[bool]] = {}
        for case in cases:
            answer = model.invoke(SHAPES[name](case)).text
            passed.setdefault(case.kind, []).append(case.passed(answer))
            if not passed[case.kind][-1]:
                print(f"{name}: {case.asked} -> {answer}", file=sys.stderr)
        for kind, each in passed.items():
            line = {"bench": "envelope", "case": f"{name}, {label}", "metric": f"passed, {kind}"}
            print(json.dumps(line | {"value": round(sum(each) / len(each), 3), "n": len(each)}), flush=True)


def main() -> None:
    """Measure the shapes on one model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="local:small")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    options = parser.parse_args()
    cases = own_cases()
    if options.data:
        cases += public_cases(options.data / "local_model_cases.jsonl")
    environment = {"FEEDBACK_MODEL": options.model} | {
        name: value for name, value in os.environ.items() if name in ("FEEDBACK_CACHE", "XDG_CACHE_HOME")
    }
    chat = open_chat_model(Settings.from_env(environment))
    try:
        measure(chat.model(), options.model, cases, options.shapes)
    finally:
        chat.close()


if __name__ == "__main__":
    main()
