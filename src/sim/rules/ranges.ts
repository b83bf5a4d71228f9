/** Disjoint ranges of function ids in order, and how one is found among thousands. */
import type { FilterRange } from "./guest.ts";

export type FilterAction = FilterRange["action"];

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

/**
 * The range that has an id in it, by binary search.
 *
 * @param ranges disjoint, in order of `first`
 */
export function rangeAt<R extends Range>(ranges: readonly R[], id: number): R | undefined {
  const found = ranges[positionOf(ranges, id)];
  return found !== undefined && found.first <= id ? found : undefined;
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
