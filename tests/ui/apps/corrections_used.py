"""The mark under one answer; `?by=ada,bob` are the authors of the corrections used, ada is who looks.

With `?verified=1` the answer is the correction itself, and with `?words=german` the mark is German.
"""

import os
from pathlib import Path

import streamlit as st
from feedback_widgets.corrections_used import corrections_used
from feedback_widgets.german import GERMAN_CORRECTIONS_USED

from feedback_store.events import Rating
from feedback_store.standing import KnownCorrection, standing_ratings
from feedback_store.verified import VERIFIED_TAG
from tests.records import a_correction
from tests.ui.scene import Kept, keep, scene

FIXED = "2026-05-01T12:00:00Z"
st.session_state.changes = st.session_state.get("changes", 0)


def changed() -> None:
    st.session_state.changes += 1


def ask_model() -> None:
    st.session_state.asked = st.session_state.get("asked", 0) + 1


turn = scene(tags=(VERIFIED_TAG,) if "verified" in st.query_params else ())
used = [
    KnownCorrection.model_validate(
        {
            "correction": a_correction(
                event_id=f"c-{author}", user_id=author, guidance=f"Said by {author}: **75** EUR"
            ),
            "state": "active",
            "audience": "tenant",
            "updated_at": FIXED,
        }
    )
    for author in st.query_params.get("by", "ada").split(",")
]
kept = Kept(Path(os.environ["KEPT"]), turn.session_id).events()
disputes = list(standing_ratings([event for event in kept if isinstance(event, Rating)]).values())
corrections_used(
    turn,
    used,
    viewer="ada",
    on_feedback=keep,
    on_change=changed,
    on_ask_model=ask_model,
    disputes=disputes,
    labels=GERMAN_CORRECTIONS_USED if st.query_params.get("words") == "german" else None,
)
if "asked" in st.session_state:
    st.text(f"The model was asked {st.session_state.asked} times.")
