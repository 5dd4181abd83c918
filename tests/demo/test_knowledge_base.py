"""The documents of the shop are read, split at their headings and found."""

from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings

from demo.knowledge_base import SECTIONS, KnowledgeBase, KnowledgeError
from demo.models import MiniLM

FOLDER = Path("demo/knowledge")
QUESTIONS = {
    "How many days do I have to return something?": "returns#deadline",
    "What does express delivery cost?": "express-delivery#what-it-costs",
    "How long is a gift card valid?": "gift-cards#how-long-a-card-is-valid",
    "How long is the warranty on furniture?": "warranty#how-long-it-lasts",
    "Which payment methods are there, and is PayPal accepted?": "payment#ways-to-pay",
    "When do Oak Club points expire?": "loyalty-points#when-points-expire",
}


@pytest.mark.parametrize(("by_meaning", "least"), [(True, 6), (False, 5)])
def test_the_section_that_answers_is_among_those_found(minilm: MiniLM, by_meaning: bool, least: int) -> None:
    knowledge = KnowledgeBase(FOLDER, minilm if by_meaning else None)
    found = {question: [each.id for each in knowledge.retriever.invoke(question)] for question in QUESTIONS}
    assert all(len(sections) <= SECTIONS for sections in found.values())
    assert sum(section in found[question] for question, section in QUESTIONS.items()) >= least


def test_the_shop_has_about_twenty_short_documents_of_several_sections(minilm: MiniLM) -> None:
    files = sorted(FOLDER.glob("*.md"))
    assert KnowledgeBase(FOLDER, minilm).size == len(files) >= 20
    for file in files:
        text = file.read_text()
        assert 80 <= len(text.split()) <= 200, file.name
        assert text.startswith("# ")
        assert text.count("\n## ") >= 2


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def test_a_section_is_told_with_its_title_and_named_by_its_file_and_heading(tmp_path: Path) -> None:
    write(tmp_path, returns="# Returns\n\n## Deadline & cost\n\nWithin a month,\nfree of charge.\n")
    (section,) = KnowledgeBase(tmp_path).retriever.invoke("month")
    assert section.page_content == "Returns, Deadline & cost: Within a month, free of charge."
    assert section.id == "returns#deadline-cost"


def test_a_long_section_becomes_several_with_ids_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, terms="# Terms\n\n## All\n\n" + "The buyer pays the price. " * 100)
    found = KnowledgeBase(tmp_path).retriever.invoke("price")
    assert len({section.id for section in found}) == len(found) == SECTIONS


def test_a_file_without_headings_is_a_section_too(tmp_path: Path) -> None:
    write(tmp_path, note="The cellar is open.")
    (section,) = KnowledgeBase(tmp_path).retriever.invoke("cellar")
    assert (section.id, section.page_content) == ("note", "The cellar is open.")


@pytest.mark.parametrize("embeddings", [None, "minilm"])
def test_a_question_that_nothing_fits_is_answered_without_an_error(
    tmp_path: Path, minilm: Embeddings, embeddings: str | None
) -> None:
    write(tmp_path, note="The cellar is open.")
    assert len(KnowledgeBase(tmp_path, minilm if embeddings else None).retriever.invoke("zebra")) <= 1


@pytest.mark.parametrize("text", [None, "", "\n\n"])
def test_a_folder_without_documents_is_refused_with_what_to_do(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        write(tmp_path, empty=text)
    with pytest.raises(KnowledgeError, match="put Markdown files there, or set FEEDBACK_KNOWLEDGE"):
        KnowledgeBase(tmp_path)
