"""Why what a browser says cannot become an event, in words; None where nothing stands against it."""

from typing import Final

from feedback_store.events import Span

_UNITS: Final = {"dwell": "ms", "copy": "share"}
_DWELL_LENIENCE_MS: Final = 5_000


def rewrite_fault(text: str, answer: str) -> str | None:
    """Judge a rewrite of an answer."""
    if text == answer:
        return "the text is the answer as it was: nothing to save"
    return None if text.strip() else "the text is empty: write what the answer should have been"


def span_fault(span: Span, answer: str) -> str | None:
    """Judge a passage: its words must be the answer's own, at that place."""
    if answer[span.start : span.end] != span.text:
        return "the passage is not in the answer at that place: select it again"
    return None if span.text.strip() else "the passage is empty: select some words"


def signal_fault(name: str, value: float, unit: str, age_ms: float) -> str | None:
    """Judge a total about a turn that is `age_ms` old."""
    allowed = _UNITS.get(name, "count")
    if unit != allowed:
        return f"unit: {name} is measured in {allowed}, given {unit}"
    if unit == "share" and value > 1:
        return f"value: a share is at most 1, given {value:g}"
    if unit == "ms" and value > age_ms + _DWELL_LENIENCE_MS:
        return f"value: {value:.0f} ms is longer than the turn exists"
    return None
