/** Where a fleet has no common guest: what stands against what, and the fewest hosts to leave out. */
import { contractRegisters, fieldKey } from "../tables/index.ts";
import { aarch32Switch, isOfAArch32 } from "./choose.ts";
import type { Fleet, FleetClass } from "./classes.ts";
import { contains, intersect, listed, printSet, type ValueSet } from "./values.ts";
import { hostsOf } from "./words.ts";

/** What a side takes of which nobody knows: the sets of values have no such text. */
export const untold = "?";

/** What stands against nothing: a host that does not tell a field may be left in. */
export const everything: ValueSet = [[0n, (1n << 64n) - 1n]];

/** Fields that split the fleet in the same way. */
export interface Conflict {
  /** In order of register and field, each with what every side takes, side by side. */
  readonly fields: readonly { readonly field: string; readonly takes: readonly string[] }[];
  /** Ids of the classes of each side; the side with most hosts first. */
  readonly sides: readonly (readonly string[])[];
}

/**
 * Conflicts over these fields (`REGISTER.FIELD`), those that split the fleet alike together.
 */
export function conflictsOver(fleet: Fleet, keys: readonly string[]): readonly Conflict[] {
  const groups = new Map<
    string,
    { fields: { field: string; takes: string[] }[]; sides: readonly (readonly string[])[] }
  >();
  for (const key of keys) {
    const bySet = new Map<string, FleetClass[]>();
    for (const one of fleet) {
      const set = one.offer.fields.get(key);
      const text = set === undefined ? untold : printSet(set);
      bySet.set(text, [...(bySet.get(text) ?? []), one]);
    }
    const sides = [...bySet].sort(
      ([, a], [, b]) => hostsOf(b) - hostsOf(a) || ((a[0]?.id ?? "") < (b[0]?.id ?? "") ? -1 : 1),
    );
    const ids = sides.map(([, classes]) => classes.map(({ id }) => id));
    const signature = JSON.stringify(ids);
    const group = groups.get(signature) ?? { fields: [], sides: ids };
    group.fields.push({ field: key, takes: sides.map(([text]) => text) });
    groups.set(signature, group);
  }
  return [...groups.values()];
}

/** Classes that answer alike wherever the fleet disagrees. */
interface Group {
  readonly weight: number;
  readonly classes: readonly FleetClass[];
  readonly sets: readonly ValueSet[];
}

const isSubset = (a: readonly number[], b: ReadonlySet<number>): boolean => a.every((one) => b.has(one));

/**
 * The smallest number of hosts without which the others have a common guest, as classes, in order of id; exact, by
 * branch and bound: a field in conflict must in the end have some value, and those that do not take it go. The same
 * fleet gives the same answer.
 *
 * @param within the fields that need a common value, `REGISTER.FIELD`; all where it is absent
 */
export function leastToLeaveOut(fleet: Fleet, within?: ReadonlySet<string>): readonly FleetClass[] {
  const rows = contractRegisters()
    .flatMap((register) => register.fields)
    .filter((field) => within === undefined || within.has(fieldKey(field)));
  const emptyOver = (key: string): boolean => {
    const sets = fleet.flatMap(({ offer }) => {
      const set = offer.fields.get(key);
      return set === undefined ? [] : [set];
    });
    const common = sets.reduce<ValueSet | undefined>(
      (a, b) => (a === undefined ? b : intersect(a, b)),
      undefined,
    );
    return common?.length === 0;
  };
  const fields = rows.filter((field) => emptyOver(fieldKey(field)));
  if (fields.length === 0) return [];
  const keys = fields.map(fieldKey);
  const isTwin = fields.map(isOfAArch32);
  const aarch32 = aarch32Switch();

  const groups: Group[] = [];
  const byAnswers = new Map<string, FleetClass[]>();
  for (const one of fleet) {
    const asked = aarch32 === undefined ? keys : [...keys, aarch32.key];
    const answers = asked.map((key) => printSet(one.offer.fields.get(key) ?? everything)).join(" ");
    byAnswers.set(answers, [...(byAnswers.get(answers) ?? []), one]);
  }
  for (const classes of byAnswers.values()) {
    const [first] = classes;
    const sets = keys.map((key) => first?.offer.fields.get(key) ?? everything);
    groups.push({ weight: hostsOf(classes), classes, sets });
  }
  // Groups that may do without AArch32: their twins need not agree.
  const without = groups.map(({ classes: [first] }) =>
    aarch32 === undefined
      ? false
      : listed(first?.offer.fields.get(aarch32.key) ?? []).some((value) => !aarch32.has(value)),
  );

  /** For each field the sets of groups that some value suits, without those that another value suits as well. */
  const families = keys.map((_, at) => {
    // The ends of intervals: between two of them nothing changes.
    const values = new Set(groups.flatMap(({ sets }) => (sets[at] ?? []).flat()));
    const found = [...values].map((value) =>
      groups.flatMap(({ sets }, index) => (contains(sets[at] ?? [], value) ? [index] : [])),
    );
    const distinct = [...new Map(found.map((one) => [one.join(), one])).values()];
    return distinct.filter(
      (one) => !distinct.some((other) => other !== one && isSubset(one, new Set(other))),
    );
  });
  const weightOf = (members: readonly number[]): number =>
    members.reduce((sum, index) => sum + (groups[index]?.weight ?? 0), 0);

  let best: readonly number[] = [];
  let bestWeight = 0;
  const seen = new Set<string>();
  const search = (kept: readonly number[]): void => {
    if (weightOf(kept) <= bestWeight) return;
    const name = kept.join();
    if (seen.has(name)) return;
    seen.add(name);
    const free = kept.every((index) => without[index]);
    // The conflict that costs most whatever is decided comes first: it bounds best.
    let ways: readonly (readonly number[])[] | undefined;
    let most = Number.POSITIVE_INFINITY;
    for (const [at, family] of families.entries()) {
      if (isTwin[at] === true && free) continue;
      const held = family.map((members) => {
        const set = new Set(members);
        return kept.filter((index) => set.has(index));
      });
      if (isTwin[at] === true) held.push(kept.filter((index) => without[index]));
      const reach = Math.max(...held.map(weightOf));
      if (held.some((one) => one.length === kept.length) || reach >= most) continue;
      most = reach;
      ways = held;
    }
    if (ways === undefined) {
      best = kept;
      bestWeight = weightOf(kept);
      return;
    }
    for (const way of [...ways].sort((a, b) => weightOf(b) - weightOf(a))) search(way);
  };
  search(groups.map((_, index) => index));
  const keeps = new Set(best);
  return groups
    .flatMap(({ classes }, index) => (keeps.has(index) ? [] : classes))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
