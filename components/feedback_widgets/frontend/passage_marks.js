/**
 * Marks on the passages of the answers, and the small bar beside selected words.
 *
 * React owns the text of an answer, so nothing is put into it: a mark is a range in `CSS.highlights`. Where Streamlit draws an answer
 * again, its ranges are found again; one observer serves the page, and only while something is marked.
 */

import { read, rangeOf, spanOf } from "./passage_text.js";
import { judge, kind, remarks, take } from "./passages.js";
import { element, sheet } from "./stage.js";

const PAUSE_MS = 100; // between a change of the page and the look at it
const SETTLED_MS = 200; // of a selection by touch or by the keyboard
const ENOUGH = 0.5; // of an answer that must be found in a block that is not named as its own
const NAMES = { wrong: "feedback-widgets-wrong", right: "feedback-widgets-right", draft: "feedback-widgets-draft" };

const style = sheet(new URL("./passage_marks.css", import.meta.url));

export class Marks {
  #views;
  #marks = new Map(); // answer and passage -> { view, look, span, range, text }
  #watched = false;
  #drawing = null;
  #mending = null;
  #timer = null;
  #pressed = false;
  #shown = null; // the bar: { view, span, anchor, bar }
  #held = false;

  constructor(views) {
    this.#views = views;
    const decoration = new CSSStyleSheet();
    decoration.replaceSync(DECORATION);
    document.adoptedStyleSheets.push(decoration);
    this.observer = new MutationObserver(() => (this.#mending ??= setTimeout(() => this.#mend(), PAUSE_MS)));
    const listen = (name, heard) => document.addEventListener(name, heard, { capture: true, passive: true });
    listen("selectionchange", () => this.#lookSoon(SETTLED_MS));
    listen("pointerdown", (event) => this.#press(event));
    for (const name of ["pointerup", "pointercancel"]) listen(name, () => this.#release());
    listen("click", (event) => this.#click(event));
    listen("keydown", ({ key }) => key === "Escape" && this.#hide());
    for (const name of ["scroll", "resize"]) addEventListener(name, () => this.#place(), { capture: true, passive: true });
    this.#lookSoon(SETTLED_MS);
  }

  /** What is said may have changed. */
  draw() {
    this.#drawing ??= setTimeout(() => this.#draw());
  }

  // Marks

  #draw() {
    this.#drawing = null;
    for (const view of this.#views) if (!view.row.isConnected) this.#views.delete(view);
    const wanted = new Map();
    for (const view of this.#views) {
      const draft = view.isOpen("passage") && view.draft("passage")?.span;
      const looks = remarks(view).map(({ span, score }) => [span, score < 0.5 ? "wrong" : "right"]);
      if (draft) looks.push([draft, "draft"]);
      for (const [span, look] of looks) wanted.set(`${view.place} ${look} ${kind(span)}`, { view, span, look });
    }
    this.#find(wanted);
    this.#observe(wanted.size > 0);
    if (this.#shown && !this.#shown.view.row.isConnected) this.#lookSoon(0);
  }

  /** The page has changed. */
  #mend() {
    this.#mending = null;
    this.#find(this.#marks);
  }

  #find(wanted) {
    const readings = new Map(); // answer -> what it shows, read once for all that is marked in it
    this.#marks = new Map([...wanted].map(([name, mark]) => [name, this.#found(this.#marks.get(name), mark, readings)]));
    this.#paint();
  }

  /** The mark with its range: the one that it had, as long as that still shows the same words. */
  #found(before, mark, readings) {
    if (before?.range?.startContainer.isConnected && before.range.toString() === before.text) return { ...mark, range: before.range, text: before.text };
    const answer = this.#answerOf(mark.view);
    const all = answer?.textContent;
    if (before && !before.range && before.all === all) return { ...mark, range: null, all };
    if (answer && !readings.has(answer)) readings.set(answer, read(answer, mark.view.data.answer));
    const range = answer ? rangeOf(readings.get(answer), mark.span) : null;
    return { ...mark, range, text: range?.toString(), all };
  }

  #paint() {
    if (!globalThis.Highlight) return; // the remarks are listed in words all the same
    for (const [look, name] of Object.entries(NAMES)) {
      const ranges = [...this.#marks.values()].filter((mark) => mark.look === look && mark.range).map(({ range }) => range);
      if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
      else CSS.highlights.delete(name);
    }
  }

  #observe(wanted) {
    if (wanted === this.#watched) return;
    this.#watched = wanted;
    if (wanted) this.observer.observe(document.body, { childList: true, characterData: true, subtree: true });
    else this.observer.disconnect();
  }

  /** The element that shows a view's answer: the container of its own, its chat message, or the nearest block that has its words. */
  #answerOf(view) {
    const named = `.st-key-fbw-turn-${CSS.escape(view.turn)}`;
    const host = hostOf(view);
    const shares = (block, share) => read(block, view.data.answer).share > share;
    const own = host.closest(named) ?? document.querySelector(named);
    if (own && shares(own, 0)) return own; // it may hold the controls alone
    const others = [...this.#views].filter(({ turn }) => turn !== view.turn).map(hostOf);
    for (let block = host; (block = block.parentElement?.closest('[data-testid="stChatMessage"], [data-testid="stVerticalBlock"]')); ) {
      if (others.some((other) => block.contains(other))) return null;
      if (shares(block, block.matches('[data-testid="stChatMessage"]') ? 0 : ENOUGH)) return block;
    }
    return null;
  }

  // The bar beside a selection

  #lookSoon(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), delay);
  }

  #look() {
    const selection = document.getSelection();
    if (this.#pressed || this.#held) return;
    if (selection.isCollapsed || !selection.rangeCount) return this.#shown?.selected ? this.#hide() : undefined;
    const range = selection.getRangeAt(0).cloneRange();
    const touched = new Map();
    for (const view of this.#views) {
      const answer = view.row.isConnected && this.#answerOf(view);
      if (answer && range.intersectsNode(answer)) touched.set(answer, view);
    }
    const found = [...touched].map(([answer, view]) => ({ view, span: spanOf(read(answer, view.data.answer), range) })).filter(({ span }) => span);
    if (found.length !== 1) return this.#hide(); // of two answers it would be a remark on neither
    const [{ view, span }] = found;
    this.#show(view, span === "unsure" ? null : span, range, true);
  }

  /** A click on a marked passage shows what was said of it. */
  #click(event) {
    if (this.#held || event.target.closest?.("a, button, input, summary") || !document.getSelection().isCollapsed) return;
    const { clientX: x, clientY: y } = event;
    const hit = ({ range, look }) =>
      look !== "draft" && range && [...range.getClientRects()].some((box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
    const [mark] = [...this.#marks.values()].filter(hit).sort((a, b) => a.text.length - b.text.length);
    if (mark) this.#show(mark.view, mark.span, mark.range, false);
  }

  #press(event) {
    this.#pressed = true;
    const path = event.composedPath();
    this.#held = Boolean(this.#shown && path.includes(this.#shown.bar));
    if (!this.#held && this.#shown && !this.#shown.selected) this.#hide();
  }

  #release() {
    this.#pressed = false;
    if (!this.#held) this.#lookSoon(10); // once the selection is what the pointer left
  }

  #show(view, span, anchor, selected) {
    if (this.#shown?.view !== view) this.#hide();
    const bar = (view.passageBar ??= this.#build(view));
    this.#shown = { view, span, anchor, selected, bar };
    const said = span && view.standing(kind(span));
    bar.classList.toggle("unsure", !span);
    for (const [score, button] of bar.verdicts.entries()) button.ariaPressed = String(said?.score === score);
    if (!bar.isConnected) view.row.append(bar);
    bar.hidden = false;
    if (bar.showPopover && !bar.matches(":popover-open")) bar.showPopover();
    this.#place();
  }

  #hide() {
    const { bar } = this.#shown ?? {};
    this.#shown = null;
    this.#held = false;
    if (!bar) return;
    if (bar.hidePopover && bar.matches(":popover-open")) bar.hidePopover();
    bar.hidden = true;
  }

  #build(view) {
    const labels = view.words("passage");
    const scope = view.row.getRootNode();
    if (!scope.adoptedStyleSheets.includes(style)) scope.adoptedStyleSheets.push(style);
    const action = (part, label, act, more) => {
      const done = () => {
        const { span } = this.#shown;
        document.getSelection().removeAllRanges();
        this.#hide();
        act(span);
      };
      return view.control(part, label, done, { textContent: label, title: "", ...more });
    };
    const verdicts = [0, 1].map((score) =>
      action(score ? "mark-right" : "mark-wrong", score ? labels.right : labels.wrong, (span) => judge(view, span, score), { className: score ? "right" : "wrong" }),
    );
    const remark = action("mark-remark", labels.remark, (span) => {
      if (span) take(view, span);
      view.open("passage");
    });
    const note = element("span", { className: "note", textContent: labels.unsure });
    const bar = element("div", { className: "passage-bar", role: "group", part: "passage-bar", ariaLabel: view.name(labels.group) }, note, ...verdicts, remark);
    bar.popover = "manual"; // in the top layer: nothing of the page covers or cuts it, and the focus stays where it is
    bar.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
    return Object.assign(bar, { verdicts });
  }

  /** Under the selection, else above it: never on it while there is room. */
  #place() {
    if (!this.#shown) return;
    const { bar, anchor } = this.#shown;
    const [top, bottom] = [heightOf("stHeader"), innerHeight - heightOf("stBottom")];
    const { height, width } = bar.getBoundingClientRect();
    const chosen = anchor.getBoundingClientRect();
    const space = matchMedia("(pointer: coarse)").matches ? 28 : 8; // the handles of a selection by touch hang below it
    const under = chosen.bottom + space;
    const over = chosen.top - space - height;
    const y = under + height <= bottom ? under : over >= top ? over : bottom - height - space;
    const x = Math.max(8, Math.min(chosen.left + chosen.width / 2 - width / 2, document.documentElement.clientWidth - width - 8));
    bar.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
    bar.style.visibility = chosen.bottom < top || chosen.top > bottom ? "hidden" : "";
  }
}

function hostOf(view) {
  return view.row.getRootNode().host ?? view.row;
}

function heightOf(testId) {
  return document.querySelector(`[data-testid="${testId}"]`)?.getBoundingClientRect().height ?? 0;
}

/** Told by the shape of the line, not by colour alone. The colours have 3:1 on light and on dark ground. */
const DECORATION = `
::highlight(${NAMES.right}) {
  background-color: rgb(40 160 90 / 16%);
  text-decoration: underline 2px double rgb(30 145 80);
}
::highlight(${NAMES.wrong}) {
  background-color: rgb(230 70 70 / 16%);
  text-decoration: underline 2px wavy rgb(225 65 65);
}
::highlight(${NAMES.draft}) {
  background-color: rgb(120 120 140 / 22%);
  text-decoration: underline 2px dashed rgb(125 125 140);
}
`;
