/**
 * Sets of field values in a normal form: ascending, disjoint intervals that do not touch. Equal sets are equal
 * texts, so that intersections may be taken in any order.
 */

/** Inclusive at both ends. */
type Interval = readonly [first: bigint, last: bigint];
export type ValueSet = readonly Interval[];

const nothing: ValueSet = [];

/** Of a field, whatever its width: nothing stands against a host that does not tell it. */
export const everything: ValueSet = [[0n, (1n << 64n) - 1n]];

export const only = (value: bigint): ValueSet => [[value, value]];

/** The set of any intervals, in any order, overlapping or not; empty ones (first above last) are left out. */
export function valueSet(intervals: readonly Interval[]): ValueSet {
  const sorted = intervals
    .filter(([first, last]) => first <= last)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const merged: [bigint, bigint][] = [];
  for (const [first, last] of sorted) {
    const previous = merged.at(-1);
    if (previous === undefined || first > previous[1] + 1n) merged.push([first, last]);
    else if (last > previous[1]) previous[1] = last;
  }
  return merged;
}

export const setOf = (values: readonly bigint[]): ValueSet => valueSet(values.map((one) => [one, one]));

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export function intersect(a: ValueSet, b: ValueSet): ValueSet {
  const common: Interval[] = [];
  for (const [firstA, lastA] of a)
    for (const [firstB, lastB] of b) {
      const first = larger(firstA, firstB);
      const last = smaller(lastA, lastB);
      if (first <= last) common.push([first, last]);
    }
  return valueSet(common);
}

export function union(a: ValueSet, b: ValueSet): ValueSet {
  return valueSet([...a, ...b]);
}

export function contains(set: ValueSet, value: bigint): boolean {
  return set.some(([first, last]) => first <= value && value <= last);
}

/** How many values it has. */
export function size(set: ValueSet): bigint {
  return set.reduce((sum, [first, last]) => sum + last - first + 1n, 0n);
}

/** Its values ascending, `most` of them at most. */
export function listed(set: ValueSet, most = 4096): readonly bigint[] {
  const values: bigint[] = [];
  for (const [first, last] of set)
    for (let value = first; value <= last; value++) {
      if (values.length === most) return values;
      values.push(value);
    }
  return values;
}

/** `0x0-0x3,0x5`; empty for the empty set. */
export function printSet(set: ValueSet): string {
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  return set.map(([first, last]) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join(",");
}

/** What `printSet` prints; undefined for any other text. */
export function parseSet(text: string): ValueSet | undefined {
  if (text === "") return nothing;
  const intervals: Interval[] = [];
  for (const part of text.split(",")) {
    const match = /^(0x[0-9a-f]+)(?:-(0x[0-9a-f]+))?$/.exec(part);
    if (match?.[1] === undefined) return undefined;
    intervals.push([BigInt(match[1]), BigInt(match[2] ?? match[1])]);
  }
  const set = valueSet(intervals);
  return printSet(set) === text ? set : undefined;
}
