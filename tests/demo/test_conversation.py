"""A chat is read from its turns."""

from demo.conversation import amendments, chats, exchanges, history
from feedback_store import Correction, MemoryStore, Review, Turn


def turn(turn_id: str, prompt: str = "?", response: str = "!", **more: object) -> Turn:
    return Turn.model_validate({"turn_id": turn_id, "session_id": "s", "prompt": prompt, "response": response} | more)


def test_a_regenerated_answer_joins_the_question_that_it_answers() -> None:
    found = exchanges([turn("a"), turn("b"), turn("c", parent_turn_id="a")])
    assert [[answer.turn_id for answer in exchange.answers] for exchange in found] == [["a", "c"], ["b"]]


def test_an_answer_whose_parent_is_gone_stands_for_itself() -> None:
    assert [exchange.root.turn_id for exchange in exchanges([turn("b", parent_turn_id="gone")])] == ["b"]


def test_the_newest_answer_counts_unless_another_was_chosen() -> None:
    [exchange] = exchanges([turn("a"), turn("b", parent_turn_id="a")])
    assert exchange.chosen({}).turn_id == "b"
    assert exchange.chosen({"a": "a"}).turn_id == "a"


def test_the_history_holds_what_was_displayed_and_skips_what_was_never_answered() -> None:
    found = exchanges(
        [
            turn("a", "one", "whole answer", displayed="whole"),
            turn("b", "two", "", status="failed", error="down"),
            turn("c", "three", "yes"),
        ]
    )
    assert history(found, {}) == [("one", "whole"), ("three", "yes")]


def test_the_history_says_what_a_person_corrected_and_not_what_was_wrong() -> None:
    store = MemoryStore()
    wrong, other = (
        Correction(session_id="s", user_id="ada", turn_id=name, question="?", guidance="30") for name in "ab"
    )
    withdrawal = Review(session_id="s", user_id="ada", about=other.event_id, verdict="withdraw", by="author")
    store.append([wrong, other, withdrawal])
    amended = amendments(store.corrections(user_id="ada"), "ada")
    found = exchanges([turn("a", "one", "14"), turn("b", "two", "15")])
    assert history(found, {}, amended) == [("one", "30"), ("two", "15")]


def test_the_history_leaves_out_an_answer_that_used_what_was_taken_back() -> None:
    found = exchanges([turn("a", "one", "yes", correction_ids=("c",)), turn("b", "two", "no", correction_ids=("d",))])
    assert history(found, {}, gone={"c"}) == [("two", "no")]


def test_the_history_is_short() -> None:
    assert len(history(exchanges([turn(f"t{number}") for number in range(9)]), {})) == 3


def test_chats_are_listed_by_their_newest_turn_and_titled_by_their_first_question() -> None:
    listed = chats(
        [
            turn("a", "How long is\n delivery?", session_id="one"),
            turn("b", "x" * 99, session_id="two"),
            turn("c", "And express?", session_id="one"),
        ]
    )
    assert [chat.session_id for chat in listed] == ["one", "two"]
    assert listed[0].title == "How long is delivery?"
    assert len(listed[1].title) == 28
