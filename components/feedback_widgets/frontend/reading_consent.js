/**
 * Asks once whether reading may be observed, then shows a switch. The answer lives in localStorage by person; Python only hears.
 *
 * A change is told to the observer of this page by the event "feedback-widgets:consent", to other tabs by the storage itself.
 */

import { forget } from "./totals.js";

const PLACE = "feedback-widgets.consent.";
const memory = new Map(); // where localStorage is closed
const views = new WeakMap();

export default function ({ data: [data], ...component }) {
  const { parentElement } = component;
  const view = views.get(parentElement) ?? build(parentElement);
  views.set(parentElement, view);
  Object.assign(view, component, { data });
  if (isPrivate()) forget(data.owner);
  render(view);
  tell(view);
  return () => view.off.abort();
}

// What was answered: true, false, or null while it was not

function isPrivate() {
  return navigator.globalPrivacyControl === true;
}

function answer(owner) {
  if (memory.has(owner)) return memory.get(owner);
  try {
    return JSON.parse(localStorage.getItem(PLACE + owner))?.allows ?? null;
  } catch {
    return null;
  }
}

function keep(owner, allows) {
  try {
    localStorage.setItem(PLACE + owner, JSON.stringify({ allows, at: Date.now() }));
    memory.delete(owner);
  } catch {
    memory.set(owner, allows);
  }
}

function decide(view, allows) {
  const { owner, labels } = view.data;
  const hadFocus = view.parentElement.activeElement;
  keep(owner, allows);
  spread(view, allows);
  view.status.textContent = allows ? labels.allowed : labels.refused;
  if (hadFocus && !hadFocus.getClientRects().length) view.toggle.focus(); // the button that was pressed is gone
}

/** Let everybody on this page know. */
function spread(view, allows) {
  const { owner } = view.data;
  if (!allows) forget(owner);
  document.dispatchEvent(new CustomEvent("feedback-widgets:consent", { detail: { owner, allows } }));
  render(view);
  tell(view);
}

/** Python takes silence for a no, so that only a yes and its end cost a rerun. */
function tell({ data: { owner, told }, setStateValue }) {
  const allows = !isPrivate() && answer(owner) === true;
  const known = told?.owner === owner && told.allows === true;
  if (allows !== known) setStateValue("told", { owner, allows });
}

// What is shown

function build(parentElement) {
  const view = { off: new AbortController() };
  const button = (part, act) => element("button", { type: "button", part, onclick: act });
  view.ask = element("p", { className: "ask" });
  view.what = element("p", {});
  view.allow = button("allow", () => decide(view, true));
  view.refuse = button("refuse", () => decide(view, false));
  view.actions = element("div", { className: "actions" }, view.allow, view.refuse);
  view.toggle = button("switch", () => decide(view, answer(view.data.owner) !== true));
  view.toggle.setAttribute("role", "switch");
  view.status = element("p", { className: "status" });
  view.status.setAttribute("role", "status");
  view.root = element("section", {}, view.ask, view.toggle, view.what, view.actions, view.status);
  parentElement.append(view.root);
  const hear = ({ key }) => key === PLACE + view.data?.owner && spread(view, answer(view.data.owner) === true);
  addEventListener("storage", hear, { signal: view.off.signal });
  return view;
}

function render(view) {
  const { owner, labels } = view.data;
  const given = answer(owner);
  const asking = given === null;
  view.root.setAttribute("aria-label", labels.region);
  view.root.dataset.state = isPrivate() ? "private" : asking ? "asking" : given ? "allowed" : "refused";
  view.ask.textContent = labels.ask;
  view.what.textContent = isPrivate() ? labels.private : asking ? labels.what : labels.recorded;
  view.allow.textContent = labels.allow;
  view.refuse.textContent = labels.refuse;
  view.toggle.textContent = labels.switch;
  view.toggle.setAttribute("aria-checked", String(given === true));
  view.ask.hidden = view.actions.hidden = isPrivate() || !asking;
  view.toggle.hidden = isPrivate() || asking;
}

function element(tag, { part, ...facts }, ...children) {
  const made = Object.assign(document.createElement(tag), facts);
  if (part) made.setAttribute("part", part);
  made.append(...children);
  return made;
}
