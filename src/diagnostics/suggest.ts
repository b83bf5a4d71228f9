/** "Did you mean": the few names that a misspelt one may stand for. Silence beats a bad guess. */

/** Between the words of a name: `FEAT_LSE2`, `pv-time`, `ID_AA64PFR0_EL1.SVE`. */
const separator = /[-_. ]/;
const separators = /[-_. ]/g;

/**
 * Edits that are still a slip of the fingers, by the number of characters that carry the name. Two letters
 * carry too little to guess from.
 */
function editLimit(length: number): number {
  if (length <= 2) return 0;
  if (length <= 5) return 1;
  return length <= 8 ? 2 : 3;
}

/**
 * Length of the leading words that both names share (`FEAT_` of `FEAT_LSE` and `FEAT_LRCPC`): they say
 * nothing of which name is meant and earn no further edits.
 */
function sharedWords(a: string, b: string): number {
  let shared = 0;
  for (let at = 0; at < a.length && at < b.length && a[at] === b[at]; at++)
    if (separator.test(a[at] ?? "")) shared = at + 1;
  return shared;
}

/** Length of what both begin with. */
function sharedLetters(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string
 * alignment); `limit + 1` as soon as it is known to be more than `limit`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[b.length] ?? 0, limit + 1);
}

/**
 * Every candidate at the smallest distance that its length allows. Those that begin alike for longest come
 * first, as slips are rare at the beginning of a word, then those nearest in length.
 */
function nearest(wanted: string, candidates: readonly string[]): readonly string[] {
  let found: string[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const shared = sharedWords(wanted, known);
    const carrying = Math.min(wanted.length, known.length) - shared;
    const limit = Math.min(editLimit(carrying), best);
    const distance = editDistance(wanted.slice(shared), known.slice(shared), limit);
    if (distance > limit) continue;
    if (distance < best) found = [];
    best = distance;
    found.push(candidate);
  }
  const unlikeness = (name: string): number =>
    Math.abs(name.length - wanted.length) - 100 * sharedLetters(wanted, name.toLowerCase());
  return found.sort((a, b) => unlikeness(a) - unlikeness(b));
}

/** The one candidate that passes, or nothing. */
function only(candidates: readonly string[], passes: (known: string) => boolean): readonly string[] {
  const found = candidates.filter((candidate) => passes(candidate.toLowerCase()));
  return found.length === 1 ? found : [];
}

/**
 * The names that `wrong` may stand for, best first, at most `max`; empty when no guess is good. Case never
 * counts. In this order, the first that finds something wins: the same but for separators (`PVTIME` for
 * `pv-time`), a few slips of the fingers, the only name that begins so (`pv` for `pv-time`), the only name
 * that holds it as whole words (`LSE2` for `FEAT_LSE2`).
 */
export function didYouMean(wrong: string, candidates: Iterable<string>, max = 3): readonly string[] {
  const wanted = wrong.toLowerCase();
  if (wanted === "") return [];
  const known = [...new Set(candidates)].filter((candidate) => candidate !== wrong);
  const bare = wanted.replace(separators, "");
  const ways = [
    () =>
      known.filter((candidate) => bare !== "" && candidate.toLowerCase().replace(separators, "") === bare),
    () => nearest(wanted, known),
    () => (wanted.length < 2 ? [] : only(known, (name) => name.startsWith(wanted))),
    () =>
      wanted.length < 2
        ? []
        : only(
            known,
            (name) => name.endsWith(wanted) && separator.test(name[name.length - wanted.length - 1] ?? ""),
          ),
  ];
  for (const way of ways) {
    const found = way();
    if (found.length > 0) return found.slice(0, max);
  }
  return [];
}
