"""How corrections look in a prompt: JSON strings that no text inside them can close, leave or turn into a chat turn.

Wording and place were chosen by what small models obey against documents, and an earlier answer, that say otherwise:
57 of 60 questions with Qwen2.5-Coder 1.5B, 56 of 60 with 0.5B (`benchmarks/envelope.py`). Before the question, in the
system message, as turns of the chat or as one JSON array, corrections were obeyed less.
"""

import json
import re
from collections.abc import Sequence
from typing import Final, Literal

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from feedback_store.kinds import MANNERS

Placement = Literal["human", "system"]

LEAD: Final = "Corrected by a human, newer than all other texts (use it if it answers my question):"
RULES: Final = "Write your answer by these rules of a human:"
"""Before what says how to answer, and not what: rules, styles, terms and boundaries."""
SUCH_AS: Final = "such as this one, of another text whose content you must not repeat:"
"""Before a text in the style that is wished for."""

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e01ef]"
)
"""Controls, bidi overrides, tag characters: what a reviewer cannot see, a model must not read. Joiners stay."""
_BRACKET_TOKEN: Final = re.compile(r"\[(?=/?[A-Z_]{2,}\])")
"""Some chat templates write their control tokens as [INST]."""


def as_json(value: object) -> str:
    """Return `value` as one line of JSON that holds no control token of a chat template and no markup."""
    return inert(json.dumps(value, ensure_ascii=False))


def inert(text: str) -> str:
    """Return `text` with what could be markup or a control token written as JSON writes it, as `\\u003c`."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _BRACKET_TOKEN.sub(r"\\u005b", text)


def envelope(corrections: Sequence[Document]) -> str:
    """Return the block for these documents of a `CorrectionRetriever`, best match first, the rules after the facts."""
    facts = [each for each in corrections if each.metadata.get("type", "fact") == "fact"]
    rules = [each for each in corrections if each not in facts]
    blocks = [[LEAD, *map(_fact, facts)] if facts else [], [RULES, *map(_rule, rules)] if rules else []]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def placed(messages: Sequence[BaseMessage], corrections: Sequence[Document], placement: Placement) -> list[BaseMessage]:
    """Return the messages with the block put in; the same messages where there is no correction."""
    out = list(messages)
    if not corrections:
        return out
    block = envelope(corrections)
    if placement == "system":
        if out and isinstance(out[0], SystemMessage):
            out[0] = _extended(out[0], f"\n\n{block}")
        else:
            out.insert(0, SystemMessage(block))
        return out
    place = last_human(out)
    if place is not None:
        out[place] = _extended(out[place], f"\n\n{block}")
    return out


def last_human(messages: Sequence[BaseMessage]) -> int | None:
    """Return the place of the last human message; in a tool loop that is not the last message."""
    return next((place for place in reversed(range(len(messages))) if isinstance(messages[place], HumanMessage)), None)


def _fact(correction: Document) -> str:
    """Return the question with what is right, since an answer such as "30 days" says nothing alone."""
    question, right = _told(correction, "question"), _right(correction)
    return f"- {as_json(question)}: {right}" if question else f"- {right}"


def _rule(correction: Document) -> str:
    """Return the rule with when it holds: always, under its condition, or on a question like its own.

    A text that was written in a style goes beside the wish for it, with its lines: a small model then needs less to be
    rewritten. Without the words about its content a model repeats that too (docs/benchmarks-learning.md, PRELUDE).
    """
    style, wish = correction.metadata["type"] == "style", _told(correction, "guidance")
    example = seen(str(correction.metadata.get("corrected") or "")).strip() if style and wish else ""
    told = f"{as_json(wish)}\n  {SUCH_AS} {as_json(example)}" if example else _right(correction)
    condition, question = _told(correction, "condition"), _told(correction, "question")
    if condition:
        return f"- when {as_json(condition)}: {told}"
    if question and correction.metadata["type"] not in MANNERS:
        return f"- when asked {as_json(question)}: {told}"
    return f"- {told}"


def _right(correction: Document) -> str:
    return as_json(" ".join(filter(None, [_told(correction, "corrected"), _told(correction, "guidance")])))


def _told(correction: Document, name: str) -> str:
    return visible(str(correction.metadata.get(name) or ""))


def visible(text: str) -> str:
    """Return `text` on one line, without what nobody can see."""
    return " ".join(seen(text).split())


def seen(text: str) -> str:
    """Return `text` without what nobody can see; its lines stay."""
    return _INVISIBLE.sub("", text)


def _extended(message: BaseMessage, text: str) -> BaseMessage:
    content = message.content
    extended = content + text if isinstance(content, str) else [*content, {"type": "text", "text": text}]
    return message.model_copy(update={"content": extended})
