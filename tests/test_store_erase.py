"""What every store does when a person asks to be forgotten."""

import pytest

from feedback_store.store import Erasure, FeedbackStore, Scope
from tests.records import a_correction, a_rating, a_review, a_turn

BEN = Scope(user_id="ben", tenant="default")


def test_a_person_s_records_go_with_all_that_is_about_them_and_the_others_stay(store: FeedbackStore) -> None:
    turn, other_turn = a_turn(turn_id="ann-1"), a_turn(turn_id="ben-1", user_id="ben", session_id="session-2")
    correction = a_correction(turn_id="ann-1")
    gone = [
        a_rating(turn_id="ann-1"),
        a_rating(turn_id="ann-1", user_id="rita", session_id="review-1", comment="on an answer to ann"),
        correction,
        a_review(correction, audience="everyone"),
    ]
    stays = [
        a_rating(turn_id="ben-1", user_id="ben", session_id="session-2"),
        a_rating(tenant="other"),
        a_correction(user_id="ben", session_id="session-2"),
    ]
    store.append([turn, other_turn, *gone, *stays])
    assert len(store.similar_corrections("How long do refunds take?", scope=BEN)) == 2

    assert store.erase(user_id="ann") == Erasure(turns=1, events=4, corrections=1)

    assert store.turns() == [other_turn]
    assert {event.event_id for event in store.events()} == {event.event_id for event in stays}
    assert [known.correction for known in store.corrections()] == [stays[2]]
    found = store.similar_corrections("How long do refunds take?", scope=BEN)
    assert [candidate.known.correction for candidate in found] == [stays[2]]


def test_a_session_is_forgotten_alone(store: FeedbackStore) -> None:
    kept = [
        a_rating(session_id="session-2"),
        a_turn(session_id="session-2"),
        a_rating(user_id=None, session_id="session-3"),
    ]
    store.append([a_rating(), a_turn(), a_rating(user_id=None), *kept])
    assert store.erase(session_id="session-1") == Erasure(turns=1, events=2)
    assert store.turns() == [kept[1]]
    assert {event.session_id for event in store.events()} == {"session-2", "session-3"}


def test_a_user_and_a_session_together_name_what_matches_both(store: FeedbackStore) -> None:
    store.append([a_rating(), a_rating(session_id="session-2"), a_rating(user_id="ben")])
    assert store.erase(user_id="ann", session_id="session-1") == Erasure(events=1)
    assert {(event.user_id, event.session_id) for event in store.events()} == {
        ("ann", "session-2"),
        ("ben", "session-1"),
    }


@pytest.mark.parametrize("name", ["nobody", "", "' OR '1'='1", "ann' --", "ann\0", "\\"])
def test_to_forget_somebody_unknown_removes_nothing(store: FeedbackStore, name: str) -> None:
    store.append([a_turn(), a_rating(), a_correction()])
    assert store.erase(user_id=name) == store.erase(user_id="ann", tenant=name or "none") == Erasure()
    assert (len(store.turns()), len(store.events()), len(store.corrections())) == (1, 2, 1)


def test_to_forget_without_saying_whom_is_refused(store: FeedbackStore) -> None:
    store.append(a_rating())
    with pytest.raises(ValueError, match="needs a user_id, a session_id or both"):
        store.erase()
    assert len(store.events()) == 1


def test_a_correction_returns_when_the_one_that_replaced_it_is_forgotten(store: FeedbackStore) -> None:
    old = a_correction(event_id="old", user_id="ben")
    new = a_correction(event_id="new", supersedes="old", corrected="Refunds take five days.")
    store.append([old, new, a_review("old"), a_review("new")])
    assert [candidate.known.id for candidate in store.similar_corrections("refunds", scope=BEN)] == ["new"]
    store.erase(user_id="ann")
    assert [candidate.known.id for candidate in store.similar_corrections("refunds", scope=BEN)] == ["old"]


def test_a_correction_loses_the_reviews_of_a_reviewer_who_is_forgotten(store: FeedbackStore) -> None:
    correction = a_correction()
    store.append([correction, a_review(correction)])
    assert store.erase(user_id="rita") == Erasure(events=1)
    assert [known.state for known in store.corrections()] == ["pending"]


def test_what_was_forgotten_may_be_told_again(store: FeedbackStore) -> None:
    correction = a_correction()
    store.append(correction)
    store.erase(user_id="ann")
    assert store.append(correction).stored == (correction.event_id,)
    assert [known.correction for known in store.corrections()] == [correction]
