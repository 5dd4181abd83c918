/**
 * Where every component that speaks about one answer stands: a row of controls, panels that open under it, and one status.
 *
 * A component's module is `export default (component) => stage(component, (data) => [part, …])`. A part is
 *   { name, build(view), render(view), load?, restore? }   build adds its controls to view.row; render shows what is known now;
 *                                                          restore(act) gives the draft back of an act that was refused, or null
 * and `opener(…)` makes the part of a button that opens a panel. The panel's module is loaded when it is first wanted:
 *   export function panel(view) { return { element, render(), focus() } }      and   export const sheets = [sheet(url)]
 * `element` goes into a frame that stage.js shows and hides; `render()` is called after every change; Escape closes.
 *
 * A view (one mount; Streamlit replaces it whenever the page shifts, so nothing that matters may live in its elements) has
 *   data, line, row, turn              what Python gave (joined by what is shared), the way to the store, the row, the turn's id
 *   words(name)                        the labels of a part: data.labels[name]
 *   name(action)                       an accessible name that no other message has
 *   standing(kind)                     the newest act of that kind that is known, { id, at?, ...act }, or null
 *   standings(kind)                    those of an act that is about passages, one for each: of the kinds "remark:4-9", …
 *   say(act)                           replaces what stands of its kind; returns the id of the act
 *   draft(name), keep(name, value, id) the words not yet saved (any JSON; null forgets them). They outlive remounts and reloads. With
 *                                      the id of an act that carries them they are forgotten, and the panel closed, once it is saved
 *   faults(name)                       { why, faults } of the refusal of what keep(name, value, id) named, until the next keep
 *   open(name, { focus }?), close(name)   show a panel and go into it; hide it and give the focus back to what opened it
 *   isOpen(name)                       whether it is the one that is shown
 *   tell(text)                         say something in the status
 *   redraw()                           render all views of this answer
 *   control(part, label, onclick, more)  a button whose focus survives a remount; `part` is unique in the view
 * Give every field that may hold the focus an attribute `part` (see `element`): by it focus, caret and keys survive a remount.
 */

import { deliver } from "./send.js";
import { forget, whole } from "./shared.js";

const DRAFT = "feedback-widgets.draft.";
const SAYING_MS = 400; // a quick "saved" needs no "saving" before it
const REMOUNT_MS = 2_000; // an element that is gone for so long does not come back

const pages = new Map(); // owner and turn -> what this page knows
const views = new Map(); // parentElement -> view
const modules = new Map(); // name of a panel -> its loaded module
const arriving = new Set(); // of the style sheets that were asked for
let focused = null; // { place, root, part, field }: where the focus is, or was before a remount took it away

const base = sheet(new URL("./stage.css", import.meta.url));

export function stage(component, partsOf, sheets = []) {
  const { parentElement } = component;
  let gone = false;
  const enter = () => {
    const data = !gone && whole(component, enter);
    if (!data) return;
    if (arriving.size) return Promise.all(arriving).then(enter); // rather a moment later than without its style
    const line = deliver({ ...component, data });
    const [turn] = Object.keys(data.delivery.tokens);
    const place = `${data.delivery.owner}.${turn}`;
    const look = lookOf(data);
    let view = views.get(parentElement);
    if (view?.place !== place || view.look !== look) {
      view = build(parentElement, { place, turn, data, line, look, parts: partsOf(data) }, sheets);
      views.set(parentElement, view);
    }
    Object.assign(view, { data, line });
    line.onStatus((news) => hear(view, news));
    render(view);
    requestAnimationFrame(refocus);
  };
  enter();
  return () => {
    gone = true;
    leave(parentElement);
  };
}

/** What the controls are made of: where that changes in a rerun, they are made anew. */
function lookOf({ given, delivery, question, answer, ...rest }) {
  return JSON.stringify({ ...rest, component: delivery.component, copies: answer !== undefined });
}

function leave(parentElement) {
  forget(parentElement);
  views.get(parentElement)?.line.close();
  views.delete(parentElement);
  requestAnimationFrame(refocus); // a remount shows the new element before it takes the old one away
  setTimeout(() => focused?.field.isConnected === false && (focused = null), REMOUNT_MS);
}

// What is known

function page(place) {
  if (!pages.has(place)) pages.set(place, { said: {}, news: null, timer: null, open: null, drafts: new Map(), refusals: new Map() });
  return pages.get(place);
}

/** { value, id, sent, open }: `id` of the act that carries it, `sent` of the last that carried it as it then was, `open` its panel. */
function stored(place, name) {
  const { drafts } = page(place);
  if (!drafts.has(name)) drafts.set(name, read(`${DRAFT}${place}.${name}`));
  return drafts.get(name);
}

function store(place, name, change) {
  const known = page(place);
  const draft = { ...stored(place, name), ...change };
  const kept = draft.value === null || draft.value === undefined ? null : draft;
  known.drafts.set(name, kept);
  try {
    if (kept) sessionStorage.setItem(`${DRAFT}${place}.${name}`, JSON.stringify(kept));
    else sessionStorage.removeItem(`${DRAFT}${place}.${name}`);
  } catch {
    // the map still has it
  }
}

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function standing({ place, data, line }, kind) {
  const waiting = line.pending().filter((act) => kindOf(act) === kind);
  const said = page(place).said[kind];
  const given = data.given?.[kind];
  return waiting.at(-1) ?? (said && !(given?.at > said.at) ? said : given) ?? null;
}

/** Of most acts one stands; of those about passages one for each passage. */
export function kindOf({ act, span }) {
  return span ? `${act}:${span.start}-${span.end}` : act;
}

function standings(view, kind) {
  const { place, data, line } = view;
  const kinds = [...Object.keys(data.given ?? {}), ...Object.keys(page(place).said), ...line.pending().map(kindOf)];
  return [...new Set(kinds)].filter((each) => each.startsWith(`${kind}:`)).map((each) => standing(view, each));
}

// What happens

function say(view, act) {
  const replaces = standing(view, kindOf(act))?.id;
  const id = view.line.say(replaces ? { ...act, replaces } : act);
  queueMicrotask(() => renderAll(view.place));
  return id;
}

function open(view, name, { focus = true } = {}) {
  const known = page(view.place);
  if (known.open === name) return renderAll(view.place);
  if (known.open) report(view, known.open, "left");
  known.open = name;
  known.back = view.row.getRootNode().activeElement?.getAttribute("part");
  store(view.place, name, { open: true });
  report(view, name, "open");
  if (modules.has(name)) {
    renderAll(view.place);
    if (focus) view.panels.get(name)?.focus();
    return;
  }
  load(view, name).then(() => {
    renderAll(view.place);
    if (focus && page(view.place).open === name) view.panels.get(name)?.focus();
  });
}

async function load(view, name) {
  try {
    const module = await view.parts.find((part) => part.name === name).load();
    await Promise.all(arriving);
    modules.set(name, module);
  } catch {
    page(view.place).open = null;
    announce(view.place, { status: "kept" }); // the server is away; the next click asks again
  }
}

function close(view, name) {
  const known = page(view.place);
  if (known.open !== name) return;
  report(view, name, "left");
  known.open = null;
  store(view.place, name, { open: false });
  const inside = view.frames?.contains(view.row.getRootNode().activeElement);
  renderAll(view.place);
  if (inside) (find(view, known.back) ?? view.openers.get(name))?.focus();
}

/** The observer of implicit signals counts it, if there is one: it has the reader's consent. */
function report({ place, turn }, name, state) {
  const told = state === "open" ? "open" : stored(place, name) && "abandon";
  if (told) document.dispatchEvent(new CustomEvent("feedback-widgets:panel", { detail: { turn, name, state: told } }));
}

function hear(view, { id, act, status, why, faults, at }) {
  const { place } = view;
  const known = page(place);
  if (status === "saved") known.said[kindOf(act)] = { ...act, id, at };
  for (const { name, restore } of view.parts) {
    const lost = status === "refused" && !stored(place, name) && restore?.(act);
    if (lost) store(place, name, { value: lost, id, sent: id }); // the tab with the draft was closed
    const draft = stored(place, name);
    if (draft?.sent === id && status === "refused") known.refusals.set(name, { why, faults: faults ?? {} });
    if (draft?.id !== id) continue;
    if (status === "saved") {
      store(place, name, { value: null });
      close(view, name);
    }
  }
  announce(place, { status, why, act, faults }, status === "saving" ? SAYING_MS : 0);
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
  renderAll(place);
}

// What is shown

function build(parentElement, view, sheets) {
  const { place, turn, data } = view;
  const scope = parentElement.getRootNode();
  scope.adoptedStyleSheets = [base, ...sheets];
  const labels = data.labels.stage;
  view.panels = new Map();
  view.openers = new Map();
  view.words = (name) => view.data.labels[name];
  view.name = (action) => labels.named.replace("{action}", () => action).replace("{question}", () => view.data.question);
  view.standing = (kind) => standing(view, kind);
  view.standings = (kind) => standings(view, kind);
  view.say = (act) => say(view, act);
  view.draft = (name) => stored(place, name)?.value ?? null;
  view.keep = (name, value, id = null) => {
    page(place).refusals.delete(name);
    store(place, name, { value, id, sent: id ?? stored(place, name)?.sent, open: page(place).open === name });
    renderAll(place);
  };
  view.faults = (name) => page(place).refusals.get(name) ?? null;
  view.isOpen = (name) => page(place).open === name;
  view.open = (name, how) => open(view, name, how);
  view.close = (name) => close(view, name);
  view.tell = (text) => announce(place, { status: "told", text });
  view.redraw = () => renderAll(place);
  view.control = (part, label, onclick, more = {}) =>
    element("button", { type: "button", part, ariaLabel: view.name(label), title: label, onclick, ...more });
  view.row = element("div", { className: "row", role: "group", ariaLabel: view.name(labels.group) });
  view.row.dataset.testid = `fbw-${data.delivery.component.replaceAll("_", "-")}-${turn}`;
  for (const [icon, path] of Object.entries(labels.icons)) view.row.style.setProperty(`--icon-${icon}`, `path(evenodd, "${path}")`);
  for (const part of view.parts) part.build(view);
  parentElement.querySelector(".row")?.remove(); // Streamlit reuses an element for another turn
  parentElement.append(view.row);
  watch(view);
  const before = view.parts.find(({ name, load: loads }) => loads && stored(place, name)?.open);
  if (before && !page(place).open) open(view, before.name);
  return view;
}

/** A status must be on the page before its words, or they are not read out. */
function live(view) {
  if (view.status) return;
  view.status = element("span", { className: "status", role: "status", part: "status" });
  if (view.frames) view.frames.before(view.status);
  else view.row.append(view.status);
}

function watch(view) {
  view.row.addEventListener("focusin", ({ target }) => {
    live(view);
    focused = { place: view.place, root: view.row, part: target.getAttribute("part"), field: target };
  });
  view.row.addEventListener("pointerover", () => live(view));
  view.row.addEventListener("keydown", (event) => {
    const { open: name } = page(view.place);
    const escaped = event.key === "Escape" && name;
    // Streamlit's own shortcuts do not see that this is a text field, and its dialog would close with the panel
    if (escaped || event.target.matches("input, textarea, select")) event.stopPropagation();
    if (escaped) close(view, name);
  });
}

function find(view, part) {
  return part ? view.row.querySelector(`[part="${CSS.escape(part)}"]`) : null;
}

function renderAll(place) {
  for (const view of views.values()) if (view.place === place) render(view);
}

function render(view) {
  const { place, row, parts } = view;
  const { open: shown, news } = page(place);
  const name = parts.some((part) => part.load && part.name === shown) ? shown : null; // it may be another view's alone
  for (const part of parts) part.render(view);
  const text = news ? (news.text ?? sentence(view, news)) : "";
  if (text) live(view);
  row.dataset.status = news?.status ?? "";
  if (view.status && view.status.textContent !== text) view.status.textContent = text;
  if (name && modules.has(name) && !view.panels.has(name)) frame(view, name);
  if (name && !modules.has(name) && !view.loading) {
    view.loading = load(view, name).then(() => {
      view.loading = null;
      render(view);
      refocus();
    });
  }
  for (const [each, { element: panel, render: draw }] of view.panels) {
    panel.parentElement.hidden = each !== name;
    if (each === name) draw();
  }
}

function frame(view, name) {
  if (!view.frames) {
    view.frames = element("div", { className: "panels" });
    view.row.append(view.frames);
  }
  const { panel, sheets = [] } = modules.get(name);
  const scope = view.row.getRootNode();
  scope.adoptedStyleSheets = [...new Set([...scope.adoptedStyleSheets, ...sheets])];
  const made = panel(view);
  view.panels.set(name, made);
  view.frames.append(element("div", { className: "panel", id: `panel-${name}`, hidden: true }, made.element));
}

function sentence(view, { status, why, act }) {
  const labels = view.data.labels.stage;
  if (status === "saved" && act?.score === null) return labels.retracted;
  return (labels.delivery[status] ?? "").replace("{why}", () => why ?? "");
}

/** The part of a button that opens the panel `name`, whose module `load` imports. `label(view)` may change. */
export function opener(name, load, label, { restore, ...more } = {}) {
  return {
    name,
    load,
    restore,
    build(view) {
      const button = view.control(`open-${name}`, label(view), () => (view.isOpen(name) ? view.close(name) : view.open(name)), { ...more });
      button.setAttribute("aria-controls", `panel-${name}`);
      view.openers.set(name, button);
      view.row.append(button);
    },
    render(view) {
      const button = view.openers.get(name);
      const text = label(view);
      if (!more.className?.includes("icon") && button.textContent !== text) button.textContent = text;
      button.ariaLabel = view.name(text);
      button.ariaExpanded = String(view.isOpen(name));
    },
  };
}

// Focus over remounts

// A focus that leaves for another element, or for a click on nothing, is gone for good; any other loss is a remount's.
document.addEventListener("focusin", (event) => focused && !event.composedPath().includes(focused.root) && (focused = null), true);
document.addEventListener("pointerdown", (event) => focused && !event.composedPath().includes(focused.root) && (focused = null), true);

function refocus() {
  if (!focused || document.activeElement !== document.body) return;
  const { place, part, field } = focused;
  for (const view of views.values()) {
    if (view.place !== place || !view.row.isConnected) continue;
    const successor = find(view, part);
    if (!successor || successor === field) continue;
    const { selectionStart, selectionEnd, scrollTop } = field;
    successor.focus({ preventScroll: true });
    if (typeof selectionStart === "number") successor.setSelectionRange(selectionStart, selectionEnd);
    successor.scrollTop = scrollTop;
    return;
  }
}

/** Between the old element and the new one of a remount, keys go nowhere: they are written on in the old field. */
document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, altKey } = event;
  const { field } = focused ?? {};
  if (!field || field.isConnected || typeof field.selectionStart !== "number") return;
  if (document.activeElement !== document.body || ctrlKey || metaKey || altKey) return;
  const enter = key === "Enter" && field.tagName === "TEXTAREA";
  if (key === "Backspace" && field.selectionStart === field.selectionEnd) field.selectionStart = Math.max(0, field.selectionEnd - 1);
  else if (key.length > 1 && !enter && key !== "Backspace") return;
  field.setRangeText(enter ? "\n" : key.length > 1 ? "" : key, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input"));
  event.preventDefault();
});

// Small things that every panel needs

/** Make an element: properties, `part`, aria… and children; text is set as text. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  const { part, ...rest } = properties;
  Object.assign(made, rest);
  if (part) made.setAttribute("part", part);
  made.append(...children);
  return made;
}

/** Ask for a style sheet that all mounts share: a <link> in each would be two more nodes per answer. */
export function sheet(url) {
  const made = new CSSStyleSheet();
  const arrival = fetch(url)
    .then((answer) => answer.text())
    .then((text) => made.replaceSync(text))
    .catch(() => {}) // without its style a control still works
    .finally(() => arriving.delete(arrival));
  arriving.add(arrival);
  return made;
}
