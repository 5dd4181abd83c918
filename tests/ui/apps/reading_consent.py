"""The question before an observed answer: `?turn=a&user=ada`; counts the script's runs, and says what Python knows."""

import streamlit as st
from feedback_widgets import answer, reading_consent, reading_signals

from tests.ui.apps.journal import append, turn

user = st.query_params.get("user", "ada")
st.session_state.runs = st.session_state.get("runs", 0) + 1
st.button("Rerun")
consent = reading_consent(user_id=user)
st.text(f"Run {st.session_state.runs}: consent is {consent} for {user}")
shown = turn(st.query_params["turn"], user_id=user, response=f"first {st.query_params['turn']}\n\n" + "word " * 400)
with answer(shown):
    st.markdown(shown.response)
reading_signals(on_feedback=append, consent=consent)
