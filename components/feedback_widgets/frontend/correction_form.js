/**
 * The correction form: any model of the app's own, drawn from its description (`form_fields.py`) and judged by Python.
 *
 * What is entered is one tree of JSON that has the shape of the model, with texts, numbers, dates and times as strings. Until it is
 * saved it is the draft; the elements only show it, so that they may be replaced at any time. The faults of a refusal are kept by
 * their fields' paths ("items.0.price") until the field is changed or the form is sent again.
 *
 * Parts: form.<path> is a field's control, form.<path>=<n> the n-th of its options, form.<path>+ and form.<path>- add and remove,
 * form.<path>: is the name in a row of a mapping; form-submit and form-close stand below.
 */

import { drawn, initial } from "./form_fields.js";
import { correct } from "./openers.js";
import { element, sheet, stage } from "./stage.js";

const marks = new Map(); // owner and turn -> { refusal, faults }: outlives a remount, as the draft does

export const sheets = [sheet(new URL("./correction_form.css", import.meta.url))];

export default (component) => stage(component, () => [correct]);

export function panel(view) {
  const place = element("div");
  let drawnForm = null;
  return {
    element: place,
    render() {
      if (drawnForm?.id !== view.data.form.id) {
        drawnForm = formOf(view); // the app asks with another model than before
        place.replaceChildren(drawnForm.element);
      }
      drawnForm.render();
    },
    focus: () => drawnForm.focus(),
  };
}

function formOf(view) {
  const labels = view.words("correct");
  const { id: form, fields } = view.data.form;
  const whole = { kind: "group", name: "", label: "", fields };
  const marked = () => marks.get(view.place) ?? { refusal: null, faults: {} };
  const saved = () => initial(whole, view.standing("form")?.data);
  const entered = () => initial(whole, view.draft("correct") ?? view.standing("form")?.data);
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  const change = (path, where, value) => {
    const { refusal, faults } = marked();
    const others = Object.entries(faults).filter(([each]) => each && each !== where && !each.startsWith(`${where}.`));
    marks.set(view.place, { refusal, faults: Object.fromEntries(others) });
    const values = put(entered(), path, value);
    view.keep("correct", same(values, saved()) ? null : values);
  };

  const submit = () => {
    if (save.ariaDisabled === "true") return;
    const unread = body.unread();
    if (Object.keys(unread).length) {
      marks.set(view.place, { ...marked(), faults: unread });
      view.redraw();
      return body.focusFault(unread);
    }
    marks.delete(view.place);
    const data = entered();
    const id = view.say({ act: "form", form, data });
    view.keep("correct", data, id);
  };

  const body = drawn(whole, { view, labels, change });
  const fault = element("p", { className: "fault", hidden: true });
  const action = (part, onclick, className) => view.control(`form-${part}`, labels[part], onclick, { textContent: labels[part], className, title: "" });
  const save = action("submit", submit, "action");
  const close = action("close", () => view.close("correct"), "action quiet");
  const legend = element("p", { className: "note", textContent: labels.required, hidden: !fields.some(asksFor) });
  const made = element(
    "div",
    { className: "form", role: "group", ariaLabel: view.name(labels.open) },
    legend,
    body.element,
    fault,
    element("div", { className: "actions" }, save, close),
    element("p", { className: "note", textContent: labels.stored }),
  );
  made.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });

  return {
    id: form,
    element: made,
    render() {
      const refusal = view.faults("correct");
      const fresh = refusal && refusal !== marked().refusal;
      if (fresh) marks.set(view.place, { refusal, faults: Object.keys(refusal.faults).length ? refusal.faults : { "": refusal.why } });
      const { faults } = marked();
      const values = entered();
      const placed = body.show(values, faults);
      const rest = Object.entries(faults).filter(([where]) => !placed.has(where));
      fault.textContent = rest.map(([where, why]) => (where ? `${where}: ${why}` : why)).join(" ");
      fault.hidden = !rest.length;
      save.ariaDisabled = String(view.standing("form") !== null && same(values, saved())); // a truly disabled one drops the focus
      if (fresh && made.contains(made.getRootNode().activeElement)) body.focusFault(faults);
    },
    focus: () => body.focus(),
  };
}

/** A copy of a tree with another value at a path. */
function put(tree, [step, ...rest], value) {
  if (step === undefined) return value;
  const copy = Array.isArray(tree) ? [...tree] : { ...tree };
  copy[step] = put(copy[step], rest, value);
  return copy;
}

function asksFor({ required, fields = [], item, options = [] }) {
  return required || fields.some(asksFor) || (item && asksFor(item)) || options.some(([, , inner = []]) => inner.some(asksFor));
}
