"""Who is looking at the page."""

from dataclasses import dataclass

import streamlit as st

from demo.edge import COOKIE, person
from demo.settings import Settings
from feedback_store import new_id

TENANT = "default"


@dataclass(frozen=True)
class Viewer:
    """A person at a browser."""

    user_id: str
    is_reviewer: bool


def viewer(settings: Settings) -> Viewer:
    """Return who is looking: the browser's own name, or one for this session alone where it keeps no cookies."""
    credential = st.context.cookies.get(COOKIE)
    if not isinstance(credential, str):
        credential = str(st.session_state.setdefault("passing_person", new_id()))
    user_id = person(credential)
    return Viewer(user_id, settings.is_reviewer(user_id))
