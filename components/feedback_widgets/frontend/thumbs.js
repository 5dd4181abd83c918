/**
 * A verdict on an answer (two thumbs, or a scale of five faces or stars), a copy button, and reasons with a comment.
 *
 * The verdict is stored on the click; the same click again takes it back; another verdict begins without the old reasons.
 */

import "./send.js"; // of stage.js: asked for together they wait for one round trip
import "./shared.js";
import { element, sheet, stage } from "./stage.js";

const style = sheet(new URL("./thumbs.css", import.meta.url));

export const parts = (data) => [verdict(data), ...(data.answer === undefined ? [] : [copy]), why];
export const sheets = [style];
export default (component) => stage(component, parts, sheets);

/** What stands: the score from 0 to 1 or null, and which reasons belong to it. */
function given(view) {
  const { score = null, reasons = [], comment = "" } = view.standing("rating") ?? {};
  return { score, side: score === null ? null : score < 0.5 ? "bad" : "good", reasons, comment };
}

function choose(view, score) {
  const again = given(view).score === score;
  view.say({ act: "rating", score: again ? null : score, reasons: [], comment: "" });
  queueMicrotask(() => (!again && score < 0.5 ? view.open("why", { focus: false }) : view.close("why"))); // once the act is off
}

function add(view, more) {
  const { score, reasons, comment } = given(view);
  return view.say({ act: "rating", score, reasons, comment, ...more });
}

const verdict = ({ scale }) => (scale === "thumbs" ? thumbs : points);

const thumbs = {
  name: "thumbs",
  build(view) {
    const { good, bad } = view.words("thumbs");
    const thumb = (part, label, score) => view.control(part, label, () => choose(view, score), { className: `icon ${part}` });
    view.thumbs = [thumb("good", good, 1), thumb("bad", bad, 0)];
    view.row.append(...view.thumbs);
  },
  render(view) {
    const { score } = given(view);
    for (const [place, each] of view.thumbs.entries()) each.ariaPressed = String(score === 1 - place);
  },
};

/** Five faces or stars: a radio group, in which the arrows move and a click on what is chosen takes it back. */
const points = {
  name: "points",
  build(view) {
    const { scale } = view.data;
    const names = view.words("thumbs")[scale];
    view.points = names.map((label, place) => {
      const button = view.control(`point-${place}`, label, () => choose(view, place / 4), { className: `icon ${scale} point-${place}`, role: "radio" });
      button.dataset.place = place;
      return button;
    });
    const group = element("div", { className: "points", role: "radiogroup", ariaLabel: view.name(view.words("thumbs").group) }, ...view.points);
    group.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const from = view.points.indexOf(event.target);
      if (!step || from < 0) return;
      const mirrored = getComputedStyle(group).direction === "rtl" && event.key.length > 9 ? -1 : 1;
      view.points[(from + step * mirrored + 5) % 5].focus();
      event.preventDefault();
    };
    view.row.append(group);
  },
  render(view) {
    const { score } = given(view);
    const chosen = score === null ? null : Math.round(score * 4);
    for (const [place, each] of view.points.entries()) {
      each.ariaChecked = String(place === chosen);
      each.tabIndex = place === (chosen ?? 0) ? 0 : -1;
      each.classList.toggle("filled", chosen !== null && (view.data.scale === "stars" ? place <= chosen : place === chosen));
    }
  },
};

const copy = {
  name: "copy",
  build(view) {
    const label = view.words("thumbs").copy;
    view.row.append(view.control("copy", label, () => copyAnswer(view), { className: "icon copy" }));
  },
  render() {},
};

async function copyAnswer(view) {
  const { answer } = view.data;
  const { copied, not_copied } = view.words("thumbs");
  const done = await toClipboard(answer, view.row);
  view.tell(done ? copied : not_copied);
  // The observer of implicit signals counts it, if there is one: it has the reader's consent.
  if (done) document.dispatchEvent(new CustomEvent("feedback-widgets:copy", { detail: { turn: view.turn, share: 1 } }));
}

async function toClipboard(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const before = place.getRootNode().activeElement;
    const area = element("textarea", { value: text, className: "offscreen" });
    place.append(area);
    area.select();
    const done = document.execCommand("copy"); // plain http on a named host has no clipboard object
    area.remove();
    before?.focus();
    return done;
  }
}

/** The button of the reasons is there only while there is a verdict to explain. */
const why = {
  name: "why",
  load: async () => ({ panel }),
  build() {},
  render(view) {
    const { score } = given(view);
    let button = view.openers.get("why");
    if (!button) {
      if (score === null) return;
      const label = view.words("thumbs").why;
      button = view.control("why", label, () => (view.isOpen("why") ? view.close("why") : view.open("why")), { className: "link", textContent: label, title: "" });
      button.setAttribute("aria-controls", "panel-why");
      view.openers.set("why", button);
      (view.row.querySelector(".copy") ?? [...view.row.children].findLast((each) => each.matches(".icon, .points"))).after(button);
    }
    button.hidden = score === null;
    button.ariaExpanded = String(view.isOpen("why") && score !== null);
  },
};

function panel(view) {
  const labels = view.words("thumbs");
  const question = element("div", { className: "question", id: "question" });
  const tags = element("div", { className: "tags", role: "group" });
  tags.setAttribute("aria-labelledby", "question");
  const text = element("textarea", { rows: 2, maxLength: view.data.longest, part: "text", ariaLabel: view.name(labels.comment), placeholder: labels.comment });
  const send = view.control("send", labels.send_comment, () => submit(), { className: "action", textContent: labels.send_comment, title: "" });
  const close = view.control("close", labels.close, () => view.close("why"), { className: "action quiet", textContent: labels.close, title: "" });
  const draft = () => view.draft("why")?.[given(view).side] ?? null;
  const submit = () => {
    const { side, comment } = given(view);
    const written = text.value.trim();
    if (written === comment) return view.close("why");
    const id = add(view, { comment: written });
    view.keep("why", { [side]: text.value }, id); // until the store has it
  };
  text.oninput = () => view.keep("why", { ...view.draft("why"), [given(view).side]: text.value });
  text.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };
  return {
    element: element("div", { className: "why" }, question, tags, text, element("div", { className: "actions" }, send, close)),
    render() {
      const { score, side, reasons, comment } = given(view);
      if (score === null) return;
      question.textContent = side === "bad" ? labels.what_was_wrong : labels.what_was_good;
      renderTags(view, tags, view.data.reasons[side], reasons);
      const typed = draft() ?? comment;
      if (text.value !== typed) text.value = typed;
      send.disabled = text.value.trim() === comment;
    },
    focus: () => (tags.querySelector("button") ?? text).focus(),
  };
}

function renderTags(view, tags, offered, chosen) {
  const names = [...new Set([...Object.keys(offered), ...chosen])];
  if (tags.dataset.names !== names.join("\n")) {
    tags.dataset.names = names.join("\n");
    tags.replaceChildren(
      ...names.map((name) => {
        const tag = element("button", { type: "button", className: "tag", part: `tag-${name}`, textContent: offered[name] ?? name });
        tag.dataset.name = name;
        tag.onclick = () => {
          const { reasons } = given(view);
          add(view, { reasons: reasons.includes(name) ? reasons.filter((each) => each !== name) : [...reasons, name] });
        };
        return tag;
      }),
    );
  }
  for (const tag of tags.children) tag.ariaPressed = String(chosen.includes(tag.dataset.name));
}
