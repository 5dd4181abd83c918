"""The mark under an answer as a script sees it: whose correction it was, and what each click records."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from feedback_store.events import Rating, Review
from tests.ui.scene import Kept

APP = Path(__file__).parent / "ui" / "apps" / "corrections_used.py"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setenv("KEPT", str(tmp_path))
    return Kept(tmp_path, "default")


def mark(by: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.query_params["by"] = by
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
