"""The models of the demo: the local default, and whatever FEEDBACK_MODEL and FEEDBACK_EMBEDDINGS name instead."""

from demo.models.chat import ChatModel, ModelUnavailable, open_chat_model
from demo.models.embeddings import open_embeddings
from demo.models.explain import explain
from demo.models.local_server import Failed, Preparing, Ready, State
from demo.models.minilm import MiniLM

__all__ = [
    "ChatModel",
    "Failed",
    "MiniLM",
    "ModelUnavailable",
    "Preparing",
    "Ready",
    "State",
    "explain",
    "open_chat_model",
    "open_embeddings",
]
