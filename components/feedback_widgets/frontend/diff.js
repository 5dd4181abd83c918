// The word diff of the rewrite editor and the review queue. Words are Intl.Segmenter's; the shortest edit script is
// Myers' (1986), bounded in time and memory: beyond `maxEdits` the answer is null, which a reader shows in words.
// Of long texts first the lines are compared, then the words of those that differ.
// One law holds for every result: the equal and inserted parts joined give `after`, the equal and deleted ones `before`.

export const MAX_EDITS = 3000;
export const MAX_CHARACTERS = 60000; // of both texts together, of which the words are compared

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

export function words(text) {
  return Array.from(segmenter.segment(text), (piece) => piece.segment);
}

/** @returns {{kind: "equal"|"del"|"ins", text: string}[] | null} null: too different to be worth reading. */
export function diff(before, after, maxEdits = MAX_EDITS, longest = MAX_CHARACTERS) {
  const [head, tail] = sharedLines(before, after);
  const old = before.slice(head, before.length - tail);
  const young = after.slice(head, after.length - tail);
  const short = old.length + young.length <= longest;
  const script = short ? editScript(words(old), words(young), maxEdits) : byLines(old, young, maxEdits, longest);
  const equal = (text) => (text ? [["equal", text]] : []);
  return script && readable([...equal(after.slice(0, head)), ...script, ...equal(after.slice(after.length - tail))]);
}

/** The words are compared of those lines alone that were taken out and put in at one place. */
function byLines(before, after, maxEdits, longest) {
  const lines = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const script = editScript(lines(before), lines(after), maxEdits);
  if (!script || script.reduce((sum, [kind, line]) => sum + (kind === "equal" ? 0 : line.length), 0) > longest) return null;
  const whole = [];
  let lost = "";
  let added = "";
  for (const [kind, line] of [...script, ["equal", ""]]) {
    if (kind === "del") lost += line;
    else if (kind === "ins") added += line;
    else {
      const inside = editScript(words(lost), words(added), maxEdits);
      if (!inside) return null;
      whole.push(...inside, [kind, line]);
      lost = added = "";
    }
  }
  return whole;
}

/** The lengths of the whole lines that both texts begin and end with. A line end always ends a word. */
function sharedLines(before, after) {
  const shorter = Math.min(before.length, after.length);
  let same = 0;
  while (same < shorter && before[same] === after[same]) same += 1;
  const head = before.slice(0, same).lastIndexOf("\n") + 1;
  let end = 0;
  while (end < shorter - head && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const line = before.indexOf("\n", before.length - end);
  return [head, line < 0 ? 0 : before.length - line - 1];
}

/** The shortest list of [kind, item] that turns `a` into `b`, or null where it needs more than `maxEdits` edits. */
export function editScript(a, b, maxEdits = MAX_EDITS) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const middle = shortest(a.slice(start, endA), b.slice(start, endB), maxEdits);
  const equal = (items) => items.map((item) => ["equal", item]);
  return middle && [...equal(a.slice(0, start)), ...middle, ...equal(a.slice(endA))];
}

function shortest(a, b, maxEdits) {
  const rounds = []; // rounds[d][(k + d) / 2]: how far in `a` diagonal k is reached with d edits
  const reached = (d, k) => rounds[d][(k + d) / 2];
  const comesDown = (d, k) => k === -d || (k !== d && reached(d - 1, k - 1) < reached(d - 1, k + 1));
  for (let d = 0; d <= Math.min(a.length + b.length, maxEdits); d += 1) {
    const round = new Int32Array(d + 1);
    rounds.push(round);
    for (let k = -d; k <= d; k += 2) {
      let x = 0;
      if (d > 0) x = comesDown(d, k) ? reached(d - 1, k + 1) : reached(d - 1, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      round[(k + d) / 2] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, d, reached, comesDown);
    }
  }
  return null;
}

function walkBack(a, b, edits, reached, comesDown) {
  const script = [];
  let x = a.length;
  let k = a.length - b.length;
  const backTo = (end) => {
    while (x > end) script.push(["equal", a[(x -= 1)]]);
  };
  for (let d = edits; d > 0; d -= 1) {
    const down = comesDown(d, k);
    const before = down ? reached(d - 1, k + 1) : reached(d - 1, k - 1);
    backTo(down ? before : before + 1);
    if (down) script.push(["ins", b[before - k - 1]]);
    else script.push(["del", a[before]]);
    x = before;
    k += down ? 1 : -1;
  }
  backTo(0);
  return script.reverse();
}

/** Joined to phrases: a lone space between two replaced words belongs to the replacement. */
function readable(script) {
  const parts = [];
  let removed = "";
  let added = "";
  let blank = "";
  const put = (kind, text) => {
    const last = parts.at(-1);
    if (!text) return;
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  const flush = () => {
    put("del", removed);
    put("ins", added);
    put("equal", blank);
    removed = added = blank = "";
  };
  for (const [kind, text] of script) {
    if (kind === "equal") {
      if (removed && added && !text.trim()) {
        blank += text;
        continue;
      }
      flush();
      put("equal", text);
      continue;
    }
    removed += blank;
    added += blank;
    blank = "";
    if (kind === "del") removed += text;
    else added += text;
  }
  flush();
  return parts;
}
