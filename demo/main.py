"""The script that Streamlit runs for each browser: the pages and what they share."""

from pathlib import Path

import streamlit as st

from demo.chat import chat_page
from demo.gallery import gallery_page
from demo.models import ModelUnavailable
from demo.review import review_page
from demo.services import services
from feedback_store import StoreError

st.set_page_config(
    page_title="Help desk that learns", page_icon=str(Path(__file__).with_name("icon.svg")), layout="centered"
)

try:
    with st.spinner("Opening the store…"):
        services()
except (StoreError, ModelUnavailable) as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

st.navigation(
    [
        st.Page(chat_page, title="Chat", icon=":material/forum:", url_path="chat", default=True),
        st.Page(review_page, title="Review", icon=":material/rate_review:", url_path="review"),
        st.Page(gallery_page, title="Gallery", icon=":material/widgets:", url_path="gallery"),
    ]
).run()
