/** Which operation of one plan is which of the other, and which of them have changed places. */
import type { PlanOperation, PlanValue } from "./read.ts";

export interface Matched {
  readonly before: PlanOperation;
  readonly after: PlanOperation;
  /** Places in their plans, from 0. */
  readonly from: number;
  readonly to: number;
}

interface Matching {
  readonly matched: readonly Matched[];
  readonly removed: readonly PlanOperation[];
  readonly added: readonly PlanOperation[];
}

/** What an operation is about, whatever it sets. */
export function subjectOf(operation: PlanOperation): string {
  const keys = ["phase", "kind", "fd", "id", "capability", "group", "attribute"];
  return JSON.stringify(keys.map((key) => operation[key] ?? null));
}

const sorted = (value: PlanValue | undefined): unknown => {
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.entries(value)
    .map(([key, own]) => [key, sorted(own)])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
};

/** All that KVM sees of it; where it was asked for, and in which words, is none of that. */
export function contentOf({ source, summary, since, ...rest }: PlanOperation): string {
  return JSON.stringify(sorted(rest));
}

interface Placed {
  readonly operation: PlanOperation;
  readonly at: number;
}

function bySubject(operations: readonly PlanOperation[]): ReadonlyMap<string, Placed[]> {
  const groups = new Map<string, Placed[]>();
  for (const [at, operation] of operations.entries()) {
    const subject = subjectOf(operation);
    groups.set(subject, [...(groups.get(subject) ?? []), { operation, at }]);
  }
  return groups;
}

/** Those of one subject: first what is the same, then in their order. */
function matchGroup(before: readonly Placed[], after: readonly Placed[]) {
  const rest = [...after];
  const pairs: (readonly [Placed, Placed])[] = [];
  const changed: Placed[] = [];
  for (const one of before) {
    const content = contentOf(one.operation);
    const same = rest.findIndex((other) => contentOf(other.operation) === content);
    const [found] = same === -1 ? [] : rest.splice(same, 1);
    if (found === undefined) changed.push(one);
    else pairs.push([one, found]);
  }
  const shared = Math.min(changed.length, rest.length);
  for (const [at, one] of changed.slice(0, shared).entries()) {
    const other = rest[at];
    if (other !== undefined) pairs.push([one, other]);
  }
  return { pairs, removed: changed.slice(shared), added: rest.slice(shared) };
}

export function matchOperations(before: readonly PlanOperation[], after: readonly PlanOperation[]): Matching {
  const [was, is] = [bySubject(before), bySubject(after)];
  const groups = [...new Set([...was.keys(), ...is.keys()])].map((subject) =>
    matchGroup(was.get(subject) ?? [], is.get(subject) ?? []),
  );
  const plain = (placed: readonly Placed[]): readonly PlanOperation[] =>
    [...placed].sort((a, b) => a.at - b.at).map(({ operation }) => operation);
  return {
    matched: groups
      .flatMap(({ pairs }) => pairs)
      .map(([a, b]) => ({ before: a.operation, after: b.operation, from: a.at, to: b.at }))
      .sort((a, b) => a.from - b.from),
    removed: plain(groups.flatMap(({ removed }) => removed)),
    added: plain(groups.flatMap(({ added }) => added)),
  };
}

/** The places of a longest ascending run of numbers that are all different. */
function longestAscent(numbers: readonly number[]): ReadonlySet<number> {
  const lengths = numbers.map(() => 1);
  const from = numbers.map(() => -1);
  for (const [at, number] of numbers.entries())
    for (let earlier = 0; earlier < at; earlier++)
      if ((numbers[earlier] ?? 0) < number && (lengths[earlier] ?? 0) + 1 > (lengths[at] ?? 0)) {
        lengths[at] = (lengths[earlier] ?? 0) + 1;
        from[at] = earlier;
      }
  const kept = new Set<number>();
  for (let at = lengths.indexOf(Math.max(...lengths)); at >= 0; at = from[at] ?? -1) kept.add(at);
  return kept;
}

/**
 * The fewest operations that must have been moved. Where several choices are as small, the same one is taken for the
 * mirror image: the order is looked at from the side whose sequence of contents is the lesser text.
 */
export function movedOperations(matched: readonly Matched[]): readonly Matched[] {
  if (matched.length === 0) return [];
  const forward = [...matched].sort((a, b) => a.from - b.from);
  const backward = [...matched].sort((a, b) => a.to - b.to);
  const key = (rows: readonly Matched[], side: "before" | "after"): string =>
    rows.map((one) => contentOf(one[side])).join("\n");
  const first = key(forward, "before") <= key(backward, "after");
  const kept = first
    ? longestAscent(forward.map(({ to }) => to))
    : longestAscent(backward.map(({ from }) => from));
  return (first ? forward : backward).filter((_, at) => !kept.has(at));
}
