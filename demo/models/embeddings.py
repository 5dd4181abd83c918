"""Opens the embedding model that the settings name."""

from langchain.embeddings import init_embeddings
from langchain_core.embeddings import Embeddings

from demo.models.explain import ModelUnavailable, explain
from demo.models.minilm import MiniLM
from demo.models.package_files import WeightsError
from demo.settings import Settings


def open_embeddings(settings: Settings) -> Embeddings | None:
    """Return the embeddings to recall corrections with, or None where the settings say `none`.

    Raises:
        ModelUnavailable: They cannot be opened: says why and what to do.
    """
    if settings.embeddings == "none":
        return None
    try:
        return MiniLM() if settings.embeddings == "minilm" else init_embeddings(settings.embeddings)
    except WeightsError as error:
        msg = f"{error} Or set FEEDBACK_EMBEDDINGS to none or to another provider."
        raise ModelUnavailable(msg) from error
    except Exception as error:
        raise ModelUnavailable(explain(error)) from error
