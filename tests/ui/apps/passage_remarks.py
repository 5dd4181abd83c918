"""Marks on answers `?turn=a&turn=b`; `?answer=` is their text, `?bar=yes` the whole bar; `?given=no`: nothing kept."""

import streamlit as st
from feedback_widgets import answer, feedback_bar, passage_remarks

from feedback_store.events import Rating, parse_feedback
from feedback_store.standing import standing_ratings
from tests.ui.apps.journal import EVENTS, append, turn

ANSWER = """The **cap** is 60 EUR per day, and the cap is firm.

- Breakfast is `included`.
- Alcohol is *not*.

```py
if meal > 60:
    print("too much")
```
"""

lines = EVENTS.read_text().splitlines() if EVENTS.exists() else []
kept = [event for line in lines if isinstance(event := parse_feedback(line), Rating)]
if st.query_params.get("given") == "no":
    kept = []
st.session_state.runs = st.session_state.get("runs", 0) + 1
st.text(f"run {st.session_state.runs}")
st.button("Rerun")
if st.toggle("Banner"):
    st.info("A banner has appeared and moved everything below it.")
for turn_id in st.query_params.get_all("turn"):
    shown = turn(turn_id, response=st.query_params.get("answer", ANSWER))
    given = [rating for (about, _, _), rating in standing_ratings(kept).items() if about == turn_id]
    with answer(shown), st.chat_message("assistant"):
        st.markdown(shown.response)
        if st.query_params.get("bar"):
            feedback_bar(shown, on_feedback=append, remarks=given)
        else:
            passage_remarks(shown, on_feedback=append, given=given)
