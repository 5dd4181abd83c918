"""What a chain is told before it answers: the corrections in scope, for this person, now."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_store.asked_alike import Likeness
from feedback_store.events import Correction, Review
from feedback_store.gate import Judged
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.standing import KnownCorrection, in_force
from feedback_store.store import Candidate, FeedbackStore, Scope, StoreError
from tests.records import a_correction, a_review

QUESTION = "How long do refunds take?"
ANN = Scope(user_id="ann", tenant="default")
BOB = Scope(user_id="bob", tenant="default")


class OpenGate:
    """Lets everything through, so that only the rest of the path decides."""

    def judge(self, question: str, candidates: Sequence[Candidate], likeness: Likeness | None = None) -> list[Judged]:
        return [Judged(candidate, 1.0, in_scope=True) for candidate in candidates]


class LyingStore(MemoryStore):
    """Returns every correction to everybody."""

    def similar_corrections(self, question: str, *, scope: Scope, limit: int = 20) -> list[Candidate]:
        return [Candidate(known=known) for known in self.corrections()]


class BrokenStore(MemoryStore):
    """Cannot be searched."""

    def similar_corrections(self, question: str, *, scope: Scope, limit: int = 20) -> list[Candidate]:
        msg = "the disk is gone"
        raise StoreError(msg)


def told(store: FeedbackStore, scope: Scope, question: str = QUESTION) -> list[str]:
    return [each.known.correction.corrected for each in CorrectionMemory(store).recall(question, scope=scope)]


def later(minutes: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)


def test_an_authors_correction_acts_on_its_author_at_once_and_on_nobody_else() -> None:
    store = MemoryStore()
    store.append(a_correction(corrected="Ten days."))
    assert told(store, ANN) == ["Ten days."]
    assert told(store, BOB) == []
    assert told(store, Scope()) == []


def test_an_approval_acts_on_others_with_the_next_question_and_a_withdrawal_ends_it_with_the_next() -> None:
    store = MemoryStore()
    correction = a_correction(corrected="Ten days.")
    store.append(correction)
    memory = CorrectionMemory(store)
    assert memory.recall(QUESTION, scope=BOB) == []
    store.append(a_review(correction))
    assert [each.id for each in memory.recall(QUESTION, scope=BOB)] == [correction.event_id]
    store.append(a_review(correction, verdict="withdraw"))
    assert memory.recall(QUESTION, scope=BOB) == []


def test_a_person_without_identity_is_told_only_what_is_approved_for_everyone() -> None:
    store = MemoryStore()
    tenants, everyones = a_correction(), a_correction(question="Do you sell tents?", corrected="Yes, tents.")
    store.append([tenants, everyones, a_review(tenants), a_review(everyones, audience="everyone")])
    assert told(store, Scope()) == []
    assert told(store, Scope(), "Do you sell tents?") == ["Yes, tents."]


def test_what_is_recalled_says_how_sure_the_gate_is_and_why() -> None:
    store = MemoryStore()
    store.append(a_correction())
    (recalled,) = CorrectionMemory(store).recall(QUESTION, scope=ANN)
    assert 0.8 < recalled.score <= 1
    assert recalled.features["same_words"] == 1


def test_of_two_approved_corrections_of_one_question_the_newer_approval_wins() -> None:
    store = MemoryStore()
    first = a_correction(user_id="cid", corrected="Ask the desk.", created_at=later(5))
    second = a_correction(user_id="dan", corrected="It depends on your bank.", created_at=later(1))
    store.append([first, second, a_review(first, created_at=later(7)), a_review(second, created_at=later(9))])
    assert told(store, BOB) == ["It depends on your bank."]


def test_the_approved_correction_of_the_very_question_goes_before_a_newer_one_of_a_neighbour() -> None:
    store = MemoryStore()
    asked = a_correction(user_id="cid", corrected="Ten days.", created_at=later(1))
    card = a_correction(user_id="cid", question="How long do refunds to a card take?", corrected="Two days.")
    store.append([asked, card, a_review(asked, created_at=later(7)), a_review(card, created_at=later(9))])
    assert told(store, BOB)[0] == "Ten days."
    assert told(store, BOB, "How long do refunds to a card take?")[0] == "Two days."


def test_a_persons_own_correction_goes_before_the_approved_one_for_that_person_alone() -> None:
    store = MemoryStore()
    own = a_correction(corrected="Ten days.", created_at=later(1))
    approved = a_correction(user_id="cid", corrected="Five days.", created_at=later(2))
    store.append([own, approved, a_review(approved, created_at=later(3))])
    assert told(store, ANN) == ["Ten days."]
    assert told(store, BOB) == ["Five days."]


def test_the_newest_of_a_persons_own_corrections_of_one_question_wins() -> None:
    store = MemoryStore()
    store.append([a_correction(corrected=f"{days} days.", created_at=later(days)) for days in (3, 9, 6)])
    assert told(store, ANN) == ["9 days."]


def test_answers_that_contradict_each_other_are_not_both_told_though_the_questions_were_worded_differently() -> None:
    store = MemoryStore()
    store.append(a_correction(question="Refunds, how long?", corrected="Refunds take 14 days.", created_at=later(1)))
    store.append(a_correction(question="When is money sent back?", corrected="That is 30 days.", created_at=later(2)))
    found = CorrectionMemory(store, gate=OpenGate()).recall(f"{QUESTION} When is money sent?", scope=ANN)
    assert [each.known.correction.corrected for each in found] == ["That is 30 days."]


def test_corrections_about_two_things_in_one_question_are_both_told() -> None:
    store = MemoryStore()
    store.append(a_correction(question="How long do refunds take?", corrected="Refunds take 14 days."))
    store.append(a_correction(question="Do you ship to Norway?", corrected="Yes, to Norway."))
    both = "How long do refunds take, and do you ship to Norway?"
    assert len(CorrectionMemory(store, gate=OpenGate()).recall(both, scope=ANN)) == 2


def test_a_correction_replaced_by_another_candidate_is_not_told() -> None:
    store = LyingStore()
    approved = a_correction(user_id="cid", question="How long do refunds take", corrected="Five days.")
    mine = a_correction(question="Refund duration", corrected="Ten days.", supersedes=approved.event_id)
    store.append([approved, a_review(approved), mine])
    found = CorrectionMemory(store, gate=OpenGate()).recall(QUESTION, scope=ANN)
    assert [each.id for each in found] == [mine.event_id]


def test_no_more_are_told_than_the_limit() -> None:
    store = MemoryStore()
    goods = ("tables", "chairs", "lamps", "mirrors", "shelves")
    store.append([a_correction(question=f"Do you sell {good}?", corrected=f"Yes, {good}.") for good in goods])
    found = CorrectionMemory(store, gate=OpenGate(), limit=2).recall("Do you sell furniture?", scope=ANN)
    assert len(found) == 2


def test_a_correction_that_does_not_fit_the_budget_is_left_out_whole_and_said_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    long = a_correction(question="Do you sell tables?", corrected="Yes. " * 500)
    store.append([long, a_correction(question="Do you sell chairs?", corrected="Yes, chairs.")])
    memory = CorrectionMemory(store, gate=OpenGate(), token_budget=100)
    found = memory.recall("Do you sell tables and chairs?", scope=ANN)
    assert [each.known.correction.corrected for each in found] == ["Yes, chairs."]
    assert long.event_id in caplog.text


def test_a_store_that_fails_costs_the_corrections_but_not_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    assert CorrectionMemory(BrokenStore()).recall(QUESTION, scope=ANN) == []
    assert "the disk is gone" in caplog.text


def test_an_empty_question_is_not_looked_up(caplog: pytest.LogCaptureFixture) -> None:
    assert CorrectionMemory(BrokenStore()).recall(" \n", scope=ANN) == []
    assert caplog.text == ""


def test_a_bound_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="start at 1, given 0 and 1500"):
        CorrectionMemory(MemoryStore(), limit=0)
    with pytest.raises(ValueError, match="start at 1, given None and 0"):
        CorrectionMemory(MemoryStore(), token_budget=0)


def test_the_log_of_a_correction_out_of_scope_names_its_id_and_not_its_text(caplog: pytest.LogCaptureFixture) -> None:
    store = LyingStore()
    correction = a_correction(corrected="Something private.")
    store.append(correction)
    with caplog.at_level(logging.ERROR):
        assert CorrectionMemory(store, gate=OpenGate()).recall(QUESTION, scope=BOB) == []
    assert correction.event_id in caplog.text
    assert "private" not in caplog.text


people = st.sampled_from(["ann", "bob", "cid", None])
tenants = st.sampled_from(["default", "other", None])
audiences = st.sampled_from(["author", "tenant", "everyone"])
verdicts = st.sampled_from(["approve", "reject", "withdraw", "restore"])


@st.composite
def histories(draw: st.DrawFn) -> list[Correction | Review]:
    records: list[Correction | Review] = []
    for number in range(draw(st.integers(1, 6))):
        tenant = draw(st.sampled_from(["default", "other"]))
        correction = a_correction(user_id=draw(people), tenant=tenant, corrected=f"{number} days.")
        records.append(correction)
        for minute in range(draw(st.integers(0, 3))):
            verdict, audience = draw(verdicts), draw(audiences)
            review = a_review(correction, tenant=tenant, verdict=verdict, audience=audience, created_at=later(minute))
            records.append(review)
    return records


@settings(deadline=None)
@given(histories(), people, tenants)
def test_nothing_out_of_scope_is_ever_told_whatever_a_store_returns(
    records: list[Correction | Review], user_id: str | None, tenant: str | None
) -> None:
    store = LyingStore()
    store.append(records)
    logging.disable()
    try:
        found = CorrectionMemory(store, gate=OpenGate(), limit=10).recall(
            QUESTION, scope=Scope(user_id=user_id, tenant=tenant)
        )
    finally:
        logging.disable(logging.NOTSET)
    known: list[KnownCorrection] = [each.known for each in found]
    assert all(in_force(each, user_id=user_id, tenant=tenant) for each in known)
    assert len(known) <= 1, "all of them answer the same question"
