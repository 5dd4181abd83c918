"""What the figures of the learning benchmarks rest on: how answers are judged, kept, counted, written and drawn."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from benchmarks.learning import answers as of_models
from benchmarks.learning import stream
from benchmarks.learning.answers import KeptAnswers, chat_model
from benchmarks.learning.curves import draw
from benchmarks.learning.intervals import gain, mcnemar, wilson
from benchmarks.learning.matching import first_sentence, holds, same
from benchmarks.learning.results import Results
from benchmarks.learning.rows import rows
from benchmarks.learning.styles import STYLES, cost, repeats, rewrite, shown
from demo.models.weights import Weights
from tests.fake_model import FakeModel

DRAFT = (
    "They don't open early. The shop is closed on Monday, and on all other days it opens at nine and shuts at six. "
    "In the week before Christmas it stays open until eight for those who come from work."
)


@pytest.mark.parametrize(
    ("answer", "target", "right"),
    [
        ("It was founded in Lyon.", "Lyon", True),
        ("LYON", "lyon", True),
        ("In Lyons.", "Lyon", False),
        ("Paris. It was Lyon before.", "Lyon", False),
        ("The lake lies near St. Petersburg. It is cold.", "St. Petersburg", True),
        ("J. R. Smith wrote it.", "J. R. Smith", True),
        ("She plays the bassoon", "a bassoon", True),
        ("On July 19, 1809.", "19 July 1809", True),
        ("On July 19, 1810.", "19 July 1809", False),
        ("Łęczno\nin Poland", "Poland", False),
        ("", "Lyon", False),
        ("anything", "", False),
    ],
)
def test_an_answer_is_right_where_its_first_sentence_holds_the_target(answer: str, target: str, right: bool) -> None:
    assert holds(answer, target) is right


def test_any_name_of_the_target_is_right() -> None:
    assert holds("It is the UK.", "United Kingdom", "UK")
    assert same("the U.S.", ["United States", "U.S."])
    assert not same("the U.S. Army", ["U.S."])


def test_the_first_sentence_ends_at_its_stop_and_not_at_an_initial() -> None:
    assert first_sentence("It is J. Smith. He is old.") == "It is J. Smith."
    assert first_sentence("One\nTwo") == "One"


def test_wilson_s_interval_is_the_published_one() -> None:
    low, high = wilson(81, 263)  # Newcombe 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20)[1] == 1.0


def test_a_gain_is_paired_and_its_interval_holds_it() -> None:
    ours = [True] * 30 + [False] * 10
    theirs = [True] * 10 + [False] * 20 + [True] * 2 + [False] * 8
    difference, low, high = gain(ours, theirs)
    assert difference == pytest.approx(18 / 40)
    assert low < difference < high
    assert mcnemar(ours, theirs) == pytest.approx(2 * (1 + 22 + 231) / 2**22)
    assert mcnemar(ours, ours) == 1.0


def test_no_smaller_model_answers_in_the_place_of_the_one_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_is_installed(weights: Weights) -> list[str]:
        return [*weights.packages]

    monkeypatch.setattr(of_models, "missing_packages", nothing_is_installed)
    with (
        pytest.raises(SystemExit, match=r"1\.5B .*is not installed: run scripts/app once"),
        chat_model("local", tmp_path),
    ):
        pass


def test_answers_are_kept_on_disk_by_model_and_messages(tmp_path: Path) -> None:
    asked = FakeModel(says="Lyon")
    for _ in range(2):
        answers = KeptAnswers(tmp_path, "a model")
        model = asked.model_copy(update={"cache": answers})
        assert model.invoke("Where?").text == "Lyon"
        answers.close()
    assert len(asked.asked) == 1
    other = KeptAnswers(tmp_path, "another model")
    asked.model_copy(update={"cache": other}).invoke("Where?")
    other.close()
    assert len(asked.asked) == 2


def test_the_rows_of_the_data_folder_are_used_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "zsre_edits.jsonl").write_text('{"id": "b"}\n\n{"id": "a"}\n', encoding="utf-8")
    assert sorted(str(row["id"]) for row in rows("zsre_edits.jsonl", tmp_path)) == ["a", "b"]
    assert len(rows("zsre_edits.jsonl", tmp_path / "nowhere", quiet=True)) == 30


def test_an_intent_is_what_the_answer_begins_with() -> None:
    assert stream.intent_of("The synonym for big is large, its antonym small.") == "synonym"
    assert stream.intent_of("a sentence with ship is: a definition") == "sentence"
    assert stream.intent_of("large") is None
    assert stream.cumulative([True, False]) == [1.0, 0.5]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_a_style_holds_after_its_rewrite_shows_in_it_and_costs_nothing_more(style: object) -> None:
    (each,) = [one for one in STYLES if one == style]
    wanted = rewrite(DRAFT, [each])
    assert each.fulfilled(wanted)
    assert each in shown(DRAFT, wanted)
    assert cost(DRAFT, wanted) > 0
    assert rewrite(wanted, [each]) == wanted
    assert cost(wanted, wanted) == 0


@pytest.mark.parametrize(
    "draft",
    [
        DRAFT,
        "Dear all,\n\nThe storm broke eleven spruces. They aren't cleared yet.\n\nKind regards.",
        "Imagine that you are there. You sit on it. Let us know what you think! \N{SLIGHTLY SMILING FACE}",
        "- Dear all,\n- One thing.\n- Kind regards",
        "What is this about? Dear all, nothing.",
        "",
    ],
)
def test_what_a_person_has_rewritten_has_every_style_wished_for_and_is_not_rewritten_again(draft: str) -> None:
    """Else a model that writes just so would be charged for it, as it was: a greeting is no line of a list."""
    for wishes in (each for count in range(1, len(STYLES) + 1) for each in combinations(STYLES, count)):
        wanted = rewrite(draft, wishes)
        assert wanted == rewrite(wanted, wishes), [style.name for style in wishes]
        if draft:
            assert [style.name for style in wishes if not style.fulfilled(wanted)] == []


def test_figures_are_written_as_lines_of_json_with_goal_and_interval(tmp_path: Path) -> None:
    results = Results(tmp_path / "out.jsonl")
    results.sheet("zsre", "N=10").share("A3", "PS", [True, True, False])
    (line,) = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert line == {
        "bench": "learning",
        "suite": "zsre",
        "case": "N=10",
        "arm": "A3",
        "metric": "PS",
        "value": 0.6667,
        "low": 0.2077,
        "high": 0.9385,
        "n": 3,
        "goal": ">= 0.96",
        "anchor": "SERAC 0.991, IKE 1.000 (teacher-forced)",
    }
    assert results.table().count("\n") == 2


def test_a_curve_is_drawn_within_its_picture(tmp_path: Path) -> None:
    points = [(place / 100, place % 7 / 7) for place in range(50)]
    draw(tmp_path / "curve.svg", "A curve", ("across", "up"), {"one <line>": points}, widest=0.1)
    picture = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    assert "one &lt;line&gt;" in picture
    assert picture.count("<polyline") == 1


def test_a_draft_repeats_an_example_where_it_says_what_only_the_example_says() -> None:
    example = "Dear all,\n- Bathers should wear shoes at the jetty.\nKind regards"
    source = "The pond has many frogs this year."
    assert repeats("Dear all,\n- Many frogs; bathers should wear shoes at the jetty.\nKind regards", example, source)
    assert not repeats("Dear all,\n- The pond has many frogs.\nKind regards", example, source), (
        "greetings are not content"
    )
    assert not repeats(
        "Bathers should wear shoes at the jetty.", example, f"{source} Bathers should wear shoes at the jetty."
    )
