"""The rewrite editor: the reader edits the answer's own Markdown, sees each change, and saves it as a `Correction`.

The text stays in the browser until it is saved; `frontend/rewrite_editor.js` keeps the draft whatever the page does.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from feedback_store.events import Correction, Turn
from feedback_store.limits import MAX_TEXT
from feedback_widgets._mount import mount
from feedback_widgets.acts import ACT_ID, displayed
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.labels import DeliveryLabels


@dataclass(frozen=True)
class RewriteLabels:
    """The words of `rewrite_editor`. `named` is the accessible name of each control: no two messages sound alike."""

    named: str = "{action}: {question}"
    edit: str = "Edit answer"
    resume: str = "Continue editing"
    text: str = "The answer as it should be"
    changes: str = "Your changes"
    unchanged: str = "No change yet."
    too_large: str = "The texts differ too much to show each change. All of it will be saved."
    save: str = "Save"
    cancel: str = "Cancel"
    reset: str = "Reset"
    delivery: DeliveryLabels = field(default_factory=DeliveryLabels)


def rewrite_editor(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    key: str | None = None,
    given: Correction | None = None,
    labels: RewriteLabels | None = None,
) -> None:
    """Show a button that opens the answer for editing; each save is a `Correction` with the whole text, byte for byte.

    Nothing is stored while the text is unchanged. Closing keeps the draft; a later save supersedes the earlier one.

    Args:
        turn: the question and answer that is rewritten.
        on_feedback: gets the correction; the browser repeats the act until the call has returned.
        key: element key of letters, digits and hyphens; default is made from the turn's id.
        given: this reader's rewrite that stands, as read from the store: editing goes on from it.
        labels: the words to show.

    """
    words = labels or RewriteLabels()
    act_id = given.metadata.get(ACT_ID) if given else None

    def data() -> Mapping[str, object]:
        return {
            "turn": turn.turn_id,
            "question": " ".join(turn.prompt.split())[:80],
            "answer": displayed(turn),
            "given": {"id": act_id, "text": given.corrected} if given else None,
            "labels": asdict(words),
            "longest": MAX_TEXT,
        }

    mount("rewrite_editor", key=key, turn=turn, data=data, on_feedback=on_feedback, width="content")
