"""The question whether reading may be observed. The browser keeps the answer; without a yes nothing is."""

from dataclasses import asdict, dataclass

from feedback_store.events import Turn
from feedback_widgets import tokens
from feedback_widgets._mount import ask_browser


@dataclass(frozen=True)
class ReadingConsentLabels:
    """The words of `reading_consent`."""

    region: str = "Sharing how you read"
    ask: str = "Share how you read?"
    what: str = (
        "If you allow it, this page reports how long an answer is in view, what share of it you copy, and which forms "
        "you open. Never any text."
    )
    allow: str = "Allow"
    refuse: str = "No thanks"
    switch: str = "Share how I read"
    recorded: str = "Time in view, share copied, forms opened. Never any text."
    allowed: str = "Thank you. It is shared from now on."
    refused: str = "Nothing is recorded. What was not sent yet is deleted."
    private: str = "Your browser asks not to be observed: nothing is."


def reading_consent(
    *,
    user_id: str | None,
    tenant: str = "default",
    key: str | None = None,
    labels: ReadingConsentLabels | None = None,
) -> bool:
    """Ask whether reading may be observed, and return whether it may: `reading_signals(consent=reading_consent(...))`.

    The question stands as a calm notice until it is answered, and as a switch from then on. The answer is kept in the
    browser for this person, so it outlives reloads, sessions and restarts of the server. It is False until known: a
    browser that remembers a yes says so with one rerun. A no, also in another tab, stops the observer at once and
    deletes from the device what was not sent yet. Where the browser asks for Global Privacy Control, the answer is no,
    and says so. Needs no route and no `st.App`.

    Args:
        user_id: who is asked; the answer of one person at a browser is not that of the next.
        tenant: the tenant of that person.
        key: element key of letters, digits and hyphens.
        labels: the words to show.

    """
    owner = tokens.pseudonym(Turn(session_id="consent", prompt="", user_id=user_id, tenant=tenant))
    data = {"owner": owner, "labels": asdict(labels or ReadingConsentLabels())}
    told = ask_browser("reading_consent", key=key, data=data)
    return told == {"owner": owner, "allows": True}
