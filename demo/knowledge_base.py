"""The documents of the shop: read, split at their headings, and found again by a question. Plain LangChain."""

import re
from collections import Counter
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import Final

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter
from typing_extensions import override

from feedback_store.pair_features import topic_words
from feedback_store.words import bm25, words

SECTIONS: Final = 3
"""How many sections a prompt gets: small models read about a hundred tokens a second."""
SECTION_CHARACTERS: Final = 1200


class KnowledgeError(ValueError):
    """Raised when there is nothing to answer from: says where it was looked for and what to do."""


class KnowledgeBase:
    """The documents of a folder.

    Args:
        folder: holds Markdown files; their first heading is the title.
        embeddings: finds sections by meaning; without it they are found by words.

    Raises:
        KnowledgeError: the folder holds no Markdown file with text.

    """

    def __init__(self, folder: Path, embeddings: Embeddings | None = None) -> None:
        files = sorted(folder.glob("*.md"))
        sections = [section for file in files for section in _sections(file)]
        if not sections:
            msg = f"no documents in {folder}: put Markdown files there, or set FEEDBACK_KNOWLEDGE to another folder"
            raise KnowledgeError(msg)
        self.size = len(files)
        self.retriever = _retriever(sections, embeddings)


class WordRetriever(BaseRetriever):
    """Finds sections by their words (BM25), for an app that runs without an embedding model."""

    sections: dict[str, Document]
    counts: dict[str, Counter[str]]

    @override
    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        scores = bm25(" ".join(topic_words(query)), self.counts)
        return [self.sections[key] for key in sorted(scores, key=lambda key: -scores[key])[:SECTIONS]]


def _retriever(sections: list[Document], embeddings: Embeddings | None) -> BaseRetriever:
    if embeddings is None:
        by_id = {str(section.id): section for section in sections}
        counts = {key: Counter(words(section.page_content)) for key, section in by_id.items()}
        return WordRetriever(sections=by_id, counts=counts)
    index = InMemoryVectorStore(embeddings)
    index.add_documents(sections)
    return index.as_retriever(search_kwargs={"k": SECTIONS})


def _sections(file: Path) -> list[Document]:
    """Return the sections of a file, each with its title, and with an id that names it: `returns#deadline`."""
    split = MarkdownHeaderTextSplitter([("#", "title"), ("##", "section")])
    cut = RecursiveCharacterTextSplitter(chunk_size=SECTION_CHARACTERS, chunk_overlap=100)
    found: dict[str, Document] = {}
    for part in cut.split_documents(split.split_text(file.read_text(encoding="utf-8"))):
        headings = [str(part.metadata[level]) for level in ("title", "section") if level in part.metadata]
        text = " ".join(part.page_content.split())
        id_ = _unused("#".join([file.stem, *map(_slug, headings[1:])]), found)
        found[id_] = Document(id=id_, page_content=": ".join(filter(None, [", ".join(headings), text])))
    return list(found.values())


def _unused(name: str, taken: Collection[str]) -> str:
    return next(each for number in count(1) if (each := name if number == 1 else f"{name}-{number}") not in taken)


def _slug(heading: str) -> str:
    return re.sub(r"\W+", "-", heading.casefold()).strip("-")
