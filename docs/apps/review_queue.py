"""The panel in which somebody decides whom a correction may reach."""

import streamlit as st
from feedback_widgets import review_queue

from feedback_store import Correction, MemoryStore, new_id

store = st.session_state.setdefault("store", MemoryStore())  # in your app the one that the chat writes to
if not store.events():
    asked, was, right = "How long is the warranty on a sofa?", "It is 1 year.", "It is 2 years."
    store.append(Correction(session_id=new_id(), user_id="ada", question=asked, answer=was, corrected=right))
review_queue(store, reviewer="rita")
