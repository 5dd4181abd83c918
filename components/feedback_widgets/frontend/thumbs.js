/**
 * Two thumbs, a copy button, and reasons with a comment that open after a verdict.
 *
 * What is shown is, in this order: the newest act that still waits in the outbox, the newest that this page saw saved, and the
 * verdict that Python gave. The maps below outlive a remount, which Streamlit does whenever the page shifts.
 */

import { deliver } from "./send.js";

const DRAFT = "feedback-widgets.draft.";
const SAYING_MS = 400; // a quick "saved" needs no "saving" before it
const GOOD = "1";
const BAD = "0";
const SHAPES = {
  [GOOD]: "M8 10.5V20H4.6a1 1 0 0 1-1-1v-7.5a1 1 0 0 1 1-1zM8 10.5 11.6 3.7c1.5 0 2.4 1 2.4 2.4V9.4h4.7a1.7 1.7 0 0 1 1.7 2l-1.2 7A1.9 1.9 0 0 1 17.3 20H8z",
  copy: "M9 9.6a1 1 0 0 1 1-1h8.4a1 1 0 0 1 1 1V20a1 1 0 0 1-1 1H10a1 1 0 0 1-1-1zM15 8.6V4.5a1 1 0 0 0-1-1H5.6a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1H9",
};

const pages = new Map(); // owner and turn -> what this page knows
const views = new Map(); // parentElement -> view
let focused = null; // { place, root, part, target }: where the focus is, or was before a remount took it away

// A focus that leaves for another element, or for a click on nothing, is gone for good; any other loss is a remount's.
document.addEventListener("focusin", () => (focused = null), true);
document.addEventListener("pointerdown", (event) => focused && !event.composedPath().includes(focused.root) && (focused = null), true);

export default function (component) {
  const { data, parentElement } = component;
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
  requestAnimationFrame(refocus);
  return () => {
    line.close();
    if (views.get(parentElement) === view) views.delete(parentElement);
    requestAnimationFrame(refocus); // a remount shows the new element before it takes the old one away
  };
}

// What is known

function page(place) {
  if (!pages.has(place)) pages.set(place, { said: null, open: false, news: null, timer: null, drafts: {} });
  return pages.get(place);
}

function verdict({ place, data, line }) {
  const waiting = line
    .pending()
    .filter(({ act }) => act === "rating")
    .at(-1);
  const { said } = page(place);
  const known = waiting ?? (said && !(data.given?.at > said.at) ? said : data.given);
  const score = known?.score ?? null;
  return { id: known?.id ?? null, score, side: score === null ? null : score >= 0.5 ? GOOD : BAD, reasons: known?.reasons ?? [], comment: known?.comment ?? "" };
}

function draft(place, side) {
  try {
    return page(place).drafts[side] ?? sessionStorage.getItem(`${DRAFT}${place}.${side}`);
  } catch {
    return null;
  }
}

function keepDraft(place, side, text) {
  if (text === null) delete page(place).drafts[side];
  else page(place).drafts[side] = text;
  try {
    if (text === null) sessionStorage.removeItem(`${DRAFT}${place}.${side}`);
    else sessionStorage.setItem(`${DRAFT}${place}.${side}`, text);
  } catch {
    // the map still has it
  }
}

// What is done

function choose(view, side) {
  const before = verdict(view);
  const again = before.side === side;
  const score = again ? null : Number(side);
  page(view.place).open = !again && side === BAD;
  say(view, { act: "rating", score, reasons: [], comment: "", replaces: before.id });
}

function add(view, more) {
  const { id, score, reasons, comment } = verdict(view);
  if (score !== null) say(view, { act: "rating", score, reasons, comment, ...more, replaces: id });
}

function say(view, { replaces, ...act }) {
  view.line.say(replaces ? { ...act, replaces } : act);
  renderAll(view.place);
}

function toggleReason(view, name) {
  const { reasons } = verdict(view);
  add(view, { reasons: reasons.includes(name) ? reasons.filter((each) => each !== name) : [...reasons, name] });
}

function sendComment(view) {
  const { side, comment } = verdict(view);
  const text = view.text.value.trim();
  if (text !== comment) {
    keepDraft(view.place, side, view.text.value); // until the store has it
    add(view, { comment: text });
  }
  close(view);
}

function close(view) {
  const { side } = verdict(view);
  page(view.place).open = false;
  renderAll(view.place);
  view.thumbs[side ?? GOOD].focus();
}

async function copy(view) {
  const { answer, turn, labels } = view.data;
  const done = await toClipboard(answer, view.root);
  announce(view.place, { status: done ? "copied" : "refused", text: done ? labels.copied : labels.not_copied });
  // The observer of implicit signals counts it, if there is one: it has the reader's consent.
  if (done) document.dispatchEvent(new CustomEvent("feedback-widgets:copy", { detail: { turn, share: 1 } }));
}

async function toClipboard(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const before = root.getRootNode().activeElement;
    const area = element("textarea", { value: text, className: "offscreen" });
    root.append(area);
    area.select();
    const done = document.execCommand("copy"); // plain http on a named host has no clipboard object
    area.remove();
    before?.focus();
    return done;
  }
}

function hear(place, { id, act, status, why, at }) {
  if (act.act !== "rating") return;
  const known = page(place);
  if (status === "saved") {
    known.said = { ...act, id, at };
    for (const side of [GOOD, BAD]) {
      if (draft(place, side)?.trim() === act.comment && String(act.score) === side) keepDraft(place, side, null);
    }
  }
  const delay = status === "saving" ? SAYING_MS : 0;
  announce(place, { status, why, retracted: act.score === null }, delay);
}

function announce(place, news, delay = 0) {
  const known = page(place);
  clearTimeout(known.timer);
  const tell = () => {
    known.news = news;
    renderAll(place);
  };
  if (!delay) return tell();
  known.news = { ...known.news, status: news.status, text: "" };
  known.timer = setTimeout(tell, delay);
}

// What is shown

function build(parentElement, place, data) {
  const { labels } = data;
  const view = { place, thumbs: {} };
  const name = (action) => labels.named.replace("{action}", action).replace("{question}", data.question);
  const icon = (part, label, onclick) =>
    element("button", { type: "button", className: "icon", ariaLabel: name(label), title: label, onclick, part }, drawing(part));
  view.thumbs[GOOD] = icon(GOOD, labels.good, () => choose(view, GOOD));
  view.thumbs[BAD] = icon(BAD, labels.bad, () => choose(view, BAD));
  view.copy = icon("copy", labels.copy, () => copy(view));
  view.why = element("button", { type: "button", className: "link", part: "why", ariaLabel: name(labels.why), textContent: labels.why });
  view.why.onclick = () => {
    page(place).open = !page(place).open;
    renderAll(place);
  };
  view.status = element("span", { className: "status", role: "status" });
  view.question = element("div", { className: "question", id: "question" });
  view.tags = element("div", { className: "tags", role: "group" });
  view.tags.setAttribute("aria-labelledby", "question");
  view.text = element("textarea", { rows: 2, maxLength: data.longest, part: "text", ariaLabel: name(labels.comment), placeholder: labels.comment });
  view.text.oninput = () => {
    keepDraft(place, verdict(view).side, view.text.value);
    renderAll(place);
  };
  view.text.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) sendComment(view);
    if (event.key !== "Escape") event.stopPropagation(); // Streamlit's own shortcuts do not see that this is a text field
  };
  view.send = element("button", { type: "button", className: "action", part: "send", textContent: labels.send_comment, onclick: () => sendComment(view) });
  view.close = element("button", { type: "button", className: "action quiet", part: "close", textContent: labels.close, onclick: () => close(view) });
  view.panel = element("div", { className: "panel", id: "panel", hidden: true }, view.question, view.tags, view.text, element("div", { className: "actions" }, view.send, view.close));
  view.why.setAttribute("aria-controls", "panel");
  const row = element("div", { className: "row", role: "group", ariaLabel: name(labels.group) }, view.thumbs[GOOD], view.thumbs[BAD], view.copy, view.why, view.status);
  view.root = element("div", { className: "thumbs" }, row, view.panel);
  view.root.dataset.testid = `fbw-thumbs-${data.turn}`;
  view.root.onkeydown = (event) => {
    if (event.key === "Escape" && page(place).open) close(view);
  };
  view.root.addEventListener("focusin", ({ target }) => (focused = { place, root: view.root, part: target.part.value, target }));
  parentElement.querySelector(".thumbs")?.remove(); // Streamlit reuses an element for another turn; its style stays
  parentElement.append(view.root);
  return view;
}

function refocus() {
  if (!focused || document.activeElement !== document.body) return;
  const { place, part, target } = focused;
  const view = [...views.values()].find((each) => each.place === place && each.root.isConnected);
  const successor = view?.root.querySelector(`[part="${CSS.escape(part)}"]`);
  successor?.focus();
  if (part === "text") successor?.setSelectionRange(target.selectionStart, target.selectionEnd);
}

function renderAll(place) {
  for (const view of views.values()) if (view.place === place) render(view);
}

function render(view) {
  const { data, place, root } = view;
  const { labels } = data;
  const { open, news } = page(place);
  const { score, side, reasons, comment } = verdict(view);
  for (const each of [GOOD, BAD]) view.thumbs[each].ariaPressed = String(side === each);
  view.copy.hidden = data.answer === null;
  view.why.hidden = score === null;
  const shown = open && score !== null;
  view.why.ariaExpanded = String(shown);
  view.panel.hidden = !shown;
  root.dataset.status = news?.status ?? "";
  const text = news ? (news.text ?? said(news, labels)) : "";
  if (view.status.textContent !== text) view.status.textContent = text;
  if (!shown) return;

  view.question.textContent = side === BAD ? labels.what_was_wrong : labels.what_was_good;
  renderTags(view, data.reasons[side], reasons);
  const typed = draft(place, side) ?? comment;
  if (view.text.value !== typed) view.text.value = typed;
  view.send.disabled = view.text.value.trim() === comment;
}

function renderTags(view, offered, chosen) {
  const names = [...new Set([...Object.keys(offered), ...chosen])];
  if (view.tags.dataset.names !== names.join("\n")) {
    view.tags.dataset.names = names.join("\n");
    view.tags.replaceChildren(
      ...names.map((name) => {
        const tag = element("button", { type: "button", className: "tag", part: `tag-${name}`, textContent: offered[name] ?? name });
        tag.dataset.name = name;
        tag.onclick = () => toggleReason(view, name);
        return tag;
      }),
    );
  }
  for (const tag of view.tags.children) tag.ariaPressed = String(chosen.includes(tag.dataset.name));
}

function said({ status, why, retracted }, { delivery, retracted: takenBack }) {
  if (status === "saved" && retracted) return takenBack;
  return delivery[status].replace("{why}", why ?? "");
}

function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  const { part, ...rest } = properties;
  Object.assign(made, rest);
  if (part) made.setAttribute("part", part);
  made.append(...children);
  return made;
}

function drawing(part) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[part] ?? SHAPES[GOOD]);
  if (part === BAD) path.setAttribute("transform", "rotate(180 12 12)");
  svg.append(path);
  return svg;
}
