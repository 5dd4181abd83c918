"""The correction form's app behind the POST route, as in production: it needs no rerun, and no table of its own."""

import os
from pathlib import Path

import streamlit as st
from feedback_widgets import ingest_route

from feedback_store.events import Turn
from tests.ui.scene import ANSWER, QUESTION, keep


def find_turn(turn_id: str) -> Turn:
    run = turn_id.removeprefix("turn-")
    return Turn(turn_id=turn_id, session_id=run, user_id="ada", prompt=QUESTION, response=ANSWER)


route = ingest_route(keep, find_turn=find_turn, secret=os.environ["SECRET"].encode())
app = st.App(Path(__file__).with_name("correction_form.py"), routes=[route])
