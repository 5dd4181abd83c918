/**
 * What was done with each answer, as running totals by author and turn. They hold no content and only grow, over reloads too,
 * since they live in localStorage: a lost message costs nothing, the next one holds it all.
 */

const TOTALS = "feedback-widgets.read.";
const OUTBOX = "feedback-widgets.act."; // what send.js keeps until the server has it
const MOST = 200;

export class Totals {
  #memory = new Map(); // where localStorage is closed or full

  constructor(owner) {
    this.place = `${TOTALS}${owner}.`;
  }

  value(turn, name) {
    return this.#read(this.place + turn)[name]?.value ?? 0;
  }

  /** Change one total; it is told with the next `take`. */
  change(turn, name, unit, next) {
    const totals = this.#read(this.place + turn);
    const { value: before = 0, seq = 0 } = totals[name] ?? {};
    const value = next(before);
    if (value === before) return;
    totals[name] = { value, unit, seq, fresh: true };
    this.#write(this.place + turn, { ...totals, at: Date.now() });
  }

  /** Return [turn, act] of every total that changed since it was last taken. */
  take() {
    const taken = [];
    for (const key of this.#keys(this.place)) {
      const totals = this.#read(key);
      const fresh = Object.entries(totals).filter(([, total]) => total.fresh);
      for (const [name, { value, unit, seq }] of fresh) {
        // A time and no counter: a count that begins anew (consent given again, a profile put back) is the later one all the same.
        totals[name] = { value, unit, seq: Math.max(seq + 1, Date.now()) };
        taken.push([key.slice(this.place.length), { act: "signal", name, ...totals[name] }]);
      }
      if (fresh.length) this.#write(key, totals);
    }
    return taken;
  }

  #keys(start) {
    return [...new Set([...stored(start), ...this.#memory.keys()])];
  }

  #read(key) {
    try {
      return JSON.parse(localStorage.getItem(key) ?? this.#memory.get(key)) ?? {};
    } catch {
      return JSON.parse(this.#memory.get(key) ?? "{}"); // closed, or somebody else wrote under our name
    }
  }

  #write(key, totals) {
    const text = JSON.stringify(totals);
    try {
      localStorage.setItem(key, text);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, text);
    }
    const keys = this.#keys(TOTALS);
    if (keys.length <= MOST) return;
    const oldest = keys.sort((a, b) => (this.#read(a).at ?? 0) - (this.#read(b).at ?? 0));
    for (const each of oldest.slice(0, keys.length - MOST)) remove(each);
  }
}

/** Drop what one author's reading left on this device: totals, and signals that were not sent yet. What a person said stays. */
export function forget(owner) {
  for (const key of stored(`${TOTALS}${owner}.`)) remove(key);
  for (const key of stored(OUTBOX)) {
    try {
      const entry = JSON.parse(localStorage.getItem(key));
      if (entry?.owner === owner && entry.act?.act === "signal") remove(key);
    } catch {
      // not written by us
    }
  }
}

function stored(start) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(start));
  } catch {
    return [];
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // it was never there
  }
}
