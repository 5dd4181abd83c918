/**
 * The answers of the page of which passages can be marked. What marks them (`passage_marks.js`) is loaded once there is a remark, or
 * once somebody selects words; until then this costs a listener.
 */

import { kindOf } from "./stage.js";

export const kind = (span) => kindOf({ act: "remark", span });

// Streamlit serves the folder once per component name, so this module is loaded several times: one list serves the page.
const page = (globalThis[Symbol.for("feedback-widgets.passages")] ??= { views: new Set(), marks: null, loading: null, listens: false });

/** Called whenever a view is drawn: its marks follow. */
export function follow(view) {
  page.views.add(view);
  if (!page.listens) document.addEventListener("selectionchange", () => isSelected() && wake());
  page.listens = true;
  if (page.marks) page.marks.draw();
  else if (remarks(view).length || view.isOpen("passage") || isSelected()) wake();
}

const isSelected = () => document.getSelection()?.isCollapsed === false;

function wake() {
  page.loading ??= import("./passage_marks.js").then(
    ({ Marks }) => {
      page.marks = new Marks(page.views);
      page.marks.draw();
    },
    () => (page.loading = null), // the server is away; the next selection asks again
  );
}

/** The reader's own remarks that stand, in the order of the text. */
export function remarks(view) {
  const all = view.standings("remark").filter(({ score }) => score !== null);
  return all.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
}

/** Say that a passage is right or wrong; said again, it is taken back. */
export function judge(view, span, score) {
  const said = view.standing(kind(span));
  view.say({ act: "remark", span, score: said?.score === score ? null : score, comment: "" });
}

/** Begin or go on with the remark on a passage. Another one that has words in it already is laid aside, not lost. */
export function take(view, span) {
  const current = view.draft("passage");
  const aside = view.draft("passage-aside") ?? [];
  const same = (draft) => draft.span && kind(draft.span) === kind(span);
  if (current && same(current)) return;
  const { score = null, comment = "" } = aside.find(same) ?? view.standing(kind(span)) ?? {};
  const others = aside.filter((draft) => !same(draft));
  if (current?.span && current.comment) others.push(current);
  view.keep("passage-aside", others.length ? others : null);
  view.keep("passage", { span, score, comment: comment || (current && !current.span ? current.comment : ""), picking: false });
}
