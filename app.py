"""The front door: the help desk as an `st.App`, with the route on which the page's feedback arrives."""

import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from feedback_widgets import ingest_route
from starlette.middleware import Middleware

from demo.answering import stop_all
from demo.edge import Edge
from demo.services import close_services, find_turn, keep, services, settings, signing_key
from demo.settings import SettingsError

try:
    settings()
except SettingsError as error:
    sys.exit(f"feedback-widgets: {error}")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncGenerator[dict[str, Any] | None]:
    """Open store and model while the first page loads, and close them with the server."""
    threading.Thread(target=services, daemon=True).start()
    yield None
    stop_all()
    close_services()


app = st.App(
    "demo/main.py",
    routes=[ingest_route(keep, find_turn=find_turn, secret=signing_key())],
    middleware=[Middleware(Edge)],
    lifespan=lifespan,
)
