"""The rewrite editor in a real browser: byte for byte, no draft lost, one event, readable changes."""

from urllib.parse import quote

import pytest
from feedback_widgets.testing import RewriteEditor
from playwright.sync_api import Page, expect

from tests.ui.conftest import ARTEFACTS, Serve
from tests.ui.scene import ANSWER, Kept, open_scene
from tests.ui.server import Server


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve("rewrite_editor", KEPT=str(tmp_path_factory.mktemp("kept")))


def opened(page: Page, server: Server, **query: str) -> tuple[RewriteEditor, Kept]:
    kept = open_scene(page, server, **{name: quote(value) for name, value in query.items()})
    editor = RewriteEditor(page, f"turn-{kept.run}")
    editor.edit.click()
    expect(editor.text).to_be_focused()
    return editor, kept


def test_it_is_opened_filled_and_saved_by_the_keyboard_alone(page: Page, server: Server) -> None:
    kept = open_scene(page, server)
    editor = RewriteEditor(page, f"turn-{kept.run}")
    editor.edit.focus()
    page.keyboard.press("Enter")
    expect(editor.text).to_be_focused()
    expect(editor.text).to_have_value(ANSWER)
    page.keyboard.press("Control+End")
    page.keyboard.type("- Tips are.")
    page.keyboard.press("Tab")
    expect(editor.save).to_be_focused()
    page.keyboard.press("Enter")
    expect(editor.status).to_have_text("Saved")
    expect(editor.text).to_be_hidden()
    expect(editor.edit).to_be_focused()
    (correction,) = kept.corrections()
    assert correction.corrected == ANSWER + "- Tips are."
    assert (correction.source, correction.answer, correction.user_id) == ("rewrite", ANSWER, "ada")


def test_an_unchanged_or_empty_text_cannot_be_saved(page: Page, server: Server) -> None:
    editor, kept = opened(page, server)
    expect(editor.save).to_be_disabled()
    editor.text.fill("Another answer.")
    expect(editor.save).to_be_enabled()
    editor.text.fill("  \n ")
    expect(editor.save).to_be_disabled()
    editor.reset.click()
    expect(editor.text).to_have_value(ANSWER)
    expect(editor.save).to_be_disabled()
    editor.text.press("Control+Enter")
    page.get_by_role("button", name="Rerun").click()
    expect(editor.changes).to_have_text("No change yet.")
    assert kept.events() == []


def test_a_draft_survives_closing_a_rerun_a_shift_of_the_page_and_a_reload(page: Page, server: Server) -> None:
    editor, kept = opened(page, server)
    editor.text.fill("half a thou")
    page.keyboard.press("Escape")
    expect(editor.text).to_be_hidden()
    expect(editor.edit).to_be_focused()
    expect(editor.edit).to_have_text("Continue editing")
    page.get_by_role("button", name="Rerun").click()
    page.get_by_text("Banner", exact=True).click()
    expect(page.get_by_text("A banner has appeared")).to_be_visible()
    editor.edit.click()
    expect(editor.text).to_have_value("half a thou")
    page.reload()
    expect(editor.text).to_have_value("half a thou")
    expect(editor.changes.locator("ins")).to_have_text("half a thou")
    assert kept.events() == []


def test_a_draft_stays_with_its_own_turn(page: Page, server: Server) -> None:
    editor, _ = opened(page, server)
    editor.text.fill("half a thou")
    other, _ = opened(page, server)
    expect(other.text).to_have_value(ANSWER)


def test_typing_through_a_stream_and_a_shift_of_the_page_loses_no_keystroke(page: Page, server: Server) -> None:
    sentence = "Every letter of this long sentence stays in its place, whatever the page around it does. "
    editor, kept = opened(page, server)
    page.get_by_role("button", name="Stream").dispatch_event("click")
    expect(page.get_by_text("word1 ")).to_be_visible()
    editor.text.press("Control+Home")
    page.keyboard.type(sentence[:40], delay=15)
    expect(page.get_by_text("the end of the stream")).to_be_visible()
    page.get_by_role("switch", name="Banner").dispatch_event("click")
    page.keyboard.type(sentence[40:], delay=5)
    expect(page.get_by_text("A banner has appeared")).to_be_visible()
    expect(editor.text).to_be_focused()
    page.keyboard.type("Really. ", delay=15)
    expect(editor.text).to_have_value(sentence + "Really. " + ANSWER)
    page.keyboard.press("Control+Enter")
    expect(editor.status).to_have_text("Saved")
    (correction,) = kept.corrections()
    assert correction.corrected == sentence + "Really. " + ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        "Windows\r\nline ends\r\n\r\nto the last one\r\n",
        "mixed\r\nends\nand an\rold one\r\n to keep\n",
        "\t tabs,\u00a0hard\u2003spaces \u200b 👩\u200d👩\u200d👧 e\u0301 é \u202e  \n\n   ",
        "```py\nif a < b & c:\n\tprint('<b>')\n```\n\n$x_1$ &amp; <img src=x onerror=document.title='hit'>\\*",
    ],
)
def test_what_was_not_touched_comes_back_byte_for_byte(page: Page, server: Server, answer: str) -> None:
    editor, kept = opened(page, server, answer=answer)
    editor.text.press("Control+End")
    page.keyboard.type("End.")
    expect(editor.changes.locator("ins")).to_have_text("End.")
    editor.save.click()
    expect(editor.status).to_have_text("Saved")
    (correction,) = kept.corrections()
    assert (correction.answer, correction.corrected) == (answer, answer + "End.")
    assert page.title() != "hit"
    assert editor.root.locator("img").count() == 0


def test_many_quick_clicks_on_save_make_one_event(page: Page, server: Server) -> None:
    editor, kept = opened(page, server)
    editor.text.fill("Another answer.")
    editor.save.evaluate("button => { for (let n = 0; n < 5; n += 1) button.click() }")
    expect(editor.status).to_have_text("Saved")
    page.get_by_role("button", name="Rerun").click()
    assert [correction.corrected for correction in kept.corrections()] == ["Another answer."]


def test_saved_is_said_only_once_it_is_and_an_outage_loses_nothing(page: Page, server: Server) -> None:
    editor, kept = opened(page, server)
    kept.refuse()
    editor.text.fill("Another answer.")
    editor.save.click()
    expect(editor.status).to_contain_text("Not saved yet")
    expect(editor.text).to_have_value("Another answer.")
    kept.refuse(until_further_notice=False)
    expect(editor.status).to_have_text("Saved")
    assert [correction.corrected for correction in kept.corrections()] == ["Another answer."]


def test_a_later_save_goes_on_from_the_earlier_one_and_supersedes_it(page: Page, server: Server) -> None:
    editor, kept = opened(page, server)
    editor.text.fill("Second answer.")
    editor.save.click()
    expect(editor.status).to_have_text("Saved")
    editor.edit.click()
    expect(editor.text).to_have_value("Second answer.")
    expect(editor.save).to_be_disabled()
    editor.text.fill("Third answer.")
    editor.save.click()
    expect(editor.text).to_be_hidden()
    second, third = kept.corrections()
    assert (third.corrected, third.supersedes) == ("Third answer.", second.event_id)


def test_changes_are_told_by_sign_and_line_and_not_by_colour_alone(page: Page, server: Server) -> None:
    editor, _ = opened(page, server)
    editor.text.fill(ANSWER.replace("60", "75"))
    removed, added = editor.changes.get_by_role("deletion"), editor.changes.get_by_role("insertion")
    expect(removed).to_have_text("60")
    expect(added).to_have_text("75")
    assert removed.evaluate("part => getComputedStyle(part).textDecorationLine") == "line-through"
    assert added.evaluate("part => getComputedStyle(part).textDecorationLine") == "underline"
    assert removed.evaluate("part => getComputedStyle(part, '::before').content") == '"\u2212"'
    assert added.evaluate("part => getComputedStyle(part, '::before').content") == '"+"'


def test_a_text_too_different_to_compare_says_so_and_is_saved_whole(page: Page, server: Server) -> None:
    editor, kept = opened(page, server)
    long = " ".join(f"word{number}" for number in range(8_000))
    editor.text.fill(long)
    expect(editor.changes).to_contain_text("too much to show each change")
    editor.save.click()
    expect(editor.status).to_have_text("Saved")
    assert [correction.corrected for correction in kept.corrections()] == [long]


def test_it_fits_a_narrow_screen(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    editor, _ = opened(page, server)
    editor.text.fill(ANSWER.replace("60 EUR", "75 EUR since May") + "x" * 200)
    expect(editor.changes.get_by_role("insertion").first).to_be_visible()
    box = editor.save.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "rewrite-editor-390-dark.png")


def test_each_change_can_be_discarded_and_undo_brings_it_again(page: Page, server: Server) -> None:
    editor, kept = opened(page, server)
    changed = ANSWER.replace("60", "75").replace("Alcohol is not", "Tips are")
    editor.text.fill(changed)
    expect(editor.discard).to_have_count(2)
    editor.discard.first.click()
    expect(editor.text).to_have_value(changed.replace("75", "60"))
    expect(editor.discard).to_have_count(1)
    editor.text.press("Control+z")
    expect(editor.text).to_have_value(changed)
    editor.text.press("Control+Shift+z")
    expect(editor.text).to_have_value(changed.replace("75", "60"))
    editor.save.click()
    editor.expect_saved()
    assert [correction.corrected for correction in kept.corrections()] == [changed.replace("75", "60")]


def test_the_number_of_characters_is_told(page: Page, server: Server) -> None:
    editor, _ = opened(page, server)
    expect(editor.count).to_have_text(f"{len(ANSWER)} characters")
    editor.text.fill("x" * 99_990)
    expect(editor.count).to_have_text("10 characters left")


def test_an_answer_of_a_hundred_kilobytes_is_edited_at_both_ends_and_each_change_is_shown(
    page: Page, server: Server
) -> None:
    editor, kept = opened(page, server, lines="1850")
    answer = editor.text.input_value()
    assert 98_000 < len(answer) < 100_000
    page.keyboard.press("Control+Home")
    page.keyboard.type("First. ")
    page.keyboard.press("Control+End")
    page.keyboard.type("Last.")
    expect(editor.changes.locator("ins")).to_have_text(["First. ", "Last."])
    editor.save.click()
    editor.expect_saved()
    (correction,) = kept.corrections()
    assert correction.corrected == f"First. {answer}Last."
    assert correction.edit_distance is not None
    assert 0 < correction.edit_distance < 0.001


def test_texts_that_differ_too_much_are_saved_without_a_picture_of_each_change(page: Page, server: Server) -> None:
    editor, kept = opened(page, server, lines="1100")
    other = "".join(f"{number:4}. Something else stands here, and in every line.\n" for number in range(1100))
    editor.text.fill(other)
    expect(editor.changes).to_contain_text("The texts differ too much to show each change.")
    editor.save.click()
    editor.expect_saved()
    (correction,) = kept.corrections()
    assert correction.corrected == other
