"""Words and icons: a translation is whole, and a drawing is nothing but a drawing."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest
from feedback_widgets import GERMAN, GERMAN_REASONS, Labels, Reasons

SAME = {"named", "form.row"}
"""What is no word of any language."""


def words(tree: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, dict):
        for name, each in tree.items():  # pyright: ignore[reportUnknownVariableType]
            yield from words(each, f"{path}.{name}".lstrip("."))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(tree, (list, tuple)):
        for place, each in enumerate(tree):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from words(each, f"{path}.{place}")  # pyright: ignore[reportUnknownArgumentType]


def test_every_word_is_there_in_german() -> None:
    english, german = dict(words(asdict(Labels()))), dict(words(asdict(GERMAN)))
    assert english.keys() == german.keys()
    assert {path for path, word in english.items() if german[path] == word} == SAME


def test_a_translation_keeps_every_placeholder() -> None:
    english, german = dict(words(asdict(Labels()))), dict(words(asdict(GERMAN)))
    kept = {path: [mark for mark in ("{n}", "{why}", "{label}") if mark in word] for path, word in english.items()}
    assert [path for path, marks in kept.items() if any(mark not in german[path] for mark in marks)] == []


def test_translated_reasons_are_stored_under_the_same_names() -> None:
    for side in ("negative", "positive"):
        assert getattr(GERMAN_REASONS, side).keys() == getattr(Reasons(), side).keys()


def test_an_icon_of_another_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"icons: given thumb, allowed are bad, bad-chosen, copy, face-0"):
        Labels(icons={"thumb": "M0 0h24v24z"})


@pytest.mark.parametrize("path", ['M0 0"); } * { display: none', "url(https://example.org/x)", "", "M0 0; --x: 1"])
def test_an_icon_that_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="allowed is the path data of an SVG"):
        Labels(icons={"good": path})
