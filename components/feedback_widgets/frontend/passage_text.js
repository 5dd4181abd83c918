/** An answer as it is shown, and as its Markdown: a selection becomes a span of the source, and a span a range on the page. */

import { align } from "./passage_align.js";
import { ATOM, EMOJI, cut, isSpace, units } from "./passage_source.js";

const TEXT = '[data-testid="stMarkdownContainer"], [data-testid="stText"], [data-testid="stCode"]';
const FOREIGN = 'button, label, summary, [role="img"], [aria-hidden="true"], [data-testid="stHeaderActionElements"], [data-testid="stCaptionContainer"]';
const FORMULA = ".katex";
const BLOCK = "p, li, td, th, h1, h2, h3, h4, h5, h6, pre, blockquote, div, section, dd, dt";

/** Read what an element shows now. It holds until the page is drawn again. */
export function read(element, markdown) {
  const shown = shownUnits(element);
  const text = shown.map((unit) => unit.text).join("");
  const found = [units(markdown, text), verbatim(markdown)].map((source) => ({ source, map: align(source, shown) }));
  const known = ({ map }) => map.filter((place) => place >= 0).length;
  const { source, map } = found.reduce((best, each) => (known(each) > known(best) ? each : best)); // st.text shows it as it is
  return { markdown, shown, source, map, share: source.length ? known({ map }) / source.filter(({ maybe }) => !maybe).length : 0 };
}

/** The span of the source that a range of the page chooses: null if it chooses nothing here, "unsure" if it cannot be told. */
export function spanOf({ markdown, shown, source, map }, range) {
  const chosen = shown.flatMap((unit, place) => (isIn(range, unit) ? [place] : []));
  if (!chosen.length) return null;
  const [first, last] = [map[chosen[0]], map[chosen.at(-1)]];
  return first < 0 || last < 0 ? "unsure" : asSpan(markdown, source[first].start, source[last].end);
}

/** The range of the page that shows a span, or null if it cannot be told surely. */
export function rangeOf({ markdown, shown, source, map }, span) {
  const [start, end] = [toUtf16(markdown, span.start), toUtf16(markdown, span.end)];
  if (markdown.slice(start, end) !== span.text) return null;
  const inside = source.flatMap((unit, place) => (!unit.maybe && unit.end > start && unit.start < end ? [place] : []));
  const [first, last] = [map.indexOf(inside[0] ?? NaN), map.indexOf(inside.at(-1) ?? NaN)];
  if (first < 0 || last < first) return null;
  const range = document.createRange();
  const [a, b] = [shown[first], shown[last]];
  if (a.node.nodeType === Node.TEXT_NODE) range.setStart(a.node, a.from);
  else range.setStartBefore(a.node);
  if (b.node.nodeType === Node.TEXT_NODE) range.setEnd(b.node, b.to);
  else range.setEndAfter(b.node);
  return range;
}

let lately = { markdown: null, source: [] };

/** The words of a span as a reader sees them, without the marks between them. */
export function wordsOf(markdown, span) {
  if (lately.markdown !== markdown) lately = { markdown, source: units(markdown, "") };
  const [start, end] = [toUtf16(markdown, span.start), toUtf16(markdown, span.end)];
  const inside = lately.source.filter((unit) => !unit.maybe && unit.end > start && unit.start < end);
  const text = (unit) => (unit.text === ATOM || unit.text === EMOJI ? markdown.slice(unit.start, unit.end) : unit.text);
  return inside.map((unit) => (unit.gap ? " " : "") + text(unit)).join("").trim() || span.text;
}

/** A span from UTF-16 places, without the white space at its ends: offsets in code points, as Python counts. */
export function asSpan(markdown, start, end) {
  const text = markdown.slice(start, end);
  const from = start + text.length - text.trimStart().length;
  const inner = text.trim();
  if (!inner) return null;
  const before = [...markdown.slice(0, from)].length;
  return { start: before, end: before + [...inner].length, text: inner };
}

export function toUtf16(text, codePoints) {
  let place = 0;
  for (let count = 0; count < codePoints && place < text.length; count++) place += text.codePointAt(place) > 0xffff ? 2 : 1;
  return place;
}

function verbatim(markdown) {
  const out = [];
  let gap = true;
  cut(markdown, (text, start, end) => {
    if (isSpace(text)) return (gap = true);
    out.push({ text, start, end, gap, maybe: false });
    gap = false;
  });
  return out;
}

function shownUnits(element) {
  const out = [];
  let gap = true;
  let block = null;
  const accept = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.parentElement.closest(TEXT) && element.contains(node.parentElement.closest(TEXT)) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT;
    if (node.matches(FORMULA)) return NodeFilter.FILTER_ACCEPT;
    return node.matches(FOREIGN) || node.parentElement.closest(FORMULA) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
  };
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, accept);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest(FORMULA)) continue;
    const place = node.parentElement.closest(BLOCK);
    if (place !== block) gap = true;
    block = place;
    const put = (text, from, to) => {
      if (isSpace(text)) return (gap = true);
      out.push({ text, node, from, to, gap });
      gap = false;
    };
    if (node.nodeType === Node.TEXT_NODE) cut(node.data, put);
    else put(ATOM, 0, 0);
  }
  return out;
}

function isIn(range, { node, from, to }) {
  if (!range.intersectsNode(node)) return false;
  if (node.nodeType !== Node.TEXT_NODE) return true;
  const start = node === range.startContainer ? range.startOffset : 0;
  const end = node === range.endContainer ? range.endOffset : node.length;
  return to > start && from < end;
}
