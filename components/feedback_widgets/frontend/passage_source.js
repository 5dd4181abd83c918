/**
 * What of an answer's Markdown is shown to its reader, character by character, each with its place in the source.
 *
 * Not a renderer: white space does not count, so blocks need not be nested, and what only seems to be a mark of emphasis may be
 * passed over (`maybe`). What it reads wrongly, `passage_align.js` finds out by comparing with what is really shown.
 *
 * A unit is what can only be chosen as a whole (a character as people see it, a formula):
 *   { text, start, end, gap, maybe }    UTF-16 offsets in the source; `gap`: white space or a new block before it
 */

export const ATOM = "\ufffc"; // a formula, whatever it looks like
export const EMOJI = "\ufffd"; // one emoji, whichever it is

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const PLAIN = /^[\x20-\x7e\s]*$/;
const SPACE = /^\s+$/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const SPECIAL = /[\\`$<![:&*_~\-><\n]/g;
const TYPOGRAPHY = { "<->": "↔", "->": "→", "<-": "←", "--": "—", ">=": "≥", "<=": "≤", "~=": "≈" }; // Streamlit's own

const FENCE = /^(`{3,}(?=[^`]*$)|~{3,})/;
const MARKER = /^(?:[-*+]|(\d{1,9})[.)])(?:[ \t]+|$)/;
const RULE = /^([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const UNDERLINE = /^(?:=+|-+)[ \t]*$/;
const TABLE_RULE = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const DEFINITION = /^\[([^\]\n]+)\]:[ \t]*\S/;
const HTML_BLOCK =
  /^<(?:!--|\/?(?:address|article|aside|blockquote|body|center|details|dialog|div|dl|dt|dd|fieldset|figure|footer|form|h[1-6]|head|header|hr|html|iframe|li|main|menu|nav|ol|p|pre|script|section|style|summary|table|tbody|td|textarea|tfoot|th|thead|title|tr|ul)(?=[\s>/]|$))/i;

/** Cut a text into units. */
export function cut(text, put) {
  if (PLAIN.test(text)) for (let at = 0; at < text.length; at++) put(text[at], at, at + 1);
  else for (const { segment, index } of graphemes.segment(text)) put(segment, index, index + segment.length);
}

export const isSpace = (text) => SPACE.test(text);

/** Read Markdown. `shown` is all that is on the screen, without white space: where Streamlit may go two ways, it decides. */
export function units(markdown, shown) {
  const out = [];
  const references = new Set([...markdown.matchAll(/^[ >\t]*\[([^\]\n]+)\]:/gm)].map(([, name]) => name.trim().toLowerCase()));
  const state = { out, shown, references, notes: [], gap: true };
  let paragraph = null; // { text, at, table }
  let fence = null; // { mark, depth } of an open code block, { formula } of an open formula
  let inList = false;
  let blank = true;

  const flush = () => {
    if (paragraph) inline(state, paragraph);
    paragraph = null;
    state.gap = true;
  };
  const add = (from, to, table = false) => {
    paragraph ??= { text: "", at: [], table };
    if (paragraph.text) append(paragraph, "\n", from - 1);
    for (let place = from; place < to; place++) append(paragraph, markdown[place], place);
    paragraph.at[paragraph.text.length] = to;
  };

  for (const [start, stop] of lines(markdown)) {
    if (fence?.formula !== undefined) {
      if (markdown.slice(start, stop).includes("$$")) {
        put(state, ATOM, fence.formula, start + markdown.slice(start, stop).lastIndexOf("$$") + 2);
        fence = null;
        state.gap = true;
      }
      continue;
    }
    let from = start;
    let depth = 0;
    const rest = () => markdown.slice(from, stop);
    const skip = (pattern) => {
      const found = pattern.exec(rest());
      if (found) from += found[0].length;
      return found;
    };
    if (fence) {
      while (depth < fence.depth && skip(/^[ \t]*>/)) depth += 1;
      const closing = /^[ \t]*(`{3,}|~{3,})[ \t]*$/.exec(rest());
      if (closing && closing[1].startsWith(fence.mark)) fence = null;
      else literal(state, markdown, from, stop);
      state.gap = true;
      continue;
    }
    while (skip(/^[ \t]*>[ \t]?/)) depth += 1;
    const wasBlank = blank;
    blank = !rest().trim();
    if (blank) {
      flush();
      continue;
    }
    const [indent] = /^[ \t]*/.exec(rest());
    if (wasBlank && inList && !indent && !MARKER.test(rest())) inList = false;
    if (!paragraph && !inList && indent.replaceAll("\t", "    ").length >= 4) {
      literal(state, markdown, from, stop);
      continue;
    }
    skip(/^[ \t]+/);
    if (RULE.test(rest()) || (paragraph && UNDERLINE.test(rest()))) {
      flush();
      continue;
    }
    for (let marker; (marker = MARKER.exec(rest())) && !RULE.test(rest()); ) {
      if (paragraph && !inList && ![undefined, "1"].includes(marker[1])) break; // a sentence that goes on with a number
      flush();
      inList = true;
      skip(MARKER);
      skip(/^\[[ xX]\][ \t]+/);
      while (skip(/^>[ \t]?/)) depth += 1;
    }
    const opening = FENCE.exec(rest());
    if (opening) {
      flush();
      fence = { mark: opening[1], depth };
    } else if (/^\$\$[^$]*$/.test(rest())) {
      flush();
      fence = { formula: from };
    } else if (skip(/^#{1,6}(?:[ \t]+|$)/)) {
      flush();
      add(from, stop - (/(?:^|[ \t])#+[ \t]*$/.exec(rest())?.[0].length ?? 0));
      flush();
    } else if (!paragraph && DEFINITION.test(rest())) {
      flush(); // of a link or a footnote: shown elsewhere, or not at all
    } else if (!paragraph && HTML_BLOCK.test(rest())) {
      paragraph = { text: "", at: [], verbatim: true };
      add(from, stop);
    } else if (TABLE_RULE.test(rest()) && paragraph?.text.includes("|")) {
      paragraph.table = true;
    } else {
      add(from, stop);
    }
  }
  flush();
  return out;
}

function* lines(text) {
  for (const { 0: line, index } of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    if (line) yield [index, index + line.replace(/[\r\n]+$/, "").length];
  }
}

function append(paragraph, text, place) {
  paragraph.at[paragraph.text.length] = place;
  paragraph.text += text;
}

function put(state, text, start, end, maybe = false) {
  const before = state.out.at(-1);
  const gap = state.gap && !(maybe && before?.maybe && before.end === start); // inside a run there is none
  state.out.push({ text, start, end, gap, maybe });
  if (!maybe) state.gap = false;
}

function literal(state, markdown, start, stop) {
  cut(markdown.slice(start, stop), (text, from, to) => {
    if (isSpace(text)) state.gap = true;
    else put(state, text, start + from, start + to);
  });
}

/** Read the text of a paragraph from `from` to `to`; `at` tells the source's place of each of its characters. */
function inline(state, paragraph, from = 0, to = paragraph.text.length) {
  const { at, table, verbatim } = paragraph;
  const text = paragraph.text.slice(0, to);
  const one = (shown, start, stop, maybe) => put(state, shown, at[start], at[stop - 1] + 1, maybe);
  const plain = (start, stop) =>
    cut(text.slice(start, stop), (each, a, b) => {
      if (isSpace(each)) state.gap = true;
      else one(each, start + a, start + b);
    });
  if (verbatim) return plain(from, to);

  let place = from;
  while (place < to) {
    SPECIAL.lastIndex = place;
    const stop = Math.min(SPECIAL.exec(text)?.index ?? to, table ? nextPipe(text, place, to) : to);
    plain(place, stop);
    if ((place = stop) >= to) return;
    const sign = text[place];
    const rest = text.slice(place, place + 4_000);
    const match = (pattern) => pattern.exec(rest)?.[0];
    const before = text[place - 1] ?? " ";
    let length = 1;
    let found;
    const typographic = isSpace(before) && match(/^(?:<->|->|<-|--|>=|<=|~=)(?=\s|$)/);
    if (typographic) {
      one(TYPOGRAPHY[typographic], place, place + typographic.length);
      length = typographic.length;
    } else if (sign === "|" || sign === "\n") {
      state.gap = true;
    } else if (sign === "\\" && text[place + 1] === "\n") {
      state.gap = true; // a hard break
    } else if (sign === "\\" && /[!-/:-@[-`{-~]/.test(rest[1] ?? "")) {
      one(rest[1], place, place + 2);
      length = 2;
    } else if ((sign === "`" || sign === "$") && (found = spanned(text, place, sign))) {
      const { open, close } = found;
      length = close + open - place;
      if (sign === "`") code(plain, one, text, place + open, close, table);
      else if (state.shown.includes(dense(text.slice(place, place + length)))) plain(place, place + length);
      else one(ATOM, place, place + length);
    } else if (sign === "`" || sign === "$") {
      length = match(/^(?:`+|\$+)/).length;
      plain(place, place + length);
    } else if ((found = match(/^<(?:[a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]+@[^\s<>]+)>/i))) {
      length = found.length;
      plain(place + 1, place + length - 1);
    } else if ((found = match(/^<(?:\/?[a-z][\w-]*(?:\s[^<>]*)?\/?|!--[^]*?--)>/i))) {
      length = found.length; // html is shown as it is written
      plain(place, place + length);
    } else if ((found = match(/^\[\^[^\]\s]+\]/)) && state.references.has(found.slice(1, -1).toLowerCase())) {
      length = found.length;
      if (!state.notes.includes(found)) state.notes.push(found);
      one(String(state.notes.indexOf(found) + 1), place, place + length);
    } else if (sign === "[" && (found = link(state, text, place))) {
      inline(state, paragraph, place + 1, found.close);
      length = found.end - place;
    } else if (sign === "!" && text[place + 1] === "[" && (found = link(state, text, place + 1))) {
      length = found.end - place;
    } else if ((found = match(/^:(?:material\/\w+|streamlit):/))) {
      length = found.length;
    } else if ((found = match(/^:[a-z][a-z0-9-]*\[/)) && closing(text, place + found.length - 1) > 0) {
      const close = closing(text, place + found.length - 1);
      inline(state, paragraph, place + found.length, close);
      length = close + 1 - place;
    } else if ((found = match(/^:[a-z0-9_+-]+:/i))) {
      length = found.length - 1;
      if (state.shown.includes(found)) plain(place, place + length);
      else one(EMOJI, place, place + ++length);
    } else if ((found = match(/^&(?:#x[0-9a-f]{1,6}|#\d{1,7}|[a-z][a-z0-9]{1,31});/i))) {
      length = found.length;
      const meant = new DOMParser().parseFromString(found, "text/html").documentElement.textContent;
      if (isSpace(meant) || !meant) state.gap = true;
      else if (meant === found) plain(place, place + length);
      else one(meant, place, place + length);
    } else if ("*_~".includes(sign)) {
      length = match(/^(?:\*+|_+|~+)/).length;
      const marks = isMark(sign, length, before, text.slice(place + length, place + length + 2));
      for (let each = place; each < place + length; each++) one(sign, each, each + 1, marks);
    } else {
      plain(place, place + 1);
    }
    place += length;
  }
}

function code(plain, one, text, from, to, table) {
  let place = from;
  for (const { index } of table ? text.slice(from, to).matchAll(/\\\|/g) : []) {
    plain(place, from + index);
    one("|", from + index, from + index + 2);
    place = from + index + 2;
  }
  plain(place, to);
}

function nextPipe(text, from, to) {
  const found = text.indexOf("|", from);
  return found < 0 ? to : found;
}

/** A run of signs, its content, and a run of as many: code or a formula. */
function spanned(text, place, sign) {
  const [run] = (sign === "`" ? /^`+/ : /^\$+/).exec(text.slice(place));
  for (let close = text.indexOf(run, place + run.length); close >= 0; close = text.indexOf(run, close)) {
    let end = close;
    while (text[end] === sign) end += 1;
    if (end - close === run.length && close > place + run.length) return { open: run.length, close };
    close = end;
  }
  return null;
}

/** The place of the bracket that closes the one at `open`, or -1. */
function closing(text, open) {
  let depth = 0;
  for (let place = open; place < text.length; place++) {
    const sign = text[place];
    if (sign === "\\") place += 1;
    else if (sign === "`") place = Math.max(place, (spanned(text, place, "`")?.close ?? place) + (spanned(text, place, "`")?.open ?? 1) - 1);
    else if (sign === "[") depth += 1;
    else if (sign === "]" && --depth === 0) return place;
  }
  return -1;
}

const TARGET = /^\(\s*(?:<[^<>\n]*>|(?:[^\s()]|\([^\s()]*\))*)(?:\s+(?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|\((?:\\.|[^()])*\)))?\s*\)/;

function link(state, text, open) {
  const close = closing(text, open);
  if (close < 0) return null;
  const rest = text.slice(close + 1, close + 4_000);
  const target = TARGET.exec(rest)?.[0];
  if (target) return { close, end: close + 1 + target.length };
  const [whole = "", named = ""] = /^\[([^\]\n]*)\]/.exec(rest) ?? [];
  const name = (named || text.slice(open + 1, close)).trim().toLowerCase();
  return state.references.has(name) ? { close, end: close + 1 + whole.length } : null;
}

/** Whether a run of these signs may open or close an emphasis (CommonMark's flanking runs). */
function isMark(sign, length, before, [after = " "]) {
  const [spaceBefore, spaceAfter] = [isSpace(before), isSpace(after)];
  const [signBefore, signAfter] = [PUNCTUATION.test(before), PUNCTUATION.test(after)];
  const left = !spaceAfter && (!signAfter || spaceBefore || signBefore);
  const right = !spaceBefore && (!signBefore || spaceAfter || signAfter);
  if (sign === "~" && length > 2) return false;
  if (sign === "_" && left && right) return signBefore || signAfter;
  return left || right;
}

const dense = (text) => text.replace(/\s+/g, "");
