/**
 * One observer for all answers of the page: how long each was really in view, which share of it was copied, whether it was only
 * scrolled past, and how often a form was opened on it or left unfinished.
 *
 * Time is added up at every change of what counts (scroll, focus, visibility, idleness), and kept on this device every second.
 * What changed is told together, at most every few seconds, and at once when the page is hidden or left.
 */

import { deliver } from "./send.js";
import { forget, Totals } from "./totals.js";

const KEEP_MS = 1_000; // what a page that dies may lose
const REPORT_MS = 5_000;
const SCAN_MS = 100;
const LEAST_MS = 100;
const GLANCE_MS = 1_000;
const SCROLLING_MS = 2_000; // a flick goes on for so long after the finger has left
const INPUTS = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"];
const SCROLLERS = ["pointerdown", "keydown", "wheel", "touchmove"]; // a "scroll" may be the page's own
const TEXT = '[data-testid="stMarkdownContainer"]:not(button *), [data-testid="stCode"] code';
const CODE_COPY = '[data-testid="stCode"] button';

let reader = null;
let known = null; // the newest mount
let listening = false;

export default function ({ data: [data], ...mounted }) {
  const component = { ...mounted, data };
  known = component;
  // Nothing to see: the wrapper of the fragment leaves the flow, or the page would show a gap.
  component.parentElement.host.closest('[data-testid="stLayoutWrapper"]')?.style.setProperty("position", "absolute");
  if (navigator.globalPrivacyControl || component.data.off) quit(component.data.delivery.owner);
  else start(component);
  return () => {
    // A remount serves the new element before the old one is cleaned up: then there is nothing to stop.
    if (!reader?.serves(component.parentElement)) return;
    reader.report();
    reader = reader.stop();
  };
}

function start(component) {
  if (!listening) document.addEventListener("feedback-widgets:consent", ({ detail }) => obey(detail));
  listening = true;
  const { owner } = component.data.delivery;
  if (reader && reader.owner !== owner) reader = reader.stop();
  if (reader) return reader.serve(component);
  reader = new Reader(owner);
  reader.serve(component);
  reader.report(); // what a page that died has left
}

/** Stop at once, and drop what is not sent yet. */
function quit(owner) {
  reader = reader?.stop() ?? null;
  forget(owner);
}

/** Another component of this page, or of another tab, asked the reader and got an answer. */
function obey({ owner, allows }) {
  if (known.data.delivery.owner !== owner) return;
  if (!allows) quit(owner);
  else if (!known.data.off && known.parentElement.host.isConnected) start(known);
}

class Reader {
  #off = new AbortController();
  #answers = new Map(); // turn -> { element, height, watcher, isSeen, isShown, wasSeen, gained }
  #since = performance.now();
  #lastInput = performance.now();
  #lastScroll = -Infinity;
  #awake = isAttended();
  #frame = "";

  constructor(owner) {
    this.owner = owner;
    this.totals = new Totals(owner);
    const options = { signal: this.#off.signal, capture: true, passive: true };
    for (const name of INPUTS) addEventListener(name, () => this.#input(name), options);
    for (const name of ["focus", "blur"]) addEventListener(name, () => this.#attend(), options);
    addEventListener("visibilitychange", () => this.#attend(true), options);
    addEventListener("pagehide", () => this.report(), options);
    addEventListener("resize", () => this.#scan(), options);
    addEventListener("copy", () => this.#copied(document.getSelection()), options);
    addEventListener("click", (event) => this.#copiedCode(event), options);
    document.addEventListener("feedback-widgets:copy", ({ detail }) => this.#copy(detail.turn, detail.share), options);
    document.addEventListener("feedback-widgets:panel", ({ detail }) => this.#panel(detail), options);
    this.timers = [setInterval(() => this.#keep(), KEEP_MS), setInterval(() => this.report(), REPORT_MS)];
    this.mutations = new MutationObserver(() => (this.scanning ??= setTimeout(() => this.#scan(), SCAN_MS)));
    this.mutations.observe(document.body, { childList: true, subtree: true });
    this.sizes = new ResizeObserver(() => this.#scan());
  }

  serve(component) {
    const { mark, idle } = component.data;
    const before = this.line;
    Object.assign(this, { line: deliver(component), mark, idle, element: component.parentElement });
    if (before !== this.line) before?.close();
    this.#scan();
  }

  serves(element) {
    return this.element === element;
  }

  stop() {
    this.#off.abort();
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.scanning);
    this.mutations.disconnect();
    this.sizes.disconnect();
    for (const { watcher } of this.#answers.values()) watcher.disconnect();
    this.line.close();
    return null;
  }

  /** Tell every total that changed. All that is said in one go leaves in one message. */
  report() {
    this.#keep();
    for (const [turn, act] of this.totals.take()) this.line.say(act, turn);
  }

  // Dwell

  /** Add the time since the last change to what was in view, as far as somebody was there. */
  #account(moment = performance.now()) {
    const now = Math.max(moment, this.#since);
    const until = this.#awake ? Math.min(now, this.#lastInput + this.idle) : this.#since;
    const gain = until - this.#since;
    this.#since = now;
    if (gain <= 0) return;
    for (const answer of this.#answers.values()) if (answer.isSeen) answer.gained += gain;
  }

  #keep() {
    this.#account();
    for (const [turn, answer] of this.#answers) this.#settle(turn, answer);
  }

  #settle(turn, answer, least = LEAST_MS) {
    if (answer.gained < least) return;
    const gain = answer.gained;
    answer.gained = 0;
    this.totals.change(turn, "dwell", "ms", (before) => Math.round(before + gain));
  }

  #input(name) {
    const now = performance.now();
    if (now - this.#lastInput > this.idle) this.#account(); // else the time runs on
    this.#lastInput = now;
    if (SCROLLERS.includes(name)) this.#lastScroll = now;
  }

  #attend(report = false) {
    this.#account();
    this.#awake = isAttended();
    if (this.#awake) this.#lastInput = performance.now();
    if (report) this.report();
  }

  /** Find answers that came, went or grew, and the bars that cover the page. */
  #scan() {
    clearTimeout(this.scanning);
    this.scanning = null;
    const [top, bottom] = [cover("stHeader"), cover("stBottom")];
    const frame = `${top} ${bottom} ${innerHeight}`;
    const found = new Map();
    for (const element of document.querySelectorAll(`[class*="${this.mark}"]`)) {
      const name = [...element.classList].find((each) => each.startsWith(this.mark));
      if (name) found.set(name.slice(this.mark.length), element);
    }
    for (const [turn, answer] of this.#answers) {
      if (found.get(turn) === answer.element) continue;
      this.#account();
      this.#settle(turn, answer, 0);
      answer.watcher.disconnect();
      this.sizes.unobserve(answer.element);
      this.#answers.delete(turn);
    }
    for (const [turn, element] of found) {
      const height = Math.max(1, element.getBoundingClientRect().height);
      const answer = this.#answers.get(turn) ?? { element, isSeen: false, isShown: false, wasSeen: false, gained: 0 };
      if (answer.height === height && frame === this.#frame) continue;
      answer.watcher?.disconnect();
      if (!answer.watcher) this.sizes.observe(element);
      this.#answers.set(turn, answer);
      this.#watch(turn, Object.assign(answer, { height }), top, bottom);
    }
    this.#frame = frame;
  }

  /** Half of the answer must be in view, or half of the window full of it. One step for all would miss a very long answer. */
  #watch(turn, answer, top, bottom) {
    const enough = Math.max(0, Math.min(answer.height, innerHeight - top - bottom) / 2 - 1); // a pixel of lenience
    answer.watcher = new IntersectionObserver((entries) => this.#moved(turn, answer, entries.at(-1), enough), {
      rootMargin: `-${top}px 0px -${bottom}px 0px`,
      threshold: [0, enough / answer.height],
    });
    answer.watcher.observe(answer.element);
  }

  #moved(turn, answer, { isIntersecting, intersectionRect, time }, enough) {
    this.#account(time); // of the frame on the screen: on a busy computer this is told of it much later
    answer.isSeen = isIntersecting && intersectionRect.height >= enough;
    answer.wasSeen ||= answer.isSeen;
    if (answer.isShown && !isIntersecting) this.#left(turn, answer);
    answer.isShown = isIntersecting;
  }

  /** It came into view and is out of it again: scrolled past, if nobody has stopped at it yet. */
  #left(turn, answer) {
    const scrolled = performance.now() - this.#lastScroll < SCROLLING_MS;
    const looked = this.totals.value(turn, "dwell") + answer.gained;
    if (answer.wasSeen && scrolled && looked < GLANCE_MS) this.#count(turn, "scroll-past");
    answer.wasSeen = false;
  }

  // Copies: shares, never words

  #copied(selection) {
    if (!selection || selection.isCollapsed) return;
    for (const [turn, { element }] of this.#answers) {
      const parts = [...element.querySelectorAll(TEXT)];
      const all = parts.reduce((sum, part) => sum + part.textContent.length, 0);
      const chosen = parts.reduce((sum, part) => sum + overlap(selection.getRangeAt(0), part), 0);
      if (chosen) this.#copy(turn, chosen / all);
    }
  }

  #copiedCode({ target }) {
    const code = target.closest?.(CODE_COPY)?.closest('[data-testid="stCode"]')?.querySelector("code");
    const [turn, answer] = [...this.#answers].find(([, { element }]) => code && element.contains(code)) ?? [];
    if (!turn) return;
    const all = [...answer.element.querySelectorAll(TEXT)].reduce((sum, part) => sum + part.textContent.length, 0);
    this.#copy(turn, code.textContent.length / all);
  }

  #copy(turn, share) {
    if (!this.#answers.has(turn)) return;
    this.totals.change(turn, "copy", "share", (before) => Math.max(before, Math.min(1, Math.round(share * 1000) / 1000)));
  }

  // Forms

  #panel({ turn, state }) {
    if (this.#answers.has(turn) && ["open", "abandon"].includes(state)) this.#count(turn, state);
  }

  #count(turn, name) {
    this.totals.change(turn, name, "count", (before) => before + 1);
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
