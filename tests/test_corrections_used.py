"""The mark under an answer as a script sees it: whose correction it was, and what each click records."""

from dataclasses import asdict
from pathlib import Path

import pytest
from feedback_widgets import GERMAN_CORRECTIONS_USED, CorrectionsUsedLabels
from streamlit.testing.v1 import AppTest

from feedback_store.events import Rating, Review
from tests.ui.scene import Kept

APP = Path(__file__).parent / "ui" / "apps" / "corrections_used.py"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setenv("KEPT", str(tmp_path))
    return Kept(tmp_path, "default")


def mark(by: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in {"by": by, **query}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button if button.label not in ("Rerun", "Stream")]


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label.startswith(label)).click().run()


def test_one_click_takes_back_the_viewers_own_correction_and_another_restores_it(kept: Kept) -> None:
    app = mark("ada")
    press(app, "Take back")
    assert "Taken back. The next answer goes without it." in [caption.value for caption in app.caption]
    assert labels(app) == ["Undo"]
    press(app, "Undo")
    assert labels(app) == ["Take back"]
    first, second = (event for event in kept.events() if isinstance(event, Review))
    assert (first.about, first.verdict, first.by, first.user_id) == ("c-ada", "withdraw", "author", "ada")
    assert (second.about, second.verdict) == ("c-ada", "restore")
    assert app.session_state["changes"] == 2


def test_another_persons_correction_is_disputed_on_this_turn_and_not_taken_back(kept: Kept) -> None:
    app = mark("bob")
    assert labels(app) == ["Not right here"]
    press(app, "Not right here")
    press(app, "Undo")
    assert labels(app) == ["Not right here"]
    first, second = (event for event in kept.events() if isinstance(event, Rating))
    assert (first.key, first.score, first.turn_id, first.user_id) == ("correction:c-bob", 0.0, "turn-default", "ada")
    assert first.metadata == {"correction_id": "c-bob"}
    assert (second.score, second.supersedes) == (None, first.event_id)


def test_what_was_disputed_before_is_shown_again_and_can_be_undone(kept: Kept) -> None:
    press(mark("bob,eve"), "Not right here: Said by eve")
    app = mark("bob,eve")
    assert [label.split(":")[0] for label in labels(app)] == ["Not right here", "Undo"]
    press(app, "Undo")
    first, second = (event for event in kept.events() if isinstance(event, Rating))
    assert (second.key, second.score, second.supersedes) == ("correction:c-eve", None, first.event_id)
    assert [label.split(":")[0] for label in labels(mark("bob,eve"))] == ["Not right here"] * 2


def test_several_corrections_have_a_named_button_each(kept: Kept) -> None:
    app = mark("ada,bob")
    assert [label.replace("\\", "") for label in labels(app)] == [
        "Take back: Said by ada: **75** EUR",
        "Not right here: Said by bob: **75** EUR",
    ]
    press(app, "Not right here")
    (event,) = kept.events()
    assert event.metadata == {"correction_id": "c-bob"}


def test_an_act_that_could_not_be_stored_says_so_and_can_be_tried_again(kept: Kept) -> None:
    kept.refuse()
    app = mark("ada")
    press(app, "Take back")
    assert "Not saved. Please try again." in [caption.value for caption in app.caption]
    assert labels(app) == ["Take back"]
    assert app.session_state["changes"] == 0
    kept.refuse(until_further_notice=False)
    press(app, "Take back")
    assert labels(app) == ["Undo"]
    assert len(kept.events()) == 1


def test_an_answer_that_is_an_approved_one_is_called_verified_and_the_model_can_be_asked_instead(kept: Kept) -> None:
    app = mark("bob", verified="1")
    assert "Approved by a reviewer, 01 May 2026" in [caption.value for caption in app.caption]
    assert labels(app) == ["Ask the model instead", "Not right here"]
    press(app, "Ask the model instead")
    assert "The model was asked 1 times." in [text.value for text in app.text]
    assert kept.events() == []


def test_without_a_way_to_ask_the_model_there_is_no_button_for_it_and_other_answers_have_none(kept: Kept) -> None:
    assert "Ask the model instead" not in labels(mark("bob"))


def test_every_word_of_the_mark_is_there_in_german(kept: Kept) -> None:
    english, german = asdict(CorrectionsUsedLabels()), asdict(GERMAN_CORRECTIONS_USED)
    assert [name for name, word in english.items() if german[name] == word] == []
    marks = ("{date}", "{count}")
    assert [name for name in english if any((each in english[name]) != (each in german[name]) for each in marks)] == []
    app = mark("bob", verified="1", words="german")
    assert "Von der Redaktion geprüft, 01.05.2026" in [caption.value for caption in app.caption]
    assert labels(app) == ["Lieber das Modell fragen", "Stimmt hier nicht"]
