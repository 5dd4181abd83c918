"""What every component that speaks about one answer gives its browser module (`frontend/stage.js`)."""

from dataclasses import asdict
from typing import Final

from feedback_store.events import Turn
from feedback_widgets.acts import displayed
from feedback_widgets.labels import Labels

_NAME_WORDS: Final = 8


def about(turn: Turn, *, copy: bool = True) -> dict[str, object]:
    """Return what is told of the turn: the question's first words, to name controls by, and the answer's Markdown."""
    words = turn.prompt.split()
    name = " ".join(words[:_NAME_WORDS])[:80] + ("…" if len(words) > _NAME_WORDS else "")
    return {"question": name, "answer": displayed(turn)} if copy else {"question": name}


def standing(**acts: dict[str, object] | None) -> dict[str, object]:
    """Return what stands of each kind of act, where there is any: `{"given": {kind: act}}`."""
    given = {kind: act for kind, act in acts.items() if act}
    return {"given": given} if given else {}


def stage_words(labels: Labels) -> dict[str, object]:
    """Return the words and drawings that all of them have."""
    return {
        "named": labels.named,
        "group": labels.group,
        "retracted": labels.retracted,
        "delivery": asdict(labels.delivery),
        "icons": dict(labels.icons),
    }
