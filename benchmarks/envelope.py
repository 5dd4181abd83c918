"""Which wording and which place of a correction do small models obey, against documents that say otherwise?

`obey`: the answer to another wording of the corrected question holds what is right and not what the documents say; the
same with a correction of a few words, and in a chat in which the model gave the wrong answer before. `ignore`: the
correction is about something else; the answer holds what the documents say. Greedy, with the help desk's own prompt.

Run `python -m benchmarks.envelope [--model local:small] [--data DIR]`; with `--data` also the cases of
`local_model_cases.jsonl` that carry one correction of a fact. It prints JSON lines, and the wrong answers to standard
error.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from demo.chain import SYSTEM
from demo.knowledge_base import KnowledgeBase
from demo.models import MiniLM, open_chat_model
from demo.settings import Settings
from feedback_store.langchain.envelope import LEAD, as_json, envelope, placed

OWN: Final = Path(__file__).parent / "own" / "obedience.jsonl"
KNOWLEDGE: Final = Path(__file__).parents[1] / "demo" / "knowledge"
VERIFIED: Final = "Verified by a human (use it if it answers my question):"


@dataclass(frozen=True)
class Case:
    """A question with one correction. Every regex of `must` has to match the answer, none of `must_not` may."""

    kind: str
    system: str
    asked: str
    stored: str
    corrected: str
    must: Sequence[str]
    must_not: Sequence[str]
    history: Sequence[BaseMessage] = ()

    @property
    def document(self) -> Document:
        """The correction as the retriever returns it."""
        return Document("", metadata={"question": self.stored, "corrected": self.corrected})

    def passed(self, answer: str) -> bool:
        """Tell whether the answer is right."""
        found = [re.search(pattern, answer, re.IGNORECASE) for pattern in self.must]
        wrong = [re.search(pattern, answer, re.IGNORECASE) for pattern in self.must_not]
        return all(found) and not any(wrong)


Shape = Callable[[Case], list[BaseMessage]]


def _plain(case: Case) -> list[BaseMessage]:
    return [SystemMessage(case.system), *case.history, HumanMessage(case.asked)]


def _said(human: Callable[[Case], str]) -> Shape:
    return lambda case: [SystemMessage(case.system), *case.history, HumanMessage(human(case))]


def _pair(case: Case) -> str:
    return f"- {as_json(case.stored)}: {as_json(case.corrected)}"


def _turns(case: Case) -> list[BaseMessage]:
    system, *rest = _plain(case)
    return [system, HumanMessage(case.stored), AIMessage(case.corrected), *rest]


SHAPES: Final[dict[str, Shape]] = {
    "none": _plain,
    "default": lambda case: placed(_plain(case), [case.document], "human"),
    "default in the system message": lambda case: placed(_plain(case), [case.document], "system"),
    "default before the question": _said(lambda case: f"{envelope([case.document])}\n\n{case.asked}"),
    "default without the question": _said(lambda case: f"{case.asked}\n\n{LEAD}\n- {as_json(case.corrected)}"),
    "default as one array": _said(
        lambda case: f"{case.asked}\n\n{LEAD}\n{as_json([{'question': case.stored, 'right answer': case.corrected}])}"
    ),
    "verified by a human": _said(lambda case: f"{case.asked}\n\n{VERIFIED}\n{_pair(case)}"),
    "verified by a human, before": _said(lambda case: f"{VERIFIED}\n{_pair(case)}\n\n{case.asked}"),
    "turns": _turns,
}


def own_cases(model: BaseChatModel) -> list[Case]:
    """Return the project's own cases, with the sections that the help desk finds and the answer that `model` gives."""
    knowledge = KnowledgeBase(KNOWLEDGE, MiniLM())
    cases: list[Case] = []
    for row in map(json.loads, OWN.read_text(encoding="utf-8").splitlines()):
        sections = "\n\n".join(each.page_content for each in knowledge.retriever.invoke(row["asked"]))
        rest = {name: row[name] for name in ("asked", "stored", "corrected")}
        system = SYSTEM.format(documents=sections)
        case = Case(row["kind"], system, must=[row["must"]], must_not=[row["must_not"]], **rest)
        cases.append(case)
        if case.kind == "obey":
            before = model.invoke([SystemMessage(system), HumanMessage(case.stored)]).text
            said = (HumanMessage(case.stored), AIMessage(before))
            cases.append(replace(case, kind="obey, a few words", corrected=row["terse"]))
            cases.append(replace(case, kind="obey, same chat", history=said))
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
                print(f"{name}, {case.kind}: {case.asked} -> {answer}", file=sys.stderr)
        for kind, each in passed.items():
            line = {"bench": "envelope", "case": f"{name}, {label}", "metric": f"passed, {kind}"}
            print(json.dumps(line | {"value": round(sum(each) / len(each), 3), "n": len(each)}), flush=True)


def main() -> None:
    """Measure the shapes on one model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="local:small", help="as FEEDBACK_MODEL")
    parser.add_argument("--data", type=Path, help="a folder with local_model_cases.jsonl")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    options = parser.parse_args()
    kept = {name: value for name, value in os.environ.items() if name in ("FEEDBACK_CACHE", "XDG_CACHE_HOME")}
    chat = open_chat_model(Settings.from_env(kept | {"FEEDBACK_MODEL": options.model}))
    try:
        cases = own_cases(chat.model())
        if options.data:
            cases += public_cases(options.data / "local_model_cases.jsonl")
        measure(chat.model(), options.model, cases, options.shapes)
    finally:
        chat.close()


if __name__ == "__main__":
    main()
