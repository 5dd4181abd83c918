"""Each kind of correction acts where it belongs, in its order and number; of contradictory ones the safer one holds."""

from typing import Any

import pytest

from feedback_store.conditions import held
from feedback_store.kinds import KINDS
from feedback_store.memory import MemoryStore
from feedback_store.recall import CorrectionMemory
from feedback_store.store import FeedbackStore, Scope
from tests.records import a_correction, a_review

ANN, BOB = Scope(user_id="ann", tenant="default"), Scope(user_id="bob", tenant="default")
QUESTION = "How long do refunds take?"


def told(store: FeedbackStore, question: str = QUESTION, scope: Scope = ANN, **options: Any) -> list[str]:
    found = CorrectionMemory(store, **options).recall(question, scope=scope)
    return [each.known.correction.guidance or each.known.correction.corrected for each in found]


def a_rule(guidance: str, **fields: Any) -> Any:
    return a_correction(**{"type": "rule", "corrected": "", "guidance": guidance} | fields)


@pytest.mark.parametrize(
    ("condition", "holding", "not_holding"),
    [
        ("gift cards", "Can I pay with a gift card?", "Can I pay by card?"),
        ("when the customer asks about gift cards", "Do gift cards expire?", "Do cards expire?"),
        ("questions about refunds, exchanges or returns", "How do I exchange shoes?", "Do you sell shoes?"),
        ("Fragen zu Gutscheinen oder Rabatten", "Gilt der Gutschein noch?", "Gilt die Garantie noch?"),
        ("delivery to Norway", "What does delivery to Norway cost?", "What does delivery to Sweden cost?"),
        ("somebody asks a question", "never", "Somebody asks a question about gift cards"),
    ],
)
def test_a_condition_holds_where_all_that_it_names_is_in_the_question(
    condition: str, holding: str, not_holding: str
) -> None:
    assert (held(condition, holding) is not None) == (holding != "never")
    assert held(condition, not_holding) is None


@pytest.mark.parametrize(
    ("condition", "holding", "not_holding"),
    [
        ("what is it like to be", "What is it like to be a courier?", "What is a courier like? Is it hard to be one?"),
        ("what would be the", "What, for <apartment>, would be the same?", "Would the apartment be what they want?"),
        ("what is", "never", "What is a courier?"),
        ("is it", "never", "It is what it is."),
    ],
)
def test_a_condition_of_words_without_a_topic_holds_where_the_question_quotes_it(
    condition: str, holding: str, not_holding: str
) -> None:
    assert (held(condition, holding) is not None) == (holding != "never")
    assert held(condition, not_holding) is None


def test_a_condition_of_which_the_question_has_but_words_of_a_quoted_one_does_not_act() -> None:
    store = MemoryStore()
    store.append(a_rule("Give an example.", condition="how it is used"))
    store.append(a_rule("Give a definition.", condition="a line that can be used to explain"))
    assert told(store, "What is a line that can be used to explain a lamp?") == ["Give a definition."]
    assert told(store, "For what are lamps used?") == ["Give an example."]


def test_a_rule_holds_for_its_question_about_another_word_that_is_only_mentioned() -> None:
    store = MemoryStore()
    store.append(a_rule("Give a synonym.", question='What is like "lamp"?', condition="like"))
    store.append(a_rule("Say that a sofa is a couch.", question='And what is "sofa" for short?', condition="naming"))
    assert told(store, 'What is like "oak tree"?') == ["Give a synonym."]
    assert told(store, 'And what is "oak tree" for short?') == []
    assert told(store, "What is it like at the showroom?") == []


def test_no_boundary_and_no_other_type_is_left_out_for_one_that_holds_more_surely() -> None:
    store = MemoryStore()
    store.append(a_rule("Explain it.", condition="a line that can be used to explain"))
    store.append(a_rule("Promise nothing.", type="boundary", condition="how it is used"))
    store.append(a_rule("Refuse advice on lines.", type="boundary", condition="a line that can be used to explain"))
    store.append(a_rule("Be brief.", type="style", condition="how it is used"))
    found = told(store, "What is a line that can be used to explain a lamp?")
    assert sorted(found) == ["Be brief.", "Explain it.", "Promise nothing.", "Refuse advice on lines."]


def test_of_two_things_that_a_question_names_both_conditions_hold() -> None:
    store = MemoryStore()
    store.append(a_rule("Name the expiry.", condition="gift cards"))
    store.append(a_rule("Mention the tax.", condition="gift cards in Germany"))
    assert sorted(told(store, "Do gift cards in Germany expire?")) == ["Mention the tax.", "Name the expiry."]


@pytest.mark.parametrize("type_", ["rule", "boundary", "style", "term"])
def test_one_with_a_condition_acts_where_it_holds_and_on_the_question_that_was_corrected(type_: str) -> None:
    store = MemoryStore()
    store.append(a_rule("Name the expiry.", type=type_, condition="gift cards"))
    assert told(store, "Can I pay with a gift card?") == ["Name the expiry."]
    assert told(store) == ["Name the expiry."]
    assert told(store, "Do you ship to Norway?") == []


@pytest.mark.parametrize("type_", ["fact", "rule", "boundary"])
def test_a_fact_a_rule_and_a_boundary_without_condition_act_on_questions_like_their_own(type_: str) -> None:
    store = MemoryStore()
    store.append(a_rule("Ten days.", type=type_))
    assert told(store) == ["Ten days."]
    assert told(store, "Do you ship to Norway?") == []


def test_a_fact_acts_on_its_question_alone_whatever_its_condition_says() -> None:
    store = MemoryStore()
    store.append(a_rule("Ten days.", type="fact", condition="gift cards"))
    assert told(store, "Can I pay with a gift card?") == []


def test_a_style_acts_on_every_question_and_competes_with_no_fact() -> None:
    store = MemoryStore()
    fact = a_correction(turn_id="t", corrected="Refunds take 10 days.")
    style = a_rule("Never more than 3 days of detail.", type="style", turn_id="t")
    store.append([fact, style])
    assert told(store) == ["Refunds take 10 days.", "Never more than 3 days of detail."]
    assert told(store, "Do you ship to Norway?") == ["Never more than 3 days of detail."]
    assert told(store, scope=BOB) == []


def test_the_type_of_what_is_recalled_is_told() -> None:
    store = MemoryStore()
    store.append([a_rule("Be brief.", type="style"), a_rule("No prices.", type="boundary")])
    found = CorrectionMemory(store).recall(QUESTION, scope=ANN)
    assert [each.type for each in found] == ["boundary", "style"]


def test_of_two_styles_that_contradict_the_newer_one_is_told() -> None:
    store = MemoryStore()
    store.append([a_rule("Answer in at most 5 sentences.", type="style")])
    store.append([a_rule("Answer in at most 2 sentences.", type="style"), a_rule("Use lists.", type="style")])
    assert sorted(told(store)) == ["Answer in at most 2 sentences.", "Use lists."]


def test_a_rule_and_a_fact_about_one_question_are_both_told() -> None:
    store = MemoryStore()
    store.append([a_rule("Thank the customer.", turn_id="t"), a_correction(corrected="Ten days.", turn_id="t")])
    assert told(store) == ["Ten days.", "Thank the customer."]


def test_each_type_has_its_own_number_and_the_newest_styles_go_first() -> None:
    store = MemoryStore()
    for each in "abcdefghi":
        store.append([a_rule(f"Term {each}.", type="term"), a_rule(f"Style {each}.", type="style")])
    found = told(store)
    assert found == ["Term i.", "Term h.", "Term g.", "Term f.", "Term e.", "Style i.", "Style h.", "Style g."]
    assert len(found) == KINDS["term"].most + KINDS["style"].most
    assert told(store, limit=1) == ["Term i.", "Style i."]


def test_a_boundary_gets_room_before_everything_else() -> None:
    store = MemoryStore()
    boundary = a_rule("Refuse advice on taxes. " * 5, type="boundary")
    store.append([boundary, a_correction(corrected="Ten days. " * 12)])
    assert told(store, token_budget=70) == [boundary.guidance]


def test_a_boundary_goes_before_a_persons_own_fact_that_contradicts_it() -> None:
    store = MemoryStore()
    boundary = a_rule("We promise no delivery to Norway.", type="boundary", user_id="cid")
    store.append([boundary, a_review(boundary), a_correction(corrected="We promise delivery to Norway.")])
    assert told(store) == ["We promise no delivery to Norway."]


def approved(store: FeedbackStore, **fields: Any) -> None:
    correction = a_correction(**fields)
    store.append([correction, a_review(correction)])


def test_of_two_approved_ones_of_others_that_contradict_neither_is_told() -> None:
    store = MemoryStore()
    approved(store, user_id="cid", corrected="Refunds take 5 days.")
    approved(store, user_id="dan", corrected="Refunds take 9 days.")
    assert told(store, scope=BOB) == []


def test_a_reviewers_own_words_hold_against_a_readers_that_contradict_them() -> None:
    store = MemoryStore()
    approved(store, user_id="rita", corrected="Refunds take 5 days.", source="reviewer")
    approved(store, user_id="dan", corrected="Refunds take 9 days.")
    assert told(store, scope=BOB) == ["Refunds take 5 days."]


def test_a_persons_own_stays_its_own_whoever_contradicts_it() -> None:
    store = MemoryStore()
    store.append(a_correction(corrected="Refunds take 10 days."))
    approved(store, user_id="cid", corrected="Refunds take 5 days.")
    approved(store, user_id="dan", corrected="Refunds take 9 days.")
    assert told(store) == ["Refunds take 10 days."]
    assert told(store, scope=BOB) == []


def test_two_that_say_the_same_do_not_contradict_and_the_newer_one_is_told() -> None:
    store = MemoryStore()
    approved(store, user_id="cid", corrected="Refunds take 14 days.")
    approved(store, user_id="dan", corrected="Two weeks.")
    assert told(store, scope=BOB) == ["Two weeks."]
