"""The mark under one answer; `?by=ada,bob` are the authors of the corrections used, ada is who looks."""

import os
from pathlib import Path

import streamlit as st
from feedback_widgets.corrections_used import corrections_used

from feedback_store.events import Rating
from feedback_store.standing import KnownCorrection, standing_ratings
from tests.records import a_correction
from tests.ui.scene import Kept, keep, scene

FIXED = "2026-05-01T12:00:00Z"
st.session_state.changes = st.session_state.get("changes", 0)


def changed() -> None:
    st.session_state.changes += 1


turn = scene()
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
corrections_used(turn, used, viewer="ada", on_feedback=keep, on_change=changed, disputes=disputes)
