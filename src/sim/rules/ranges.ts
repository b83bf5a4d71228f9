/** Disjoint ranges of function ids in order, and how one is found among thousands. */
import type { FilterRange } from "./guest.ts";

/** Inclusive. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Where the first range stands that ends at `id` or behind it; the number of ranges where none does. */
function positionOf(ranges: readonly Range[], id: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.last ?? id) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a range has an id in common with one of some that are disjoint and in order. */
export function intersects(ranges: readonly Range[], { first, last }: Range): boolean {
  const next = ranges[positionOf(ranges, first)];
  return next !== undefined && next.first <= last;
}

/**
 * Puts a range at its place among others that are disjoint and in order.
 *
 * @returns false, and nothing is changed, where it has an id in common with one of them
 */
export function insertRange<R extends Range>(ranges: R[], range: R): boolean {
  if (intersects(ranges, range)) return false;
  ranges.splice(positionOf(ranges, range.first), 0, range);
  return true;
}

/** Ranges in order of `first`. */
export const inOrder = <R extends Range>(ranges: readonly R[]): readonly R[] =>
  [...ranges].sort((a, b) => a.first - b.first);

/**
 * Ranges made ready to be searched: the ids from the first range's first to the last one's last are cut into parts of
 * one size, up to twice as many as there are ranges, and each part knows where the ranges in it begin.
 */
interface Index {
  /** The first range's first id; the others are counted from it. */
  readonly base: number;
  /** How many ids lie between, the last included, less one. */
  readonly most: number;
  /** Ids of a part, as a power of two. */
  readonly shift: number;
  /** By part: the first range that ends in it or behind it. */
  readonly parts: Uint32Array;
  readonly firsts: Uint32Array;
  readonly lasts: Uint32Array;
  /** By range, into `ACTIONS`. */
  readonly actions: Uint8Array;
}

const ACTIONS: readonly FilterRange["action"][] = ["handle", "deny", "forward"];

/** Of one range or more. */
function indexOf(ranges: readonly FilterRange[]): Index {
  const base = ranges[0]?.first ?? 0;
  const lasts = Uint32Array.from(ranges, ({ last }) => last - base);
  const firsts = Uint32Array.from(ranges, ({ first }) => first - base);
  const actions = Uint8Array.from(ranges, ({ action }) => ACTIONS.indexOf(action));
  const most = lasts.at(-1) ?? 0;
  let shift = 0;
  while (most >>> shift >= 2 * ranges.length) shift++;
  const parts = new Uint32Array((most >>> shift) + 2).fill(ranges.length);
  let at = 0;
  for (let part = 0; part < parts.length - 1; part++) {
    while ((lasts[at] ?? most) < part * 2 ** shift) at++;
    parts[part] = at;
  }
  return { base, most, shift, parts, firsts, lasts, actions };
}

const indexes = new WeakMap<readonly FilterRange[], Index>();

/** The index of ranges as they are: of some, once made, there are only ever more. */
function indexFor(ranges: readonly FilterRange[]): Index {
  const known = indexes.get(ranges);
  if (known?.lasts.length === ranges.length) return known;
  const made = indexOf(ranges);
  indexes.set(ranges, made);
  return made;
}

/**
 * What the range does that has an id in it; `handle` where none has. However many there are, it takes a look at one
 * part and the ranges that reach into it: a few where they lie evenly, and never more steps than a binary search of all
 * takes.
 *
 * @param ranges disjoint, in order of `first`; an array may get more of them, and is not changed otherwise
 */
export function actionAt(ranges: readonly FilterRange[], id: number): FilterRange["action"] {
  if (ranges.length === 0) return "handle";
  const { base, most, shift, parts, firsts, lasts, actions } = indexFor(ranges);
  const place = id - base;
  if (place < 0 || place > most) return "handle";
  const part = place >>> shift;
  let low = parts[part] ?? 0;
  let high = parts[part + 1] ?? low;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lasts[middle] ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return (firsts[low] ?? 0) <= place ? (ACTIONS[actions[low] ?? 0] ?? "handle") : "handle";
}
