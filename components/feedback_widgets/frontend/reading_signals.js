/**
 * One observer for all answers of the page: how long each was really in view, and which share of it was copied.
 *
 * Time is added up at every change of what counts (scroll, focus, visibility, idleness), so nothing ticks while nothing happens.
 * Totals live in localStorage by author and turn and only grow: a lost message costs nothing, the next one holds it all.
 */

import { deliver } from "./send.js";

const TOTALS = "feedback-widgets.read.";
const MOST_TOTALS = 200;
const REPORT_MS = 5_000;
const SCAN_MS = 100;
const LEAST_MS = 100;
const STEPS = Array.from({ length: 21 }, (_, step) => step / 20);
const INPUTS = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"];
const TEXT = '[data-testid="stMarkdownContainer"]:not(button *), [data-testid="stCode"] code';
const CODE_COPY = '[data-testid="stCode"] button';

let reader = null;

export default function (component) {
  const line = deliver(component);
  if (navigator.globalPrivacyControl) return line.close;
  reader ??= new Reader();
  const mine = reader;
  // Nothing to see: the wrapper of the fragment leaves the flow, or the page would show a gap.
  component.parentElement.host.closest('[data-testid="stLayoutWrapper"]')?.style.setProperty("position", "absolute");
  mine.serve(line, component.data, component.parentElement);
  return () => {
    // A remount serves the new element before the old one is cleaned up: then there is nothing to stop.
    if (mine.owns(component.parentElement)) {
      mine.stop();
      if (reader === mine) reader = null;
    }
    line.close();
  };
}

class Reader {
  #off = new AbortController();
  #answers = new Map(); // turn -> its element
  #visible = new Set(); // turns
  #gained = new Map(); // turn -> ms not yet in its total
  #since = performance.now();
  #lastInput = performance.now();
  #awake = isAttended();
  #margins = "";

  constructor() {
    const options = { signal: this.#off.signal, capture: true, passive: true };
    for (const name of INPUTS) addEventListener(name, () => this.#input(), options);
    for (const name of ["focus", "blur"]) addEventListener(name, () => this.#attend(), options);
    addEventListener("visibilitychange", () => this.#attend(true), options);
    addEventListener("pagehide", () => this.#report(), options);
    addEventListener("copy", () => this.#copied(document.getSelection()), options);
    addEventListener("click", (event) => this.#copiedCode(event), options);
    document.addEventListener("feedback-widgets:copy", ({ detail }) => this.#copy(detail.turn, detail.share), options);
    this.timer = setInterval(() => this.#report(), REPORT_MS);
    this.mutations = new MutationObserver(() => (this.scanning ??= setTimeout(() => this.#scan(), SCAN_MS)));
    this.mutations.observe(document.body, { childList: true, subtree: true });
  }

  serve(line, { mark, idle, delivery }, element) {
    Object.assign(this, { line, mark, idle, element, place: `${TOTALS}${delivery.owner}.` });
    this.#scan();
  }

  owns(element) {
    return this.element === element;
  }

  stop() {
    this.#report();
    this.#off.abort();
    clearInterval(this.timer);
    clearTimeout(this.scanning);
    this.mutations.disconnect();
    this.intersections?.disconnect();
  }

  // Dwell

  /** Add the time since the last change to what was in view, as far as somebody was there. */
  #account() {
    const now = performance.now();
    const until = this.#awake ? Math.min(now, this.#lastInput + this.idle) : this.#since;
    const gain = until - this.#since;
    this.#since = now;
    if (gain <= 0) return;
    for (const turn of this.#visible) this.#gained.set(turn, (this.#gained.get(turn) ?? 0) + gain);
  }

  #input() {
    const now = performance.now();
    if (now - this.#lastInput > this.idle) this.#account(); // else the time runs on
    this.#lastInput = now;
  }

  #attend(report = false) {
    this.#account();
    this.#awake = isAttended();
    if (this.#awake) this.#lastInput = performance.now();
    if (report) this.#report();
  }

  /** Find answers that came or went, and the bars that cover the page. */
  #scan() {
    clearTimeout(this.scanning);
    this.scanning = null;
    const margins = `-${cover("stHeader")}px 0px -${cover("stBottom")}px 0px`;
    if (margins !== this.#margins) {
      this.#margins = margins;
      this.intersections?.disconnect();
      this.intersections = new IntersectionObserver((entries) => this.#moved(entries), { rootMargin: margins, threshold: STEPS });
      this.#answers.clear();
    }
    const found = new Map();
    for (const element of document.querySelectorAll(`[class*="${this.mark}"]`)) {
      const name = [...element.classList].find((each) => each.startsWith(this.mark));
      if (name) found.set(name.slice(this.mark.length), element);
    }
    for (const [turn, element] of this.#answers) {
      if (found.get(turn) === element) continue;
      this.intersections.unobserve(element);
      this.#answers.delete(turn);
      this.#account();
      this.#visible.delete(turn);
    }
    for (const [turn, element] of found) {
      if (this.#answers.has(turn)) continue;
      this.#answers.set(turn, element);
      this.intersections.observe(element);
    }
  }

  #moved(entries) {
    this.#account();
    for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
      const turn = [...this.#answers].find(([, element]) => element === target)?.[0];
      if (!turn) continue;
      const seen = intersectionRatio >= 0.5 || intersectionRect.height >= (rootBounds?.height ?? innerHeight) / 2;
      if (seen) this.#visible.add(turn);
      else this.#visible.delete(turn);
    }
  }

  #report() {
    this.#account();
    for (const [turn, gain] of this.#gained) {
      if (gain < LEAST_MS) continue;
      this.#gained.delete(turn);
      this.#total(turn, "dwell", "ms", (before) => Math.round(before + gain));
    }
  }

  // Copies: shares, never words

  #copied(selection) {
    if (!selection || selection.isCollapsed) return;
    for (const [turn, element] of this.#answers) {
      const parts = [...element.querySelectorAll(TEXT)];
      const all = parts.reduce((sum, part) => sum + part.textContent.length, 0);
      const chosen = parts.reduce((sum, part) => sum + overlap(selection.getRangeAt(0), part), 0);
      if (chosen) this.#copy(turn, chosen / all);
    }
  }

  #copiedCode({ target }) {
    const code = target.closest?.(CODE_COPY)?.closest('[data-testid="stCode"]')?.querySelector("code");
    const [turn, element] = [...this.#answers].find(([, each]) => code && each.contains(code)) ?? [];
    if (!turn) return;
    const all = [...element.querySelectorAll(TEXT)].reduce((sum, part) => sum + part.textContent.length, 0);
    this.#copy(turn, code.textContent.length / all);
  }

  #copy(turn, share) {
    this.#total(turn, "copy", "share", (before) => Math.max(before, Math.min(1, Math.round(share * 1000) / 1000)));
  }

  // Totals

  #total(turn, name, unit, change) {
    const totals = readTotals(this.place + turn);
    const { value: before = 0, seq = -1 } = totals[name] ?? {};
    const value = change(before);
    if (value === before) return;
    totals[name] = { value, seq: seq + 1 };
    writeTotals(this.place + turn, { ...totals, at: Date.now() });
    this.line.say({ act: "signal", name, value, unit, seq: seq + 1 }, turn);
  }
}

function isAttended() {
  return document.visibilityState === "visible" && document.hasFocus();
}

function cover(testId) {
  return Math.round(document.querySelector(`[data-testid="${testId}"]`)?.getBoundingClientRect().height ?? 0);
}

/** How many characters of `part` lie in `range`. */
function overlap(range, part) {
  if (!range.intersectsNode(part)) return 0;
  const inside = document.createRange();
  inside.selectNodeContents(part);
  if (range.compareBoundaryPoints(Range.START_TO_START, inside) > 0) inside.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, inside) < 0) inside.setEnd(range.endContainer, range.endOffset);
  return inside.toString().length;
}

function readTotals(name) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? {};
  } catch {
    return {};
  }
}

function writeTotals(name, totals) {
  try {
    localStorage.setItem(name, JSON.stringify(totals));
    const names = Object.keys(localStorage).filter((each) => each.startsWith(TOTALS));
    if (names.length <= MOST_TOTALS) return;
    const oldest = names.sort((a, b) => (readTotals(a).at ?? 0) - (readTotals(b).at ?? 0));
    for (const each of oldest.slice(0, names.length - MOST_TOTALS)) localStorage.removeItem(each);
  } catch {
    // without storage every page counts from nothing; the server keeps the highest sequence it saw
  }
}
