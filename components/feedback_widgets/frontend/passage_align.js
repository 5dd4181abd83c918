/**
 * Which character of the source each shown character is, or that it cannot be told surely.
 *
 * The two are compared from three kinds of sure places: the beginning, the end, and every word that occurs once in each. From there
 * on it is the same text as long as it is equal. The last word before a difference may be equal by chance and does not count; what
 * two places tell differently is not sure either.
 */

const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
const ANY_EMOJI = "\ufffd";
const LONGEST_WORD = 12; // of what does not count before a difference: not every script has spaces

/** @returns {number[]} for each unit of `shown` its place in `source`, or -1. Both are lists of { text, gap, maybe? }. */
export function align(source, shown) {
  const found = new Array(shown.length).fill(-1);
  const taken = new Map();
  const unsure = new Set();
  const note = (pairs) => {
    for (const [s, v] of pairs) {
      if (found[v] === s) continue;
      if (found[v] >= 0 || taken.has(s)) for (const each of [v, taken.get(s)]) unsure.add(each);
      found[v] = s;
      taken.set(s, v);
    }
  };
  note(run(source, shown, 0, 0, 1));
  note(run(source, shown, source.length - 1, shown.length - 1, -1));
  if (found.includes(-1)) {
    for (const [s, v] of inOrder(sharedWords(source, shown))) {
      if (found[v] >= 0) continue;
      note(run(source, shown, s, v, 1));
      note(run(source, shown, s, v, -1));
    }
  }
  for (const each of unsure) found[each] = -1;
  return ascending(found);
}

function same(s, v) {
  if (s.maybe && s.gap !== Boolean(v.gap)) return false;
  return s.text === v.text || (s.text === ANY_EMOJI && PICTURE.test(v.text));
}

/** The pairs of equal units from a place on, in one direction. */
function run(source, shown, s, v, step) {
  const pairs = [];
  for (;;) {
    const next = passOver(source, s, step);
    if (!shown[v] || (source[next] && same(source[next], shown[v])) || (source[s]?.maybe && !same(source[s], shown[v]))) s = next;
    if (!source[s] || !shown[v] || !same(source[s], shown[v])) break;
    pairs.push([s, v]);
    s += step;
    v += step;
  }
  if (source[s]) {
    for (let count = 0; pairs.length && count < LONGEST_WORD; count++) {
      const [, last] = pairs.pop();
      if (shown[step > 0 ? last : last + 1]?.gap) break;
    }
  }
  return pairs;
}

/** The place of the next unit that is surely shown. */
function passOver(source, s, step) {
  while (source[s]?.maybe) s += step;
  return s;
}

/** Words that occur once in each, as pairs of the places of their first units. */
function sharedWords(source, shown) {
  const there = words(shown);
  return [...words(source)].flatMap(([word, s]) => (s >= 0 && there.get(word) >= 0 ? [[s, there.get(word)]] : []));
}

/** word -> the place of its first unit, or -1 if it occurs more than once. */
function words(units) {
  const found = new Map();
  let word = "";
  let first = 0;
  const end = () => {
    if (word) found.set(word, found.has(word) ? -1 : first);
    word = "";
  };
  for (const [place, { text, gap, maybe }] of units.entries()) {
    if (gap) end();
    if (maybe) continue;
    if (!word) first = place;
    word += text;
  }
  end();
  return found;
}

/** Without the pairs that stand the other way round than another. */
function inOrder(pairs) {
  let most = -1;
  const forth = pairs.map((pair) => [pair[1] > most, (most = Math.max(most, pair[1]))][0]);
  let least = Infinity;
  return pairs.filter((_, each) => forth[each]).reverse().filter(([, v]) => v < least && ((least = v), true)).reverse();
}

/** What goes back in the source is sure of nothing. */
function ascending(found) {
  const crossed = new Set();
  let most = -1;
  for (const [place, each] of found.entries()) {
    if (each < 0) continue;
    if (each <= most) crossed.add(place);
    most = Math.max(most, each);
  }
  let least = Infinity;
  for (let place = found.length - 1; place >= 0; place--) {
    if (found[place] < 0) continue;
    if (found[place] >= least) crossed.add(place);
    least = Math.min(least, found[place]);
  }
  return found.map((each, place) => (crossed.has(place) ? -1 : each));
}
