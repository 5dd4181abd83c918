/**
 * The answer's Markdown in a text field, with a word diff under it in which each change can be taken back.
 *
 * A draft is a text that differs from what is stored. Only its author's hand changes it, and every change of ours goes through the
 * browser's own editing, so that undo and redo know it.
 */

import { diff } from "./diff.js";
import { rewrite } from "./openers.js";
import { element, sheet, stage } from "./stage.js";
import { drawDiff, sheets as diffSheets } from "./word_diff.js";

const PAUSE_MS = 120; // between the last keystroke and the diff

const own = sheet(new URL("./rewrite_editor.css", import.meta.url));
export const sheets = [...diffSheets, own];

export default (component) => stage(component, () => [rewrite]);

export function panel(view) {
  const labels = view.words("rewrite");
  const named = (label, onclick, part, className = "action") =>
    view.control(part, label, onclick, { textContent: label, className, title: "" });
  const text = element("textarea", { part: "text", ariaLabel: view.name(labels.text), maxLength: view.data.longest_text, spellcheck: true, dir: "auto" });
  const count = element("span", { className: "count", part: "count" });
  const changes = element("div", { className: "diff", role: "region", ariaLabel: view.name(labels.changes), tabIndex: 0, dir: "auto", part: "changes" });
  const save = named(labels.save, () => submit(), "save");
  const cancel = named(labels.cancel, () => view.close("rewrite"), "cancel", "action quiet");
  const reset = named(labels.reset, () => replace(text, 0, text.value.length, asInField(view.data.answer)), "reset", "action quiet");
  const fault = element("p", { className: "fault", hidden: true });
  let shown = null;
  let timer = null;

  const type = () => view.keep("rewrite", text.value === standing(view) ? null : text.value);
  const submit = () => {
    if (save.ariaDisabled === "true") return;
    const id = view.say({ act: "rewrite", text: withLineEnds(view.data.answer, text.value) });
    view.keep("rewrite", text.value, id);
  };
  text.oninput = type;
  text.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };

  const draw = () => {
    shown = text.value;
    const answer = asInField(view.data.answer);
    const parts = shown === answer ? [] : diff(answer, shown);
    drawDiff(changes, parts, labels, (node, { kind }, at) => {
      if (kind === "del" && parts[at + 1]?.kind === "ins") return node; // the two are one change, with one button after it
      const label = `${labels.discard}: ${node.textContent.trim().slice(0, 40)}`;
      const button = element("button", { type: "button", className: "discard", part: `discard-${at}`, title: labels.discard, ariaLabel: label, textContent: "↺" });
      button.onclick = () => discard(text, parts, at);
      const both = document.createDocumentFragment();
      both.append(node, button);
      return both;
    });
  };

  return {
    element: element("div", { className: "editor" }, text, element("div", { className: "actions" }, save, cancel, reset, count), fault, changes),
    render() {
      const written = view.draft("rewrite") ?? standing(view);
      const answer = asInField(view.data.answer);
      if (text.value !== written) text.value = written;
      const refusal = view.faults("rewrite");
      fault.hidden = !refusal;
      if (refusal) fault.textContent = refusal.why;
      save.ariaDisabled = String(written === standing(view) || written === answer || !written.trim()); // a truly disabled one drops the focus
      reset.disabled = written === answer;
      const left = view.data.longest_text - written.length;
      count.textContent = left < 1000 ? labels.left.replace("{n}", left) : labels.characters.replace("{n}", written.length);
      clearTimeout(timer);
      if (shown !== written) timer = setTimeout(draw, shown === null ? 0 : PAUSE_MS);
    },
    focus: () => text.focus(),
  };
}

/** The text that the store has, or is about to have, in the line ends of a text field. */
function standing(view) {
  return asInField(view.standing("rewrite")?.text ?? view.data.answer);
}

/** Replace as the author's own hand would: undo knows it, and the field tells of it. */
function replace(field, start, end, text) {
  field.focus();
  field.setSelectionRange(start, end);
  if (text) document.execCommand("insertText", false, text);
  else document.execCommand("delete");
}

/** Put back what the change at `at` took out, in place of what it put in. */
function discard(field, parts, at) {
  const before = parts.slice(0, at).filter(({ kind }) => kind !== "del");
  const start = before.reduce((sum, { text }) => sum + text.length, 0);
  const { kind, text } = parts[at];
  const removed = kind === "del" ? text : parts[at - 1]?.kind === "del" ? parts[at - 1].text : "";
  replace(field, start, start + (kind === "ins" ? text.length : 0), removed);
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
