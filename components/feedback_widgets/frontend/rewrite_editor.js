/**
 * The answer's Markdown in a text field, with a word diff under it. In the mode "compare" only the diff, for a reader.
 *
 * A draft is a text that differs from what is stored. It lives in a map of this module, because Streamlit replaces the element
 * whenever the page shifts, and in sessionStorage, because of reloads. Only its author's hand changes it.
 */

import { diff } from "./diff.js";
import { deliver } from "./send.js";

const DRAFT = "feedback-widgets.rewrite.";
const PAUSE_MS = 120; // between the last keystroke and the diff
const SAYING_MS = 400; // a quick "saved" needs no "saving" before it

const pages = new Map(); // owner and turn -> what this page knows
const views = new Map(); // parentElement -> view
let focused = null; // { place, field }: the text field that has, or had before a remount, the focus
const REMOUNT_MS = 2000; // a field that is gone for so long does not come back

export default function (component) {
  const { data, parentElement } = component;
  if (data.mode === "compare") return compare(parentElement, data);
  const line = deliver(component);
  const place = `${data.delivery.owner}.${data.turn}`;
  let view = views.get(parentElement);
  if (!view || view.place !== place) {
    view = build(parentElement, place, data);
    views.set(parentElement, view);
  }
  Object.assign(view, { data, line });
  line.onStatus((news) => hear(place, news));
  render(view);
  refocus(place);
  return () => {
    line.close();
    if (views.get(parentElement) === view) views.delete(parentElement);
    refocus(place);
    setTimeout(() => focused?.field.isConnected === false && (focused = null), REMOUNT_MS);
  };
}

/** Between the old element and the new one of a remount, keys go nowhere: they are written on in the old field. */
document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, altKey } = event;
  if (!focused || focused.field.isConnected || document.activeElement !== document.body || ctrlKey || metaKey || altKey) return;
  const { place, field } = focused;
  if (key === "Backspace" && field.selectionStart === field.selectionEnd) field.selectionStart = Math.max(0, field.selectionEnd - 1);
  else if (key.length > 1 && key !== "Enter" && key !== "Backspace") return;
  field.setRangeText(key === "Enter" ? "\n" : key.length > 1 ? "" : key, field.selectionStart, field.selectionEnd, "end");
  keep(place, { draft: field.value });
  event.preventDefault();
});

// What is known

function page(place) {
  if (!pages.has(place)) pages.set(place, { said: null, news: null, timer: null, ...storedDraft(place) });
  return pages.get(place);
}

function storedDraft(place) {
  try {
    const { text, open } = JSON.parse(sessionStorage.getItem(DRAFT + place));
    return { draft: text, open };
  } catch {
    return { draft: null, open: false };
  }
}

function keep(place, change) {
  const known = Object.assign(page(place), change);
  try {
    if (known.draft === null) sessionStorage.removeItem(DRAFT + place);
    else sessionStorage.setItem(DRAFT + place, JSON.stringify({ text: known.draft, open: known.open }));
  } catch {
    // the map still has it
  }
}

/** The text that the store has, or is about to have, in the line ends of a text field. */
function standing({ place, data, line }) {
  const waiting = line
    .pending()
    .filter(({ act }) => act === "rewrite")
    .at(-1);
  const known = waiting ?? page(place).said ?? data.given;
  return { id: known?.id ?? null, text: asInField(known?.text ?? data.answer) };
}

function asInField(text) {
  return text.replace(/\r\n?/g, "\n");
}

/** A text field knows one line end only: those that were kept get their own bytes back, new ones those of the first. */
function withLineEnds(answer, text) {
  const ends = answer.match(/\r\n|\r|\n/g) ?? ["\n"];
  let next = 0;
  const parts = diff(asInField(answer), text) ?? [{ kind: "ins", text }];
  const written = ({ kind, text: part }) => {
    const own = part.replaceAll("\n", () => (kind === "ins" ? ends[0] : ends[next++]));
    return kind === "del" ? "" : own;
  };
  return answer.includes("\r") ? parts.map(written).join("") : text;
}

// What is done

function open(view) {
  keep(view.place, { open: true });
  renderAll(view.place);
  view.text.focus();
}

function close(view) {
  keep(view.place, { open: false });
  renderAll(view.place);
  view.edit.focus();
}

function type(view) {
  keep(view.place, { draft: view.text.value === standing(view).text ? null : view.text.value });
  renderAll(view.place);
}

function reset(view) {
  view.text.value = asInField(view.data.answer);
  type(view);
  view.text.focus();
}

function save(view) {
  if (view.save.ariaDisabled === "true") return;
  const { id } = standing(view);
  const act = { act: "rewrite", text: withLineEnds(view.data.answer, view.text.value) };
  view.line.say(id ? { ...act, replaces: id } : act);
  renderAll(view.place);
}

function hear(place, { id, act, status, why }) {
  if (act.act !== "rewrite") return;
  const known = page(place);
  if (status === "saved") {
    known.said = { id, text: act.text };
    const done = known.draft === null || known.draft === asInField(act.text);
    if (done) {
      const [inside] = [...views.values()].filter((view) => view.place === place && view.panel.contains(view.panel.getRootNode().activeElement));
      keep(place, { draft: null, open: false });
      inside?.edit.focus();
    }
  }
  clearTimeout(known.timer);
  const tell = () => {
    known.news = { status, why };
    renderAll(place);
  };
  if (status !== "saving") return tell();
  known.timer = setTimeout(tell, SAYING_MS);
}

// What is shown

function build(parentElement, place, data) {
  const { labels } = data;
  const view = { place, timer: null, shown: null };
  const name = (action) => labels.named.replace("{action}", action).replace("{question}", data.question);
  const button = (label, onclick) => element("button", { type: "button", textContent: label, ariaLabel: name(label), onclick });
  view.name = name;
  view.edit = button(labels.edit, () => (page(place).open ? close(view) : open(view)));
  view.edit.setAttribute("aria-controls", "panel");
  view.status = element("span", { className: "status", role: "status" });
  view.text = element("textarea", { ariaLabel: name(labels.text), maxLength: data.longest, spellcheck: true, rows: 8 });
  view.text.oninput = () => type(view);
  view.text.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(view);
    if (event.key !== "Escape") event.stopPropagation(); // Streamlit's own shortcuts do not see that this is a text field
  };
  view.text.onfocus = () => (focused = { place, field: view.text });
  view.text.onblur = () => {
    // A focus that left for another element is gone for good; one whose element was taken away comes back.
    queueMicrotask(() => view.text.isConnected && focused?.field === view.text && (focused = null));
  };
  view.diff = element("div", { className: "diff", role: "region", ariaLabel: name(labels.changes), tabIndex: 0 });
  view.save = button(labels.save, () => save(view));
  view.save.className = "save";
  view.reset = button(labels.reset, () => reset(view));
  view.cancel = button(labels.cancel, () => close(view));
  const actions = element("div", { className: "actions" }, view.save, view.cancel, view.reset);
  view.panel = element("div", { className: "panel", id: "panel", hidden: true }, view.text, view.diff, actions);
  view.panel.onkeydown = (event) => {
    if (event.key === "Escape") close(view);
  };
  view.root = element("div", { className: "editor" }, element("div", { className: "row" }, view.edit, view.status), view.panel);
  view.root.dataset.testid = `fbw-rewrite-${data.turn}`;
  parentElement.querySelector(".editor")?.remove(); // Streamlit reuses an element for another turn; its style stays
  parentElement.append(view.root);
  return view;
}

function renderAll(place) {
  for (const view of views.values()) if (view.place === place) render(view);
}

function render(view) {
  const { data, place } = view;
  const { labels } = data;
  const { draft, open: opened, news } = page(place);
  const stored = standing(view).text;
  const text = draft ?? stored;
  const label = draft === null || opened ? labels.edit : labels.resume;
  view.edit.textContent = label;
  view.edit.ariaLabel = view.name(label);
  view.edit.ariaExpanded = String(opened);
  view.panel.hidden = !opened;
  view.root.dataset.status = news?.status ?? "";
  const said = news ? labels.delivery[news.status].replace("{why}", news.why ?? "") : "";
  if (view.status.textContent !== said) view.status.textContent = said;
  if (view.text.value !== text) view.text.value = text;
  const answer = asInField(data.answer);
  view.save.ariaDisabled = String(text === stored || text === answer || !text.trim()); // a truly disabled one drops the focus
  view.reset.disabled = text === answer;
  clearTimeout(view.timer);
  if (!opened || view.shown === text) return;
  view.timer = setTimeout(
    () => {
      view.shown = text;
      drawDiff(view.diff, answer, text, labels);
    },
    view.shown === null ? 0 : PAUSE_MS,
  );
}

function refocus(place) {
  if (!focused || focused.place !== place || focused.field.isConnected) return;
  const next = [...views.values()].find((view) => view.place === place && view.root.isConnected);
  if (!next) return;
  const { selectionStart, selectionEnd, scrollTop } = focused.field;
  next.text.focus({ preventScroll: true });
  next.text.setSelectionRange(selectionStart, selectionEnd);
  next.text.scrollTop = scrollTop;
}

function compare(parentElement, { before, after, labels }) {
  let drawn = parentElement.querySelector(".diff");
  if (!drawn) {
    drawn = element("div", { className: "diff whole", role: "region", ariaLabel: labels.changes, tabIndex: 0 });
    parentElement.append(drawn);
  }
  drawDiff(drawn, before, after, labels);
}

function drawDiff(place, before, after, labels) {
  const parts = before === after ? [] : diff(before, after);
  const note = parts === null ? labels.too_large : parts.length ? "" : labels.unchanged;
  const drawn = (parts ?? []).map(({ kind, text }) => (kind === "equal" ? text : element(kind, { textContent: text })));
  place.replaceChildren(...(note ? [element("p", { textContent: note })] : drawn));
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
