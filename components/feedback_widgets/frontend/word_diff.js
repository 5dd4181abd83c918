/** What turned one text into another, word by word, told by sign and line and not by colour alone. All of it is inert text. */

import { diff } from "./diff.js";
import { element, sheet } from "./stage.js";

const base = sheet(new URL("./stage.css", import.meta.url));
export const sheets = [sheet(new URL("./word_diff.css", import.meta.url))];

export default function ({ data: [data], parentElement }) {
  const { before, after, labels } = data;
  parentElement.adoptedStyleSheets = [base, ...sheets];
  let place = parentElement.querySelector(".diff");
  if (!place) {
    place = element("div", { className: "diff whole", role: "region", ariaLabel: labels.changes, tabIndex: 0 });
    parentElement.append(place);
  }
  drawDiff(place, before === after ? [] : diff(before, after), labels);
}

/** Draw parts of `diff()`; `decorate(node, part, place)` may add to what is drawn for a changed one. */
export function drawDiff(place, parts, labels, decorate = (node) => node) {
  const note = parts === null ? labels.too_large : parts.length ? "" : labels.unchanged;
  if (note) return place.replaceChildren(element("p", { textContent: note }));
  const drawn = parts.map((part, at) =>
    part.kind === "equal" ? document.createTextNode(part.text) : decorate(element(part.kind, { textContent: part.text }), part, at),
  );
  place.replaceChildren(...drawn);
}
