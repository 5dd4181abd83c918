/**
 * What many components of a page have in common (words, reason tags, the description of a form, whose they are) comes once.
 *
 * Python gives each component the name of what it shares, and the thing itself to the first of them only. It is kept here for the
 * life of the page, which is also that of Python's session. Should the one that brought it be gone before it arrived, another asks.
 */

const ASK_MS = 1_500;
// Streamlit serves the folder once per component name, so this module is loaded several times: one map serves the page.
const { known, waiting } = (globalThis[Symbol.for("feedback-widgets.shared")] ??= { known: new Map(), waiting: new Map() });

/** Return the component's data joined by what it shares, or null until that is here; then `again` is called. */
export function whole({ data: [data], parentElement, setTriggerValue }, again) {
  const { shared, common, ...own } = data;
  if (common) {
    known.set(shared, common);
    for (const [element, { name, tell }] of [...waiting]) {
      if (name !== shared || element === parentElement) continue;
      forget(element);
      tell();
    }
  }
  forget(parentElement);
  if (shared === undefined) return own;
  if (known.has(shared)) return { ...known.get(shared), ...own, delivery: { ...known.get(shared).delivery, ...own.delivery } };
  const timer = setTimeout(() => setTriggerValue("missing", shared), ASK_MS);
  waiting.set(parentElement, { name: shared, tell: again, timer });
  return null;
}

/** The component is gone: it waits for nothing. */
export function forget(parentElement) {
  clearTimeout(waiting.get(parentElement)?.timer);
  waiting.delete(parentElement);
}
