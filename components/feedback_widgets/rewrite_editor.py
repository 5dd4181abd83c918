"""The rewrite editor: the reader edits the answer's own Markdown, sees each change, and saves it as a `Correction`.

The text stays in the browser until it is saved; `frontend/rewrite_editor.js` keeps the draft whatever the page does.
"""

from dataclasses import asdict

from feedback_store.events import Correction, Turn
from feedback_store.limits import MAX_TEXT
from feedback_widgets._mount import mount
from feedback_widgets.acts import ACT_ID
from feedback_widgets.inbox import OnFeedback
from feedback_widgets.labels import Labels
from feedback_widgets.stage import about, stage_words, standing


def rewrite_editor(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    key: str | None = None,
    given: Correction | None = None,
    labels: Labels | None = None,
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
    words = labels or Labels()
    mount(
        "rewrite_editor",
        key=key,
        turn=turn,
        data=lambda: about(turn) | standing(rewrite=shown_rewrite(given)),
        common={"labels": {"stage": stage_words(words), "rewrite": asdict(words.rewrite)}, "longest_text": MAX_TEXT},
        on_feedback=on_feedback,
    )


def shown_rewrite(given: Correction | None) -> dict[str, object] | None:
    """Return the rewrite that stands, as the browser reads it."""
    if given is None:
        return None
    made = int(given.created_at.timestamp() * 1000)
    return {"id": given.metadata.get(ACT_ID), "text": given.corrected, "at": made}
