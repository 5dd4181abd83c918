"""How corrections look in a prompt: a block of JSON that no text in it can close, leave or turn into a chat turn."""

import json
import re
from collections.abc import Sequence
from typing import Final, Literal

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

Placement = Literal["human", "system"]

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e01ef]"
)
"""Controls, bidi overrides, tag characters: what a reviewer cannot see, a model must not read. Joiners stay."""
_BRACKET_TOKEN: Final = re.compile(r"\[(?=/?[A-Z_]{2,}\])")
"""Some chat templates write their control tokens as [INST]."""


def as_json(value: object) -> str:
    """Return `value` as one line of JSON that holds no control token of a chat template and no markup."""
    text = json.dumps(value, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _BRACKET_TOKEN.sub(r"\\u005b", text)


def envelope(corrections: Sequence[Document]) -> str:
    """Return the block for these documents of a `CorrectionRetriever`, best match first."""
    told = [_told(correction) for correction in corrections]
    return f"Verified by a human, newer than any other text (use it if it answers my question):\n{as_json(told)}"


def placed(messages: Sequence[BaseMessage], corrections: Sequence[Document], placement: Placement) -> list[BaseMessage]:
    """Return the messages with the block put in; the same messages where there is no correction."""
    out = list(messages)
    if not corrections:
        return out
    block = envelope(corrections)
    if placement == "system":
        if out and isinstance(out[0], SystemMessage):
            out[0] = _extended(out[0], after=f"\n\n{block}")
        else:
            out.insert(0, SystemMessage(block))
        return out
    place = last_human(out)
    if place is not None:
        out[place] = _extended(out[place], before=f"{block}\n\n")
    return out


def last_human(messages: Sequence[BaseMessage]) -> int | None:
    """Return the place of the last human message; in a tool loop that is not the last message."""
    return next((place for place in reversed(range(len(messages))) if isinstance(messages[place], HumanMessage)), None)


def _told(correction: Document) -> dict[str, str]:
    facts = {name: _visible(str(correction.metadata.get(name) or "")) for name in ("question", "corrected", "guidance")}
    words = {"question": "question", "corrected": "right answer", "guidance": "rule"}
    return {words[name]: text for name, text in facts.items() if text}


def _visible(text: str) -> str:
    return " ".join(_INVISIBLE.sub("", text).split())


def _extended(message: BaseMessage, *, before: str = "", after: str = "") -> BaseMessage:
    content = message.content
    if isinstance(content, str):
        return message.model_copy(update={"content": f"{before}{content}{after}"})
    blocks = [{"type": "text", "text": text} if text else None for text in (before, after)]
    extended = [blocks[0], *content, blocks[1]]
    return message.model_copy(update={"content": [block for block in extended if block is not None]})
