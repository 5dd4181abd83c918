/** The buttons that open the panels. A panel's own module is loaded when it is first wanted: few answers are ever corrected. */

import { opener } from "./stage.js";

/** "Continue" where there are words that are not saved yet. */
const label = (name) => (view) => {
  const { open, resume } = view.words(name);
  return view.draft(name) === null || view.isOpen(name) ? open : resume;
};

export const rewrite = opener("rewrite", () => import("./rewrite_editor.js"), label("rewrite"), {
  restore: ({ text }) => text.replace(/\r\n?/g, "\n"),
});

export const correct = opener("correct", () => import("./correction_form.js"), label("correct"), { restore: ({ data }) => data });
