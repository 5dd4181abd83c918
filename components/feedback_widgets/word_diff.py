"""The word diff for a reader: what was taken out and put in, told by sign and line."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from feedback_store.events import Feedback
from feedback_widgets._mount import mount


@dataclass(frozen=True)
class WordDiffLabels:
    """The words of `word_diff`."""

    changes: str = "What was changed"
    unchanged: str = "Nothing was changed."
    too_large: str = "The texts differ too much to show each change."


def word_diff(before: str, after: str, *, key: str, labels: WordDiffLabels | None = None) -> None:
    """Show what turned one text into the other, word by word, as inert text.

    Args:
        before: the text as it was.
        after: the text as it should be.
        key: element key of letters, digits and hyphens.
        labels: the words to show.

    """
    words = labels or WordDiffLabels()

    def data() -> Mapping[str, object]:
        return {"before": before, "after": after, "labels": asdict(words)}

    mount("word_diff", key=key, turn=(), data=data, on_feedback=_says_nothing)


def _says_nothing(_: Feedback) -> None:
    """A diff sends no acts."""
