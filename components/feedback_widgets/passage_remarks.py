"""Remarks on passages: select words of the answer, say that they are wrong or right, and why.

Each is a `Rating` of its own, with the `Span` and a criterion named by it, so that many stand side by side. Where the
words are on the page, and where in the answer's Markdown, is found out in the browser (`frontend/passage_text.js`).
"""

from collections.abc import Sequence
from dataclasses import asdict

from feedback_store.events import Rating, Turn
from feedback_store.limits import MAX_NOTE
from feedback_widgets._mount import mount
from feedback_widgets.acts import ACT_ID, PASSAGE
from feedback_widgets.inbox import OnFeedback, last_ratings
from feedback_widgets.labels import Labels
from feedback_widgets.stage import about, stage_words, standing


def passage_remarks(
    turn: Turn,
    *,
    on_feedback: OnFeedback,
    given: Sequence[Rating] = (),
    key: str | None = None,
    labels: Labels | None = None,
) -> None:
    """Let the reader mark passages of an answer; hand a `Rating` with a `Span` to `on_feedback` for each.

    Selected words get a small bar beside them: "Wrong" and "Right" are stored at once, "Remark" asks for words too.
    The button opens the same for the keyboard, with all remarks made before. Marked passages stay marked.

    The answer is found by the container of `answer(turn)`, else in the chat message, or the block, that has this in it.

    Args:
        turn: the question and answer that is remarked on.
        on_feedback: gets each rating; its score is 0 (wrong), 1 (right) or None (taken back).
        given: this reader's verdicts that stand on this answer, as read from the store; those on no passage are passed
            over. One made later in this process goes before them.
        key: element key of letters, digits and hyphens; default is made from the turn's id.
        labels: the words to show.

    """
    words = labels or Labels()
    mount(
        "passage_remarks",
        key=key,
        turn=turn,
        data=lambda: about(turn) | standing(**shown_remarks(turn, given)),
        common={"labels": {"stage": stage_words(words), "passage": asdict(words.passage)}, "longest": MAX_NOTE},
        on_feedback=on_feedback,
    )


def shown_remarks(turn: Turn, given: Sequence[Rating]) -> dict[str, dict[str, object] | None]:
    """Return what stands on each passage, as the browser reads it."""
    known = [rating for rating in (*given, *last_ratings(turn).values()) if rating.key.startswith(PASSAGE)]
    newest = {rating.key: rating for rating in sorted(known, key=lambda rating: rating.created_at)}
    return {f"remark:{key.removeprefix(PASSAGE)}": _shown(rating) for key, rating in newest.items() if rating.span}


def _shown(rating: Rating) -> dict[str, object]:
    return {
        "id": rating.metadata.get(ACT_ID),
        "span": rating.span.model_dump() if rating.span else None,
        "score": rating.score,
        "comment": rating.comment,
        "at": int(rating.created_at.timestamp() * 1000),
    }
