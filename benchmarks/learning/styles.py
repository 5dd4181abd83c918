"""Styles that a program can check, the person who rewrites drafts into them, and what a rewrite shows of a style."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from feedback_widgets.edit_distance import edit_distance

BRIEF: Final = 30
"""Words of a brief text, a greeting and the like not counted."""
GREETING: Final = "Dear all,"
CLOSING: Final = "Kind regards"
CALL: Final = "Let us know what you think!"
OPENING: Final = "Imagine that you are there."
ASKING: Final = "What is this about?"
EMOJI: Final = "🙂"
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_CONTRACTED: Final = {"n't": " not", "'re": " are", "'ll": " will", "'ve": " have", "'m": " am"}
_WORD: Final = re.compile(r"\w+")
_LIST_MARK: Final = "- "
_HEADS: Final = re.compile(
    "|".join(rf"\s*(?:{_LIST_MARK})?{re.escape(each)}\s*" for each in (GREETING, OPENING, ASKING))
)
_TAILS: Final = re.compile(
    "|".join(rf"\s*(?:{_LIST_MARK})?{re.escape(each)}\.?\s*$" for each in (CLOSING, CALL, EMOJI))
)


@dataclass(frozen=True)
class Style:
    """One wish: how to tell whether a text has it, how a person edits it in, and how it is told to a model."""

    name: str
    keywords: tuple[str, ...]
    """Words of PRELUDE's latent preferences that mean it."""
    rule: str
    fulfilled: Callable[[str], bool]
    rewritten: Callable[[str], str]


@dataclass(frozen=True)
class _Framed:
    """A text taken apart: what some styles put before and after it, and the body that the others are about."""

    head: str
    body: str
    tail: str


def _framed(text: str) -> _Framed:
    """Take a text apart. A frame's own list mark and full stop belong to it."""
    start, end = 0, len(text)
    while found := _HEADS.match(text, start, end):
        start = found.end()
    while (found := _TAILS.search(text[start:end])) is not None:
        end = start + found.start()
    return _Framed(text[:start], text[start:end], text[end:])


def _of_body(told: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: told(_framed(text).body)


def _in_body(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        framed = _framed(text)
        return f"{framed.head}{change(framed.body)}{framed.tail}"

    return changed


def _sentences(text: str) -> list[str]:
    lines = [line.strip().removeprefix(_LIST_MARK) for line in text.splitlines() if line.strip()]
    return [each for line in lines for each in _SENTENCE.split(line) if each]


def _bulleted(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and all(line.lstrip().startswith(_LIST_MARK) for line in lines)


def _shortened(text: str) -> str:
    """Keep the first words, with the lines in which they stand."""
    words = [found.end() for found in _WORD.finditer(text)]
    return text[: words[BRIEF - 1]] if len(words) > BRIEF else text


def _expanded(text: str) -> str:
    for short, full in _CONTRACTED.items():
        text = text.replace(short, full)
    return text


def _greeted(text: str) -> str:
    framed = _framed(text)
    greeting = "" if GREETING in framed.head else f"{GREETING}\n"
    closing = "" if CLOSING in framed.tail else f"\n{CLOSING}"
    return f"{greeting}{text}{closing}"


STYLES: Final = (
    Style("no contractions", ("respectful", "no contractions", "formal"), "Write no contractions such as don't.",
          lambda text: not any(short in text for short in _CONTRACTED), _expanded),
    Style("brief", ("brief", "straight to the points", "short sentences", "concise"),
          f"Write at most {BRIEF} words.",
          _of_body(lambda body: len(_WORD.findall(body)) <= BRIEF), _in_body(_shortened)),
    Style("bullet points", ("bullet points", "structured"), "Write a list in which every line begins with a hyphen.",
          _of_body(_bulleted),
          _in_body(lambda body: "\n".join(f"{_LIST_MARK}{each}" for each in _sentences(body)))),
    Style("question and answer", ("question answering style", "inquisitive"), f'Begin with the question "{ASKING}".',
          lambda text: ASKING in _framed(text).head, lambda text: f"{ASKING} {text}"),
    Style("second person", ("second person narrative", "interactive"), f'Begin with "{OPENING}"',
          lambda text: OPENING in _framed(text).head, lambda text: f"{OPENING} {text}"),
    Style("greeting and closing", ("professional greeting and closing",),
          f'Begin with "{GREETING}" and end with "{CLOSING}".',
          lambda text: GREETING in _framed(text).head and CLOSING in _framed(text).tail, _greeted),
    Style("call to action", ("call to action",), f'End with "{CALL}"',
          lambda text: CALL in _framed(text).tail, lambda text: f"{text} {CALL}"),
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


def repeats(draft: str, example: str, source: str, *, run: int = 5) -> bool:
    """Tell whether a draft has words of the example in a row that its source has not, greetings and the like apart."""

    def runs(text: str) -> set[tuple[str, ...]]:
        words = [word.casefold() for word in _WORD.findall(text)]
        return {tuple(words[place : place + run]) for place in range(len(words) - run + 1)}

    return bool((runs(_framed(draft).body) & runs(_framed(example).body)) - runs(source))


def cost(draft: str, rewritten: str) -> float:
    """Return the words that were changed: the word-level Levenshtein distance."""
    longer = max(len(re.findall(r"\w+|[^\w\s]", text)) for text in (draft, rewritten))
    return edit_distance(draft, rewritten) * longer
