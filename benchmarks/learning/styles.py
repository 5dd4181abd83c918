"""Styles that a program can check, the person who rewrites drafts into them, and what a rewrite shows of a style."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from feedback_widgets.edit_distance import edit_distance

BRIEF: Final = 30
"""Words of a brief text."""
CUT: Final = 20
"""To so many words a person cuts one that is longer: there is room then for a greeting."""
GREETING: Final = "Dear all,"
CLOSING: Final = "Kind regards"
CALL: Final = "Let us know what you think!"
OPENING: Final = "Imagine that you are there."
ASKING: Final = "What is this about?"
EMOJI: Final = "🙂"
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_CONTRACTED: Final = {"n't": " not", "'re": " are", "'ll": " will", "'ve": " have", "'m": " am"}


@dataclass(frozen=True)
class Style:
    """One wish: how to tell whether a text has it, how a person edits it in, and how it is told to a model."""

    name: str
    keywords: tuple[str, ...]
    """Words of PRELUDE's latent preferences that mean it."""
    rule: str
    fulfilled: Callable[[str], bool]
    rewritten: Callable[[str], str]


def _sentences(text: str) -> list[str]:
    lines = [line.strip().removeprefix("- ") for line in text.splitlines() if line.strip()]
    return [each for line in lines for each in _SENTENCE.split(line) if each]


def _bulleted(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and all(line.lstrip().startswith("- ") for line in lines)


def _shortened(text: str) -> str:
    """Keep the first words, line by line."""
    kept: list[str] = []
    left = CUT
    for line in text.splitlines():
        words = line.split()[:left]
        left -= len(words)
        if words:
            kept.append(" ".join(words))
    return "\n".join(kept)


def _expanded(text: str) -> str:
    for short, full in _CONTRACTED.items():
        text = text.replace(short, full)
    return text


STYLES: Final = (
    Style("no contractions", ("respectful", "no contractions", "formal"), "Write no contractions such as don't.",
          lambda text: not any(short in text for short in _CONTRACTED), _expanded),
    Style("brief", ("brief", "straight to the points", "short sentences", "concise"),
          f"Write at most {BRIEF} words.", lambda text: len(re.findall(r"\w+", text)) <= BRIEF, _shortened),
    Style("bullet points", ("bullet points", "structured"), "Write a list in which every line begins with a hyphen.",
          _bulleted, lambda text: "\n".join(f"- {each}" for each in _sentences(text))),
    Style("question and answer", ("question answering style", "inquisitive"), f'Begin with the question "{ASKING}".',
          lambda text: text.startswith(ASKING), lambda text: f"{ASKING} {text}"),
    Style("second person", ("second person narrative", "interactive"), f'Begin with "{OPENING}"',
          lambda text: text.startswith(OPENING), lambda text: f"{OPENING} {text}"),
    Style("greeting and closing", ("professional greeting and closing",),
          f'Begin with "{GREETING}" and end with "{CLOSING}".',
          lambda text: text.startswith(GREETING) and text.rstrip(".").endswith(CLOSING),
          lambda text: f"{GREETING}\n{text}\n{CLOSING}"),
    Style("call to action", ("call to action",), f'End with "{CALL}"',
          lambda text: text.endswith(CALL), lambda text: f"{text} {CALL}"),
    Style("emojis", ("with emojis",), f"Put {EMOJI} at the end.",
          lambda text: EMOJI in text, lambda text: f"{text} {EMOJI}"),
)  # fmt: skip  # one style a block


def wished(keywords: Iterable[str]) -> list[Style]:
    """Return the styles that these keywords name; those that no program can check are left out."""
    named = {keyword.casefold() for keyword in keywords}
    return [style for style in STYLES if named & set(style.keywords)]


def rewrite(draft: str, styles: Sequence[Style]) -> str:
    """Return what the person makes of a draft: the draft itself where nothing is amiss."""
    for style in styles:
        if not style.fulfilled(draft):
            draft = style.rewritten(draft)
    return draft


def shown(draft: str, rewritten: str) -> list[Style]:
    """Return the styles that a rewrite shows: those that it has and the draft had not."""
    return [style for style in STYLES if style.fulfilled(rewritten) and not style.fulfilled(draft)]


def cost(draft: str, rewritten: str) -> float:
    """Return the words that were changed: the word-level Levenshtein distance."""
    longer = max(len(re.findall(r"\w+|[^\w\s]", text)) for text in (draft, rewritten))
    return edit_distance(draft, rewritten) * longer
