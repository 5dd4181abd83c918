/** The buttons that open the panels. A panel's own module is loaded when it is first wanted: few answers are ever corrected. */

import { follow } from "./passages.js";
import { opener } from "./stage.js";

/** "Continue" where there are words that are not saved yet. */
const label = (name) => (view) => {
  const { open, resume } = view.words(name);
  return view.draft(name) === null || view.isOpen(name) ? open : resume;
};

export const rewrite = opener("rewrite", () => import("./rewrite_editor.js"), label("rewrite"), {
  restore: ({ act, text }) => (act === "rewrite" ? text.replace(/\r\n?/g, "\n") : null),
});

export const correct = opener("correct", () => import("./correction_form.js"), label("correct"), { restore: ({ act, data }) => (act === "form" ? data : null) });

const remark = opener("passage", () => import("./passage_remarks.js"), label("passage"), {
  restore: ({ act, span, score, comment }) => (act === "remark" ? { span, score, comment, picking: false } : null),
});

/** The passages that are marked already are shown in the answer, whether or not anybody opens the panel. */
export const passage = {
  ...remark,
  render(view) {
    remark.render(view);
    follow(view);
  },
};
