"""The sidebar: the viewer's chats, and the question whether reading may be observed."""

import streamlit as st
from feedback_widgets import reading_consent

from demo.conversation import chats
from demo.people import TENANT, Viewer
from demo.services import Services
from feedback_store import new_id

LISTED_TURNS = 500
LISTED_CHATS = 30


def sidebar(desk: Services, me: Viewer, session_id: str) -> bool:
    """Draw the sidebar; returns whether the viewer lets its reading be observed."""
    with st.sidebar:
        st.button(
            "New chat", key="new-chat", icon=":material/edit_square:", width="stretch", on_click=_open, args=(None,)
        )
        known = chats(desk.store.turns(user_id=me.user_id, tenant=TENANT, limit=LISTED_TURNS))
        if known:
            st.caption("Your chats")
        for chat in known[:LISTED_CHATS]:
            st.button(
                chat.title,
                key=f"chat-{chat.session_id}",
                type="tertiary",
                icon=":material/chat_bubble:" if chat.session_id == session_id else ":material/chat_bubble_outline:",
                on_click=_open,
                args=(chat.session_id,),
            )
        st.divider()
        consent = reading_consent(user_id=me.user_id, tenant=TENANT)
        st.caption("Chats, feedback and corrections are kept on this computer.")
    return consent


def _open(session_id: str | None) -> None:
    st.session_state["chat"] = session_id or new_id()
    st.query_params["chat"] = st.session_state["chat"]
