/**
 * Delivery, at least once: every act waits in an outbox in localStorage until the server says that it is stored.
 *
 * A component's module uses it so:
 *
 *   import { deliver } from "./send.js";
 *   export default function (component) {
 *     const line = deliver(component);              // first, in every call
 *     line.onStatus(({ id, act, status, why, at }) => …);   // saving | saved | kept | refused
 *     const id = line.say({ act: "rewrite", text });   // into the outbox, and off
 *     line.pending();                               // [{ id, ...act }] not yet acknowledged, oldest first
 *     return line.close;                            // the cleanup function
 *   }
 *
 * `kept` means: not saved yet, safe on this device, sent again by itself. `refused` means: the server will never take it, `why`
 * says so in words; the component still has the text. An observer of many turns says `line.say(act, turnId)`.
 *
 * Acts travel by POST where Python names a `url`, otherwise in a Streamlit trigger that carries all that waits.
 */

const SPACE = "feedback-widgets.act.";
const MOST_ACTS = 200;
const MOST_CHARS = 256 * 1024;
const EXPIRY_MS = 30 * 24 * 3600 * 1000;
const BATCH_ACTS = 100;
const BATCH_CHARS = 200 * 1024;
const BEACON_CHARS = 20 * 1024; // browsers allow 64 KB in flight; a character is up to three bytes
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
const PATIENCE_MS = 10_000;

class Outbox {
  #memory = new Map(); // where localStorage is closed or full
  #last = 0;

  /** Everything that waits, oldest first. */
  all() {
    const found = new Map(this.#memory);
    try {
      for (let place = 0; place < localStorage.length; place++) {
        const name = localStorage.key(place);
        if (name.startsWith(SPACE)) found.set(name, localStorage.getItem(name));
      }
    } catch {
      // closed storage: the memory is all there is
    }
    return [...found.values()].map(readEntry).filter(Boolean).sort((a, b) => a.n - b.n);
  }

  add(entry) {
    this.#last = Math.max(Date.now(), this.#last + 1);
    this.write({ ...entry, n: this.#last });
    this.#trim();
  }

  write(entry) {
    const text = JSON.stringify(entry);
    try {
      localStorage.setItem(SPACE + entry.id, text);
      this.#memory.delete(SPACE + entry.id);
    } catch {
      this.#memory.set(SPACE + entry.id, text);
    }
  }

  remove(id) {
    this.#memory.delete(SPACE + id);
    try {
      localStorage.removeItem(SPACE + id);
    } catch {
      // it was in the memory
    }
  }

  /** Drops the oldest signals when there is too much, never what a person said. */
  #trim() {
    const all = this.all();
    let chars = all.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
    let count = all.length;
    for (const entry of all) {
      const stale = Date.now() - entry.n > EXPIRY_MS;
      const tooMuch = count > MOST_ACTS || chars > MOST_CHARS;
      if (!stale && !(tooMuch && entry.act.act === "signal")) continue;
      this.remove(entry.id);
      count -= 1;
      chars -= JSON.stringify(entry).length;
    }
  }
}

class Post {
  #outbox = new Outbox();
  #lines = new Map(); // parentElement -> line, newest last
  #deaf = new Set(); // urls that are no route
  #posting = false;
  #wanted = false;
  #failures = 0;
  #timer = null;
  #batchActs = BATCH_ACTS;

  constructor() {
    addEventListener("online", () => this.wake());
    addEventListener("pagehide", () => this.beacon());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.beacon() : this.wake()));
    addEventListener("storage", ({ key, oldValue, newValue }) => {
      const gone = key?.startsWith(SPACE) && newValue === null && readEntry(oldValue);
      if (gone) this.#tell(gone, gone.saved ? "saved" : "", { at: gone.saved }); // by another tab of this browser
    });
  }

  deliver({ parentElement, data, setTriggerValue }) {
    const facts = data.delivery;
    let line = this.#lines.get(parentElement);
    if (!line) {
      line = {
        say: (act, turn) => this.#say(line, act, turn ?? Object.keys(line.facts.tokens)[0]),
        pending: () => this.#mine(line).map(({ id, act }) => ({ id, ...act })),
        onStatus: (listener) => (line.listener = listener),
        close: () => this.#lines.delete(parentElement),
      };
    }
    const before = line.facts;
    Object.assign(line, { facts, fire: (envelope) => setTriggerValue("acts", envelope) });
    this.#lines.delete(parentElement);
    this.#lines.set(parentElement, line);
    const answered = facts.answer && facts.answer.n !== before?.answer?.n;
    const news = () => {
      if (answered) this.#answered(line);
      if (!before) this.#tellRefused(line);
    };
    if (before) news();
    else queueMicrotask(news); // once it listens
    const fresh = facts.ticket !== before?.ticket || JSON.stringify(facts.tokens) !== JSON.stringify(before.tokens);
    if (facts.url !== before?.url || fresh) this.wake();
    return line;
  }

  /** Try at once: something changed for the better. */
  wake() {
    this.#failures = 0;
    this.#soon();
  }

  /** What waits leaves with the page; it stays in the outbox, since nobody will hear an answer. */
  beacon() {
    for (const [url, entries] of this.#byUrl()) {
      const explicitFirst = [...entries].sort((a, b) => (a.act.act === "signal") - (b.act.act === "signal") || a.n - b.n);
      const { body } = this.#envelope(explicitFirst, BATCH_ACTS, BEACON_CHARS);
      navigator.sendBeacon(url, body);
    }
  }

  #say(line, act, turn) {
    const { component, owner } = line.facts;
    const { url, token } = this.#route(line.facts, turn);
    const entry = { id: uuid(), component, owner, turn, url, token, act };
    if (act.act === "signal") {
      // A later total makes the earlier one needless.
      for (const old of this.#outbox.all()) {
        if (old.turn === turn && old.act.act === "signal" && old.act.name === act.name) this.#outbox.remove(old.id);
      }
    }
    this.#outbox.add(entry);
    this.#soon();
    queueMicrotask(() => this.#tell(entry, "saving")); // once it is off
    return entry.id;
  }

  #mine({ facts }) {
    return this.#outbox
      .all()
      .filter((entry) => entry.component === facts.component && entry.owner === facts.owner && entry.turn in facts.tokens);
  }

  #route(facts, turn) {
    const tag = facts.tokens[turn];
    return { url: facts.url && !this.#deaf.has(facts.url) ? facts.url : null, token: !tag || tag.includes(".") ? (tag ?? null) : `${facts.ticket}.${turn}.${tag}` };
  }

  /** The line by which an entry can go now, the newest mount first. */
  #lineOf(entry) {
    return [...this.#lines.values()]
      .reverse()
      .find(({ facts }) => facts.component === entry.component && facts.owner === entry.owner && entry.turn in facts.tokens);
  }

  /** Entries that can go by POST, with the freshest token known, by url. */
  #byUrl() {
    const groups = new Map();
    for (const entry of this.#outbox.all()) {
      const line = this.#lineOf(entry) ?? this.#anyLine(entry);
      const { url, token } = line ? this.#route(line.facts, entry.turn) : entry;
      if (!url || !token || this.#deaf.has(url) || entry.parked === token || entry.refused) continue;
      groups.set(url, [...(groups.get(url) ?? []), { ...entry, url, token }]);
    }
    return groups;
  }

  /** An observer may not know a new turn yet that another component knows. */
  #anyLine(entry) {
    return [...this.#lines.values()].reverse().find(({ facts }) => facts.owner === entry.owner && facts.url && entry.turn in facts.tokens);
  }

  #envelope(entries, mostActs, mostChars) {
    const acts = [];
    let chars = 0;
    for (const entry of entries.slice(0, mostActs)) {
      const act = { token: entry.token, id: entry.id, ...entry.act };
      chars += JSON.stringify(act).length;
      if (acts.length && chars > mostChars) break;
      acts.push(act);
    }
    return { sent: entries.slice(0, acts.length), body: JSON.stringify({ v: 1, acts }), acts };
  }

  #soon() {
    if (this.#wanted) return;
    this.#wanted = true;
    queueMicrotask(() => {
      this.#wanted = false;
      this.#flush();
    });
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#fireTriggers();
    if (!this.#posting) this.#post();
  }

  async #post() {
    const [[url, entries] = []] = this.#byUrl();
    if (!url) return;
    const { sent, body } = this.#envelope(entries, this.#batchActs, BATCH_CHARS);
    this.#posting = true;
    let outcome;
    try {
      outcome = await this.#postOnce(url, body);
    } catch {
      outcome = { status: 0 };
    }
    this.#posting = false;
    this.#conclude(url, sent, outcome);
  }

  async #postOnce(url, body) {
    const answer = await fetch(url, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
      credentials: "same-origin",
      keepalive: body.length < BEACON_CHARS, // so that a click in the page's last moment arrives
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const read = await answer.json().catch(() => null);
    return { status: answer.status, read, retryAfter: Number(answer.headers.get("Retry-After")) * 1000 || 0 };
  }

  #conclude(url, sent, { status, read, retryAfter = 0 }) {
    if (read?.acked) this.#settle(read);
    if (status === 404 || status === 405) {
      this.#deaf.add(url);
      this.#soon();
    } else if (status === 413 && sent.length === 1) {
      this.#end(sent[0], "refused", { why: read?.error ?? "too large" });
      this.#soon();
    } else if (status === 413) {
      this.#batchActs = Math.ceil(sent.length / 2);
      this.#soon();
    } else if (status === 200 && read?.acked && !read.refused.some(({ again }) => again)) {
      this.#failures = 0;
      this.#soon(); // what was said meanwhile
    } else {
      const waiting = new Set(this.#outbox.all().map(({ id }) => id));
      for (const entry of sent) if (waiting.has(entry.id)) this.#tell(entry, "kept");
      this.#later(retryAfter);
    }
  }

  /** Without a route: all that waits for a mount in one trigger, since of several only the last may arrive. */
  #fireTriggers() {
    const groups = new Map();
    for (const entry of this.#outbox.all()) {
      const line = this.#lineOf(entry);
      if (!line) continue;
      const { url, token } = this.#route(line.facts, entry.turn);
      if (url || entry.parked === token || entry.refused) continue;
      groups.set(line, [...(groups.get(line) ?? []), { ...entry, token }]);
    }
    for (const [line, entries] of groups) {
      const { acts, sent } = this.#envelope(entries, MOST_ACTS, MOST_CHARS);
      line.fire({ v: 1, acts });
      if (this.#failures > 1) for (const entry of sent) this.#tell(entry, "kept");
    }
    if (groups.size) this.#later();
  }

  #later(atLeast = 0) {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#failures = Math.min(this.#failures + 1, 10);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), Math.max(wait, atLeast));
  }

  /** Believe the server: what it has leaves the outbox, what it will never take is told. */
  #settle({ acked = [], refused = [], at }) {
    const waiting = new Map(this.#outbox.all().map((entry) => [entry.id, entry]));
    for (const id of acked) if (waiting.has(id)) this.#end(waiting.get(id), "saved", { at });
    for (const { id, why, again, faults } of refused) {
      const entry = waiting.get(id);
      if (!entry) continue;
      if (!again) {
        // Where nobody listens, the words wait for the next page that shows this answer.
        if (this.#lineOf(entry)?.listener) this.#end(entry, "refused", { why, faults });
        else this.#outbox.write({ ...entry, refused: { why, faults } });
        continue;
      }
      const line = this.#lineOf(entry) ?? this.#anyLine(entry);
      const token = line ? this.#route(line.facts, entry.turn).token : entry.token;
      if (why === "token") this.#outbox.write({ ...entry, parked: token });
      this.#tell(entry, "kept");
    }
  }

  #tellRefused(line) {
    for (const { id } of this.#mine(line)) {
      const entry = this.#outbox.all().find((each) => each.id === id);
      if (entry?.refused) this.#end(entry, "refused", entry.refused);
    }
  }

  /** A trigger was answered: what it did not settle waits for its turn again. */
  #answered(line) {
    const { answer } = line.facts;
    this.#settle(answer);
    if (answer.failed) for (const entry of this.#mine(line)) this.#tell(entry, "kept");
    else this.#failures = 0;
  }

  #end(entry, status, more) {
    // Other tabs see what it was when it went: only what has this mark was saved.
    if (status === "saved") this.#outbox.write({ ...entry, saved: more.at ?? Date.now() });
    this.#outbox.remove(entry.id);
    this.#tell(entry, status, more);
  }

  #tell(entry, status, more = {}) {
    for (const line of this.#lines.values()) {
      const { component, owner, tokens } = line.facts;
      if (component === entry.component && owner === entry.owner && entry.turn in tokens) {
        line.listener?.({ id: entry.id, turn: entry.turn, act: entry.act, status, ...more });
      }
    }
  }
}

function readEntry(text) {
  try {
    const entry = JSON.parse(text);
    return typeof entry?.id === "string" && typeof entry.act?.act === "string" ? entry : null;
  } catch {
    return null; // somebody else wrote under our name
  }
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a named host has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// Streamlit serves the folder once per component name, so this module is loaded several times: one post serves the page.
const post = (globalThis[Symbol.for("feedback-widgets.post")] ??= new Post());

/** Connect a mounted component; the same mount always gets the same line. */
export function deliver(component) {
  return post.deliver(component);
}
