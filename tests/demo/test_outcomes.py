"""What becomes of a correction whose answers readers find wrong."""

import logging

import pytest

from demo.outcomes import Outcomes
from demo.people import TENANT
from feedback_store.events import Feedback, Turn
from feedback_store.memory import MemoryStore
from feedback_store.store import StoreError
from tests.records import a_correction, a_rating, a_review, a_turn


def test_a_correction_that_spoils_answers_is_taken_out_and_the_page_does_not_wait() -> None:
    store = MemoryStore()
    outcomes = Outcomes(store)
    store.append([a_correction(event_id="c-1", tenant=TENANT), a_review("c-1", audience="tenant", tenant=TENANT)])
    for number in range(12):
        reader = f"reader-{number}"
        turn = a_turn(turn_id=f"t-{number}", user_id=reader, tenant=TENANT, correction_ids=("c-1",))
        rating = a_rating(event_id=f"r-{number}", turn_id=turn.turn_id, user_id=reader, tenant=TENANT, score=0.0)
        for record in (turn, rating):
            store.append(record)
            outcomes.heard(record)
    outcomes.close()
    assert [known.state for known in store.corrections()] == ["withdrawn"]
    assert store.corrections()[0].note


class BrokenStore(MemoryStore):
    """Cannot be read."""

    def turns(self, **_: object) -> list[Turn]:  # pyright: ignore[reportIncompatibleMethodOverride]
        msg = "the disk is gone"
        raise StoreError(msg)

    def events(self, **_: object) -> list[Feedback]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.turns()  # pyright: ignore[reportReturnType]


def test_a_store_that_cannot_be_read_is_logged_and_the_next_act_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = Outcomes(BrokenStore())
    with caplog.at_level(logging.ERROR):
        for number in range(2):
            outcomes.heard(a_rating(event_id=f"r-{number}", turn_id="t", tenant=TENANT))
        outcomes.close()
    assert [record.message for record in caplog.records] == [
        "corrections could not be judged; the next act judges them too"
    ] * 2
