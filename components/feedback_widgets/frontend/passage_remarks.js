/**
 * A remark on a passage of the answer: which words, right or wrong, and why.
 *
 * Words selected in the answer itself come here from the small bar beside them (`passage_marks.js`). Whoever uses the keyboard selects
 * them in the field with the answer's source, which takes a caret and a selection but no change.
 */

import { passage } from "./openers.js";
import { asSpan, wordsOf } from "./passage_text.js";
import { kind, remarks, take } from "./passages.js";
import { element, sheet, stage } from "./stage.js";

export const sheets = [sheet(new URL("./passage_remarks.css", import.meta.url))];

export default (component) => stage(component, () => [passage]);

const EMPTY = { span: null, score: null, comment: "", picking: true };

export function panel(view) {
  const labels = view.words("passage");
  const current = () => view.draft("passage") ?? EMPTY;
  const change = (more) => view.keep("passage", { ...current(), ...more });
  const named = (part, label, onclick, className) => view.control(part, label, onclick, { textContent: label, className, title: "" });

  const source = element("textarea", { part: "passage-source", className: "source", ariaLabel: view.name(labels.source), ariaReadOnly: "true", inputMode: "none", dir: "auto", spellcheck: false, rows: 4 });
  const hint = element("p", { className: "hint", id: "passage-hint", textContent: labels.hint });
  const quote = element("blockquote", { part: "quote", className: "quote", dir: "auto" });
  const other = named("other-passage", labels.other, () => (change({ picking: true }), source.focus()), "link");
  const verdict = (part, label, score) => named(part, label, () => (say(""), change({ score: current().score === score ? null : score })), "tag");
  const verdicts = [verdict("wrong", labels.wrong, 0), verdict("right", labels.right, 1)];
  const comment = element("textarea", { part: "remark-comment", rows: 2, maxLength: view.data.longest, ariaLabel: view.name(labels.comment), placeholder: labels.comment, dir: "auto" });
  const fault = element("p", { className: "fault", role: "alert" });
  const save = named("save-remark", labels.save, () => submit(), "action");
  const close = named("close-remarks", labels.close, () => view.close("passage"), "action quiet");
  const discard = named("discard-remark", labels.discard, () => (say(""), view.keep("passage", null), focus()), "action quiet");
  const list = element("ul", { className: "remarks", ariaLabel: view.name(labels.yours) });
  source.setAttribute("aria-describedby", "passage-hint");

  const say = (words) => (fault.textContent = words);
  const focus = () => {
    const { span, picking } = current();
    (picking ? source : verdicts[0]).focus();
    if (picking && !span) source.setSelectionRange(0, 0), (source.scrollTop = 0); // a text is read from its beginning
  };

  source.onbeforeinput = (event) => event.preventDefault();
  source.oninput = () => (source.value = inField(view.data.answer)); // what an input method wrote nevertheless
  source.onselect = () => {
    const [from, to] = [source.selectionStart, source.selectionEnd].map((place) => inAnswer(view.data.answer, place));
    const span = asSpan(view.data.answer, from, to);
    const before = current().span;
    if (span && !(before && kind(before) === kind(span))) say(""), change({ span });
  };
  comment.oninput = () => change({ comment: comment.value });
  comment.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };

  const submit = () => {
    const { span, score, comment: words } = current();
    if (!span) return say(labels.no_passage), change({ picking: true }), source.focus();
    if (score === null) return say(labels.no_verdict), verdicts[0].focus();
    say("");
    const said = view.standing(kind(span));
    if (said?.score === score && said.comment === words.trim()) return view.keep("passage", null), view.close("passage");
    const id = view.say({ act: "remark", span, score, comment: words.trim() });
    view.keep("passage", current(), id); // until the store has it
  };

  return {
    element: element(
      "div",
      { className: "passage" },
      hint,
      source,
      element("div", { className: "chosen" }, quote, other),
      element("div", { className: "tags", role: "group", ariaLabel: view.name(labels.group) }, ...verdicts),
      comment,
      fault,
      element("div", { className: "actions" }, save, close, discard),
      list,
    ),
    render() {
      const { span, score, comment: words, picking } = current();
      const answer = inField(view.data.answer);
      if (source.value !== answer) source.value = answer;
      source.hidden = hint.hidden = !picking;
      quote.parentElement.hidden = !span;
      other.hidden = picking;
      if (span && quote.dataset.of !== kind(span)) Object.assign(quote, { textContent: wordsOf(view.data.answer, span) }).dataset.of = kind(span);
      for (const [each, button] of verdicts.entries()) button.ariaPressed = String(score === each);
      if (comment.value !== words) comment.value = words;
      const refusal = view.faults("passage");
      if (refusal) say(refusal.why);
      discard.hidden = view.draft("passage") === null;
      drawList(view, list, labels, focus);
    },
    focus,
  };
}

/** What this reader said of this answer, and what was begun and laid aside. */
function drawList(view, list, labels, focus) {
  const open = view.draft("passage")?.span;
  const items = [...(view.draft("passage-aside") ?? []).map((each) => ({ ...each, begun: true })), ...remarks(view)];
  const state = JSON.stringify([items.map(({ span, score, comment, begun }) => [span, score, comment, begun]), open]);
  list.hidden = !items.length;
  if (list.dataset.state === state) return;
  list.dataset.state = state;
  const inside = list.contains(list.getRootNode().activeElement);
  list.replaceChildren(...items.map((remark) => item(view, remark, labels)));
  if (inside) (list.querySelector("button") ?? { focus }).focus(); // what had the focus may be gone
}

function item(view, { span, score, comment, begun }, labels) {
  const look = begun ? "begun" : score < 0.5 ? "wrong" : "right";
  const said = wordsOf(view.data.answer, span);
  const short = said.length > 40 ? `${said.slice(0, 40)}…` : said;
  const button = (part, label, act) =>
    view.control(`${part}-${span.start}-${span.end}`, `${label}, ${short}`, act, { className: "link", textContent: label, title: "" });
  const edit = button(begun ? "continue" : "edit", begun ? labels.go_on : labels.edit, () => {
    take(view, span);
    view.row.querySelector('[part="wrong"]').focus();
  });
  const back = button("take-back", labels.take_back, () => view.say({ act: "remark", span, score: null, comment: "" }));
  const words = element("q", { className: "words", textContent: said, dir: "auto" });
  const state = element("span", { className: `verdict ${look}`, textContent: labels[look] });
  const note = comment ? [element("p", { className: "said", textContent: comment, dir: "auto" })] : [];
  const made = element("li", { part: `remark-${span.start}-${span.end}` }, state, words, ...note, element("span", { className: "does" }, edit, ...(begun ? [] : [back])));
  return made;
}

/** A text field knows one line end only. */
function inField(answer) {
  return answer.replace(/\r\n?/g, "\n");
}

/** The place in the answer of a place in the text field. */
function inAnswer(answer, place) {
  let at = 0;
  for (let seen = 0; seen < place; seen++) at += answer.startsWith("\r\n", at) ? 2 : 1;
  return at;
}
