"""What the tests of marked passages have in common: the app, and how a reader selects words with the mouse."""

from pathlib import Path

from feedback_widgets.testing import FeedbackBar, PassageRemarks
from playwright.sync_api import Page, expect

from feedback_store.events import Rating, parse_feedback

TRIES = 5
BOXES = """async ([root, words, nth, scroll]) => {
  const nodes = [];
  let all = "";
  const filter = (node) => (node.parentElement.closest("button, [aria-hidden], .katex-mathml") ? 2 : 1);
  const walker = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT, filter);
  while (walker.nextNode()) {
    nodes.push([walker.currentNode, all.length]);
    all += walker.currentNode.data;
  }
  let start = -1;
  for (let n = 0; n <= nth; n++) start = all.indexOf(words, start + 1);
  const at = (place) => nodes.findLast(([, from]) => from <= place);
  const ends = [start, start + words.length - 1];
  // Not to the edge of the window: a mouse that is pressed there scrolls on.
  if (scroll) for (const end of ends) at(end)[0].parentElement.scrollIntoView({ block: "center" });
  const box = (place) => {
    const [node, from] = at(place);
    const range = document.createRange();
    range.setStart(node, place - from);
    range.setEnd(node, place - from + 1);
    const { left, right, top, height } = range.getBoundingClientRect();
    const leftwards = /[\\u0590-\\u08ff]/.test(range.toString());
    return { before: leftwards ? right - 1 : left + 1, after: leftwards ? left + 1 : right - 1, y: top + height / 2 };
  };
  const twoFrames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  let [boxes, before] = [ends.map(box), ""];
  while (JSON.stringify(boxes) !== before) {  // a font or a formula that comes late moves the lines below it
    before = JSON.stringify(boxes);
    await twoFrames();
    boxes = ends.map(box);
  }
  return boxes;
}"""


class App:
    """The app of `apps/passage_remarks.py`, and what it stored."""

    def __init__(self, url: str, events: Path) -> None:
        self.url = url
        self.events = events

    def answer(self, turn: str) -> str:
        """The selector of an answer."""
        return f".st-key-fbw-turn-{turn}"

    def visit(self, page: Page, turn: str, *more: str) -> PassageRemarks:
        page.goto(f"{self.url}/?{'&'.join([f'turn={turn}', *more])}")
        remarks = (FeedbackBar if "bar=yes" in more else PassageRemarks)(page, turn)
        expect(remarks.mark).to_be_visible()
        return remarks

    def ratings(self, turn: str) -> list[Rating]:
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        events = [parse_feedback(line) for line in lines]
        return [event for event in events if isinstance(event, Rating) and event.turn_id == turn]

    def spans(self, turn: str) -> list[tuple[str, float | None]]:
        """Words and score of each row."""
        return [(rating.span.text, rating.score) for rating in self.ratings(turn) if rating.span]


def choose(page: Page, root: str, words: str, *, nth: int = 0) -> None:
    """Select words with the mouse: press before their first letter, let go after their last.

    Again where the page moved meanwhile, as a reader does: what Streamlit loads late shifts the lines.
    """
    stable = "document.fonts.status === 'loaded' && [...document.images].every(each => each.complete)"
    page.wait_for_function(stable)
    expect(page.locator(root).first).to_contain_text(words)
    for _ in range(TRIES):
        boxes = page.evaluate(BOXES, [root, words, nth, True])
        first, last = boxes
        page.mouse.move(first["before"], first["y"])
        page.mouse.down()
        page.mouse.move(last["after"], last["y"], steps=4)
        page.mouse.up()
        if page.evaluate(BOXES, [root, words, nth, False]) == boxes:
            return
    message = f"the page did not come to rest under the pointer on {words!r}"
    raise AssertionError(message)
