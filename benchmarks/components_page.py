"""The page of fifty answers with one kind of control, and when it is all there."""

from playwright.sync_api import Page

from tests.ui.server import Server

READY = {
    "none": "[data-testid=stChatMessage]",
    "st.feedback": "[data-testid=stFeedback]",
    "empty v2": ".stBidiComponent",
    "thumbs": "[data-testid^=fbw-thumbs]",
    "bar": "[data-testid^=fbw-feedback-bar]",
    "streamlit-feedback": "svg",
}
"""What there is one of at least, in each arm, for each answer that can be spoken about."""
STAMP = """([selector, count]) => new Promise((done) => {
  const inside = (root) => root.querySelectorAll(selector).length;
  const look = () => {
    const all = (every) => [...document.querySelectorAll(every)];
    const shadows = all(".stBidiComponent, .stBidiComponent *").map((each) => each.shadowRoot).filter(Boolean);
    const frames = all("iframe").filter(({ contentDocument }) => contentDocument && inside(contentDocument));
    const found = frames.length + [document, ...shadows].reduce((sum, root) => sum + inside(root), 0);
    if (found >= count) done(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""
"""The moment of the frame in which all are there: a test's own waiting asks only now and then."""
QUIET_MS = 1_500


def go(page: Page, server: Server, arm: str, session: str, count: int = 50) -> float:
    """Load the page until its last control is there; returns the ms until then."""
    page.goto(f"{server.url}/?arm={arm}&session={session}&n={count}", wait_until="commit")
    return page.evaluate(STAMP, [READY.get(arm, READY["none"]), count])
