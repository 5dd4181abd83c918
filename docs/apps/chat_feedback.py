"""The line under each answer of a chat that keeps plain messages."""

import streamlit as st
from feedback_widgets import chat_feedback

from feedback_store import MemoryStore

question = {"role": "user", "content": "Do you deliver to Åland?"}
reply = {"role": "assistant", "content": "Yes, to every address in **Finland**."}
messages = st.session_state.setdefault("messages", [question, reply])
store = st.session_state.setdefault("store", MemoryStore())  # in your app a folder: store="feedback"
for message in messages:
    with st.chat_message(message["role"]):
        st.markdown(message["content"])
        chat_feedback(messages, message, store=store)
