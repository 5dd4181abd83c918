/**
 * The fields of a form: each kind of `form_fields.py` as the browser's own controls.
 *
 * `initial(field, given)` is what a field holds of a saved value (JSON of the model), of a draft, or (undefined) by default.
 * `drawn(field, form, place)` is its control: { element, show(value, faults) → the paths whose fault it shows, focus(),
 * focusFault(faults) → whether it has one, unread() → { path: fault } of what the browser itself could not read }.
 * `form` is { view, labels, change(path, where, value) }; `place` is { path: steps in the tree, where: path of faults, name }.
 */

import { element } from "./stage.js";

const FEW = 8; // more options than so many are a list to unfold
const TEXTS = { line: "text", date: "date", datetime: "datetime-local", time: "time", integer: "text", number: "text" };
let ids = 0;

// What a field holds

export function initial(field, given) {
  const { kind, item, fields, options = [], tag, fewest = 0, nullable } = field;
  const value = given === undefined ? (field.default ?? null) : given;
  switch (kind) {
    case "flag":
      return value === true;
    case "choice":
      return options.some(([each]) => each === value) ? value : null;
    case "choices":
      return options.map(([each]) => each).filter((each) => Array.isArray(value) && value.includes(each));
    case "list": {
      const rows = Array.isArray(value) ? value.map((each) => initial(item, each)) : [];
      while (rows.length < fewest && given === undefined) rows.push(initial(item));
      return rows;
    }
    case "pairs":
      return (Array.isArray(value) ? value : Object.entries(value ?? {})).map(([name, each]) => [String(name), initial(item, each)]);
    case "group":
      return nullable && value === null ? null : inner(fields, value);
    case "variant": {
      const option = options.find(([each]) => each === value?.[tag]);
      return option ? { [tag]: option[0], ...inner(option[2] ?? [], value) } : null;
    }
    default:
      return value === null || typeof value === "object" ? "" : String(value);
  }
}

function inner(fields, value) {
  return Object.fromEntries(fields.map((each) => [each.name, initial(each, value?.[each.name])]));
}

// How it is drawn

export function drawn(field, form, place = { path: [], where: "", name: "" }) {
  const { kind, options = [] } = field;
  if (kind === "group") return place.path.length ? group(field, form, place) : children(field.fields, form, place);
  if (kind === "list" || kind === "pairs") return rows(field, form, place);
  if (kind === "variant") return variant(field, form, place);
  if (kind === "flag") return flag(field, form, place);
  if (kind === "choices" || (kind === "choice" && options.length <= FEW)) return pills(field, form, place);
  if (kind === "choice") return select(field, form, place);
  return text(field, form, place);
}

function text(field, form, place) {
  const { kind } = field;
  const area = kind === "text";
  const input = element(area ? "textarea" : "input", { ...(area ? { rows: 2 } : { type: TEXTS[kind] }), placeholder: field.placeholder ?? "", dir: "auto" });
  const number = kind === "integer" || kind === "number";
  if (number) spin(field, input);
  else if (field.format) input.inputMode = { email: "email", uri: "url" }[field.format] ?? "text";
  let held = "";
  input.oninput = () => form.change(place.path, place.where, kind === "datetime" ? moment(field, input.value, held) : input.value);
  const frame = framed(field, form, place, input);
  return {
    ...frame,
    show(value, faults) {
      held = value;
      const shown = kind === "datetime" ? local(value) : kind === "time" ? value.slice(0, 8) : value;
      if (input.value !== shown) input.value = shown;
      if (number) input.ariaValueNow = Number.isFinite(Number(value || NaN)) ? value : null;
      return frame.mark(faults);
    },
    focus: () => input.focus(),
    unread: () => (input.validity.badInput ? { [place.where]: form.labels.faults[kind] } : {}),
  };
}

/** A number is a text field, because a number field forgets what is no number, and turns by the mouse wheel. */
function spin({ kind, min, max, above, below, step = 1 }, input) {
  const whole = kind === "integer";
  const least = min ?? (whole && above !== undefined ? above + 1 : -Infinity);
  const most = max ?? (whole && below !== undefined ? below - 1 : Infinity);
  input.role = "spinbutton";
  if (least > -Infinity) input.ariaValueMin = String(least);
  if (most < Infinity) input.ariaValueMax = String(most);
  input.inputMode = Math.max(least, above ?? least) < 0 ? "text" : whole ? "numeric" : "decimal"; // a number keyboard has no minus
  input.onkeydown = (event) => {
    const turn = { ArrowUp: step, ArrowDown: -step }[event.key];
    if (!turn) return;
    event.preventDefault();
    const now = Number(input.value);
    const next = input.value.trim() ? Number((now + turn).toPrecision(15)) : Math.min(Math.max(0, least), most);
    if (!(Math.abs(next) <= Number.MAX_SAFE_INTEGER) || next < least || next > most || next <= above || next >= below) return;
    input.value = String(next);
    input.dispatchEvent(new Event("input"));
  };
}

/** The clock of this device, as a field for date and time shows it. */
function local(value) {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(value) && new Date(value);
  if (!zoned || Number.isNaN(zoned.getTime())) return value.replace(/(T\d\d:\d\d)(:00)?(\.0*)?$/, "$1").slice(0, 19);
  return new Date(zoned.getTime() - zoned.getTimezoneOffset() * 60_000).toISOString().slice(0, zoned.getSeconds() ? 19 : 16);
}

function moment({ zone }, value, before) {
  const zoned = zone || /(Z|[+-]\d\d:?\d\d)$/.test(before);
  const at = new Date(value);
  return zoned && value && !Number.isNaN(at.getTime()) ? at.toISOString() : value; // what is no date, Python judges
}

function flag(field, form, place) {
  const input = element("input", { type: "checkbox" });
  input.onchange = () => form.change(place.path, place.where, input.checked);
  const frame = framed(field, form, place, input, { before: true });
  return {
    ...frame,
    show(value, faults) {
      input.checked = value;
      return frame.mark(faults);
    },
    focus: () => input.focus(),
  };
}

function named([value, label], { labels }) {
  return label ?? (value === true ? labels.yes : value === false ? labels.no : String(value));
}

/** A few options, each a button that is pressed or not; another click takes the choice back. */
function pills(field, form, place) {
  const several = field.kind === "choices";
  let held = null;
  const buttons = field.options.map((option, at) => {
    const [value] = option;
    const label = named(option, form);
    const name = form.view.name(`${spoken(field, place)}, ${label}`);
    const button = element("button", { type: "button", className: "tag", part: `form.${place.where}=${at}`, textContent: label, ariaLabel: name });
    button.onclick = () => {
      const others = several && held.includes(value) ? held.filter((each) => each !== value) : [...(several ? held : []), value];
      form.change(place.path, place.where, several ? field.options.map(([each]) => each).filter((each) => others.includes(each)) : held === value ? null : value);
    };
    return button;
  });
  const frame = framed(field, form, place, element("div", { className: "tags", role: "group" }, ...buttons));
  return {
    ...frame,
    show(value, faults) {
      held = value;
      for (const [at, [each]] of field.options.entries()) buttons[at].ariaPressed = String(several ? value.includes(each) : value === each);
      return frame.mark(faults);
    },
    focus: () => (buttons.find(({ ariaPressed }) => ariaPressed === "true") ?? buttons[0]).focus(),
  };
}

function select(field, form, place) {
  const none = element("option", { value: "", textContent: form.labels.none });
  const options = field.options.map((option, at) => element("option", { value: String(at), textContent: named(option, form) }));
  const input = element("select", {}, none, ...options);
  input.onchange = () => form.change(place.path, place.where, input.value === "" ? null : field.options[Number(input.value)][0]);
  const frame = framed(field, form, place, input);
  return {
    ...frame,
    show(value, faults) {
      const at = field.options.findIndex(([each]) => each === value);
      input.value = at < 0 ? "" : String(at);
      return frame.mark(faults);
    },
    focus: () => input.focus(),
  };
}

// Fields made of fields

function children(fields, form, { path, where, name }) {
  const made = fields.map((field) => {
    const inside = { path: [...path, field.name], where: where ? `${where}.${field.name}` : field.name, name };
    return [field.name, drawn(field, form, inside)];
  });
  const all = made.map(([, child]) => child);
  return {
    ...joined(() => all),
    element: element("div", { className: "fields" }, ...all.map((child) => child.element)),
    show: (value, faults) => new Set(made.flatMap(([each, child]) => [...child.show(value[each], faults)])),
  };
}

/** What is common to all that consists of other controls. */
function joined(parts) {
  return {
    focus: () => parts()[0]?.focus(),
    focusFault: (faults) => parts().some((each) => each.focusFault(faults)),
    unread: () => Object.assign({}, ...parts().map((each) => each.unread())),
  };
}

function group(field, form, place) {
  const inside = { ...place, name: `${spoken(field, place)}, ` };
  const outside = boxed(field, form, place);
  const label = spoken(field, place);
  let present = null;
  let last = null; // a group that was taken out by mistake comes back as it was
  const change = (value) => form.change(place.path, place.where, value);
  const put = adder(form, place, label, () => {
    change(last ?? initial({ ...field, nullable: false }, null));
    present.focus();
  });
  const drop = remover(form, place, label, () => {
    change(null);
    put.focus();
  });
  drop.textContent = drop.title;
  return {
    ...outside,
    ...joined(() => (present ? [present, outside] : [outside])),
    focus: () => (present ?? put).focus(),
    show(value, faults) {
      if (value && !present) present = children(field.fields, form, inside);
      if (!value) present = null;
      if (value) last = value;
      const shown = value ? [present.element, ...(field.nullable ? [drop] : [])] : [put];
      outside.fill(...shown);
      return new Set([...outside.mark(faults), ...(value ? present.show(value, faults) : [])]);
    },
  };
}

function variant(field, form, place) {
  const { tag, options } = field;
  const outside = boxed(field, form, place);
  const kept = new Map(); // what was entered for another variant
  let held = null;
  let chosen = null;
  const fresh = (value) => kept.get(value) ?? initial(field, { ...held, [tag]: value });
  const choice = drawn(
    { kind: "choice", name: "", label: "", options: options.map(([value, label]) => [value, label]) },
    { ...form, change: (path, where, value) => form.change(path, where, value === null ? null : fresh(value)) },
    { ...place, name: spoken(field, place) },
  );
  const inside = (value) => {
    const [, , fields = []] = options.find(([each]) => each === value);
    return { value, control: children(fields, form, { ...place, name: `${spoken(field, place)}, ` }) };
  };
  return {
    ...outside,
    ...joined(() => [choice, ...(chosen ? [chosen.control] : []), outside]),
    show(value, faults) {
      held = value;
      if (!value) chosen = null;
      else if (chosen?.value !== value[tag]) chosen = inside(value[tag]);
      if (value) kept.set(value[tag], value);
      choice.show(value?.[tag] ?? null, {});
      outside.fill(choice.element, ...(chosen ? [chosen.control.element] : []));
      return new Set([...outside.mark(faults), ...(chosen ? chosen.control.show(value, faults) : [])]);
    },
  };
}

/** The rows of a list, or of a mapping, in which each row has its name first. */
function rows(field, form, place) {
  const { item, kind, most = Infinity } = field;
  const pairs = kind === "pairs";
  const outside = boxed(field, form, place);
  const label = spoken(field, place);
  const made = [];
  let held = [];
  const change = (value) => form.change(place.path, place.where, value);
  const add = adder(form, place, label, () => {
    if (held.length >= most) return;
    const blank = initial({ ...item, nullable: false });
    change([...held, pairs ? ["", blank] : blank]);
    made.at(-1).focus();
  });
  const row = (at) => {
    const name = form.labels.row.replace("{label}", () => label).replace("{n}", at + 1);
    const here = { path: [...place.path, at], where: `${place.where}.${at}`, name };
    const value = drawn(item, form, pairs ? { ...here, path: [...here.path, 1], name: `${name}, ${form.labels.value}` } : here);
    const key = pairs && keyOf(form, here, name);
    const drop = remover(form, here, name, () => {
      change(held.filter((_, each) => each !== at));
      (made[at] ?? made[at - 1] ?? { drop: add }).drop.focus();
    });
    return {
      ...value,
      element: element("div", { className: "entry" }, ...(key ? [key] : []), value.element, drop),
      drop,
      focus: () => (key || value).focus(),
      show(each, faults) {
        if (key && key.value !== each[0]) key.value = each[0];
        return value.show(pairs ? each[1] : each, faults);
      },
    };
  };
  return {
    ...outside,
    ...joined(() => [...made, outside]),
    focus: () => (made[0] ?? add).focus(),
    show(value, faults) {
      held = value;
      made.length = Math.min(made.length, value.length);
      while (made.length < value.length) made.push(row(made.length));
      outside.fill(...made.map((each) => each.element), add);
      add.ariaDisabled = String(value.length >= most);
      return new Set([...outside.mark(faults), ...value.flatMap((each, at) => [...made[at].show(each, faults)])]);
    },
  };
}

function keyOf(form, { path, where }, name) {
  const label = form.labels.key;
  const input = element("input", { type: "text", part: `form.${where}:`, placeholder: label, ariaLabel: form.view.name(`${name}, ${label}`), dir: "auto" });
  input.oninput = () => form.change([...path, 0], where, input.value);
  return input;
}

// Labels, help and faults

/** What a control is called where it stands: no two controls of a page have one name. */
function spoken({ label }, { name }) {
  return `${name}${label}` || name;
}

function adder(form, { where }, label, onclick) {
  const text = form.labels.add.replace("{label}", () => label);
  return form.view.control(`form.${where}+`, text, onclick, { textContent: text, className: "action", title: "" });
}

function remover(form, { where }, label, onclick) {
  return form.view.control(`form.${where}-`, form.labels.remove.replace("{label}", () => label), onclick, { textContent: "✕", className: "remove" });
}

/** A control with its label, help and fault. */
function framed(field, form, place, control, { before = false } = {}) {
  const id = `field-${++ids}`;
  const group = control.role === "group";
  const { label, required } = field;
  control.id = id;
  control.ariaLabel = form.view.name(spoken(field, place));
  if (!group) control.setAttribute("part", `form.${place.where}`);
  if (required && !group) control.ariaRequired = "true";
  const caption = label && element(group ? "span" : "label", { className: "label", textContent: required ? `${label} *` : label });
  if (caption && !group) caption.htmlFor = id;
  const notes = noted(field, id, control);
  const shown = caption ? (before ? [element("div", { className: "tick" }, control, caption)] : [caption, control]) : [control];
  return {
    element: element("div", { className: "field" }, ...shown, ...notes.elements),
    mark: (faults) => notes.mark(place.where, faults),
    focusFault(faults) {
      if (!Object.hasOwn(faults, place.where)) return false;
      this.focus();
      return true;
    },
    unread: () => ({}),
  };
}

/** A frame with a legend around other controls. */
function boxed(field, form, place) {
  const { label, required } = field;
  const box = element("fieldset", { ariaLabel: form.view.name(spoken(field, place)) });
  const legend = label || place.name;
  const inside = element("div", { className: "inside" });
  const notes = noted(field, `field-${++ids}`, box);
  box.append(element("legend", { textContent: required ? `${legend} *` : legend }), ...notes.elements, inside);
  return {
    element: box,
    mark: (faults) => notes.mark(place.where, faults),
    fill(...elements) {
      const same = inside.children.length === elements.length && elements.every((each, at) => inside.children[at] === each);
      if (same) return;
      for (const old of [...inside.children]) if (!elements.includes(old)) old.remove();
      for (const [at, each] of elements.entries()) if (inside.children[at] !== each) inside.insertBefore(each, inside.children[at] ?? null);
    },
    focusFault(faults) {
      if (!Object.hasOwn(faults, place.where)) return false;
      inside.querySelector("input, textarea, select, button")?.focus();
      return true;
    },
    unread: () => ({}),
  };
}

function noted({ help }, id, control) {
  const helped = help && element("p", { className: "help", id: `${id}-help`, textContent: help });
  const fault = element("p", { className: "fault", id: `${id}-fault`, hidden: true });
  return {
    elements: [...(helped ? [helped] : []), fault],
    mark(where, faults) {
      const why = Object.hasOwn(faults, where) ? faults[where] : "";
      if (fault.textContent !== why) fault.textContent = why;
      fault.hidden = !why;
      const told = [helped?.id, why && fault.id].filter(Boolean).join(" ");
      if (told) control.setAttribute("aria-describedby", told);
      else control.removeAttribute("aria-describedby");
      if (why && control.tagName !== "FIELDSET") control.ariaInvalid = "true";
      else control.removeAttribute("aria-invalid");
      return why ? [where] : [];
    },
  };
}
