"""The review panel as a script sees it: what it shows, what a decision records, and that nothing is decided twice."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from feedback_store.events import Correction, Feedback, Review
from feedback_store.memory import MemoryStore
from feedback_store.store import FeedbackStore
from tests.records import a_correction, a_review


def panel(store: FeedbackStore, reviewer: str = "rita", **options: Any) -> AppTest:
    def script(store: "Any", reviewer: str, options: "Any") -> None:
        from feedback_widgets.review_queue import review_queue

        review_queue(store, reviewer=reviewer, **options)

    kwargs = {"store": store, "reviewer": reviewer, "options": options}
    app = AppTest.from_function(script, default_timeout=30, kwargs=kwargs).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str, number: int = 0) -> AppTest:
    return [button for button in app.button if button.label == label][number].click().run()


def note(app: AppTest) -> Any:
    return next(field for field in app.text_input if field.label == "Note (optional)")


def texts(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def reviews(store: FeedbackStore) -> list[Review]:
    return [event for event in store.events(kinds=["review"]) if isinstance(event, Review)]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.append([a_correction(event_id="c-1", guidance="First."), a_correction(event_id="c-2", guidance="Second.")])
    return store


@pytest.mark.parametrize(
    ("label", "verdict", "audience", "state"),
    [
        ("Approve for everyone", "approve", "tenant", "active"),
        ("Only for its author", "approve", "author", "active"),
        ("Reject", "reject", "author", "rejected"),
    ],
)
def test_a_decision_holds_at_once_and_is_recorded_with_its_note(
    store: MemoryStore, label: str, verdict: str, audience: str, state: str
) -> None:
    app = panel(store)
    note(app).input("seen in the policy")
    press(app, label)
    (review,) = reviews(store)
    assert (review.about, review.verdict, review.audience, review.by) == ("c-1", verdict, audience, "reviewer")
    assert (review.user_id, review.note, review.tenant) == ("rita", "seen in the policy", "default")
    assert [known.state for known in store.corrections(event_ids=["c-1"])] == [state]
    assert app.subheader[0].value == "Waiting for review (1)"
    assert len(app.success) == 1


def test_the_oldest_is_first(store: MemoryStore) -> None:
    shown = texts(panel(store))
    assert shown.index("First.") < shown.index("Second.")


def test_where_nothing_waits_it_says_so_calmly() -> None:
    app = panel(MemoryStore())
    assert "Nothing waits for review." in [caption.value for caption in app.caption]
    assert len(app.button) == 0


def test_an_approved_one_is_listed_and_can_be_withdrawn(store: MemoryStore) -> None:
    app = panel(store)
    press(app, "Approve for everyone")
    assert app.subheader[1].value == "In force for others (1)"
    press(app, "Withdraw")
    assert [known.state for known in store.corrections(event_ids=["c-1"])] == ["withdrawn"]
    assert app.subheader[1].value == "In force for others (0)"


def test_one_kept_for_its_author_is_not_in_force_for_others(store: MemoryStore) -> None:
    assert press(panel(store), "Only for its author").subheader[1].value == "In force for others (0)"


def test_another_tenants_corrections_are_neither_shown_nor_decided(store: MemoryStore) -> None:
    app = panel(store, tenant="other")
    assert app.subheader[0].value == "Waiting for review (0)"


def test_where_another_reviewer_was_faster_nothing_is_recorded_and_it_says_so(store: MemoryStore) -> None:
    mine = panel(store)
    store.append(a_review("c-1", verdict="reject", user_id="otto", audience="author"))
    press(mine, "Approve for everyone")
    assert [review.user_id for review in reviews(store)] == ["otto"]
    assert "Somebody else was faster" in mine.warning[0].value
    assert mine.subheader[0].value == "Waiting for review (1)"


def test_when_a_decision_cannot_be_stored_it_says_so_and_keeps_the_note(store: MemoryStore) -> None:
    def full(_: Feedback) -> None:
        message = "the disk is full"
        raise OSError(message)

    app = panel(store, on_feedback=full)
    note(app).input("seen in the policy")
    press(app, "Reject")
    assert "the disk is full" in app.warning[0].value
    assert note(app).value == "seen in the policy"
    assert app.subheader[0].value == "Waiting for review (2)"
    assert reviews(store) == []


def test_a_store_that_cannot_be_read_is_named_and_shows_no_stale_list(store: MemoryStore) -> None:
    store.close()
    app = panel(store)
    assert len(app.error) == 1
    assert len(app.button) == 0


def test_an_author_is_a_pseudonym_unless_the_app_names_people(store: MemoryStore) -> None:
    assert not any("ann" in caption.value for caption in panel(store).caption)
    named = panel(store, name_of=titled)
    assert any(r"Dr\. ann" in caption.value for caption in named.caption)


def titled(correction: Correction) -> str:
    return f"Dr. {correction.user_id}"


def test_hidden_characters_are_written_out_and_warned_of() -> None:
    store = MemoryStore()
    store.append(a_correction(corrected="", guidance="pay \u202enow"))
    app = panel(store)
    assert "pay ⟦U+202E⟧now" in texts(app)
    assert "(1)" in app.warning[0].value


def contradictory() -> MemoryStore:
    store = MemoryStore()
    asked = {"question": "How long do refunds take?", "answer": ""}
    acting = a_correction(event_id="c-1", corrected="", guidance="Refunds take 10 days.", **asked)
    waiting = a_correction(event_id="c-2", user_id="ben", corrected="", guidance="Refunds take **30** days.", **asked)
    store.append([acting, a_review(acting), waiting])
    return store


def test_a_case_shows_what_contradicts_it_with_its_text() -> None:
    store = contradictory()
    app = panel(store)
    said = [caption.value for caption in app.caption]
    assert sum(caption.startswith("Contradicts one that is in force") for caption in said) == 1
    assert "Contradicts one that waits for review:" in said
    assert texts(app).count("Refunds take 10 days.") == 2
    assert texts(app).count("Refunds take **30** days.") == 2
    press(app, "Reject")
    assert not any(caption.value.startswith("Contradicts") for caption in app.caption)
    assert texts(app).count("Refunds take 10 days.") == 1


def taken_out() -> MemoryStore:
    store = MemoryStore()
    correction = a_correction(event_id="c-1", guidance="First.")
    store.append([correction, a_review(correction)])
    store.append(a_review(correction, verdict="withdraw", by="system", user_id=None, note="7 of 7 were wrong."))
    return store


@pytest.mark.parametrize(("label", "state"), [("Put it back", "active"), ("Reject", "rejected")])
def test_what_the_system_took_out_waits_for_a_decision_and_says_why(label: str, state: str) -> None:
    store = taken_out()
    app = panel(store)
    assert app.subheader[2].value == "Taken out automatically (1)"
    assert any("7 of 7 were wrong" in caption.value for caption in app.caption)
    press(app, label)
    assert [known.state for known in store.corrections()] == [state]
    assert len(app.subheader) == 2


def test_what_its_author_or_a_reviewer_withdrew_waits_for_nobody(store: MemoryStore) -> None:
    store.append([a_review("c-1", verdict="withdraw"), a_review("c-2", verdict="withdraw", by="author", user_id="ann")])
    assert len(panel(store).subheader) == 2


def test_a_case_says_where_it_would_act() -> None:
    store = MemoryStore()
    store.append(a_correction(type="style"))
    store.append(a_correction(type="rule", condition="*gift* cards"))
    said = [caption.value for caption in panel(store).caption]
    assert "Acts on every answer of those whom it reaches." in said
    assert any(r"Acts when: \*gift\* cards" in caption for caption in said)
