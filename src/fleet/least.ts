/**
 * The fewest hosts to leave out of a fleet that has no common guest. Exact, by branch and bound: a field in conflict
 * must in the end have some value, and those that do not take it go.
 */
import { contractRegisters, type Field, fieldKey } from "../tables/index.ts";
import { aarch32Switch, isOfAArch32, mayDoWithout } from "./choose.ts";
import type { Fleet, FleetClass } from "./classes.ts";
import { contains, everything, intersect, printSet, type ValueSet } from "./values.ts";
import { hostsOf } from "./words.ts";

/** Classes that answer alike wherever the fleet disagrees. */
interface Group {
  readonly weight: number;
  readonly classes: readonly FleetClass[];
  /** What it takes of each field in conflict. */
  readonly sets: readonly ValueSet[];
  /** Whether it may do without AArch32, so that its AArch32 fields need not agree with others'. */
  readonly mayDoWithout: boolean;
}

/** Some of the groups, by their places; in order. */
type Members = readonly number[];

/** The field in conflict of which the groups that stay together must have a value. */
interface Family {
  /** For each of its values that is worth a look, the groups that take it. */
  readonly values: readonly Members[];
  readonly isOfAArch32: boolean;
}

const noValueIsCommon = (fleet: Fleet, key: string): boolean => {
  const sets = fleet.map(({ offer }) => offer.fields.get(key) ?? everything);
  return sets.reduce(intersect, everything).length === 0;
};

/** Fields that no value suits on all hosts. */
function fieldsInConflict(fleet: Fleet, within: ReadonlySet<string> | undefined): readonly Field[] {
  return contractRegisters()
    .flatMap((register) => register.fields)
    .filter((field) => within === undefined || within.has(fieldKey(field)))
    .filter((field) => noValueIsCommon(fleet, fieldKey(field)));
}

function groupsOver(fleet: Fleet, keys: readonly string[]): readonly Group[] {
  const aarch32 = aarch32Switch();
  const asked = aarch32 === undefined ? keys : [...keys, aarch32.key];
  const byAnswers = new Map<string, FleetClass[]>();
  for (const one of fleet) {
    const answers = asked.map((key) => printSet(one.offer.fields.get(key) ?? everything)).join(" ");
    byAnswers.set(answers, [...(byAnswers.get(answers) ?? []), one]);
  }
  return [...byAnswers.values()].flatMap((classes) =>
    classes.slice(0, 1).map(({ offer }) => ({
      weight: hostsOf(classes),
      classes,
      sets: keys.map((key) => offer.fields.get(key) ?? everything),
      mayDoWithout: mayDoWithout(offer),
    })),
  );
}

const isSubset = (a: Members, b: ReadonlySet<number>): boolean => a.every((one) => b.has(one));

/** The sets of groups that some value of a field suits, without those within what another value suits. */
function valuesWorthALook(groups: readonly Group[], at: number): readonly Members[] {
  // The ends of intervals: between two of them nothing changes.
  const ends = new Set(groups.flatMap(({ sets }) => (sets[at] ?? []).flat()));
  const found = [...ends].map((value) =>
    groups.flatMap(({ sets }, index) => (contains(sets[at] ?? [], value) ? [index] : [])),
  );
  const distinct = [...new Map(found.map((one) => [one.join(), one])).values()];
  return distinct.filter((one) => !distinct.some((other) => other !== one && isSubset(one, new Set(other))));
}

const weightOf = (groups: readonly Group[], members: Members): number =>
  members.reduce((sum, index) => sum + (groups[index]?.weight ?? 0), 0);

/** What may be kept of these groups for the sake of one field; undefined: they have a value in common. */
function waysToAgree(
  groups: readonly Group[],
  family: Family,
  kept: Members,
): readonly Members[] | undefined {
  const ways = family.values.map((members) => {
    const set = new Set(members);
    return kept.filter((index) => set.has(index));
  });
  if (family.isOfAArch32) ways.push(kept.filter((index) => groups[index]?.mayDoWithout));
  return ways.some((one) => one.length === kept.length) ? undefined : ways;
}

/** The ways out of the conflict that costs most whatever is decided: it bounds best. undefined: none is left. */
function waysOut(
  groups: readonly Group[],
  families: readonly Family[],
  kept: Members,
): readonly Members[] | undefined {
  let worst: readonly Members[] | undefined;
  let most = Number.POSITIVE_INFINITY;
  for (const family of families) {
    const ways = waysToAgree(groups, family, kept);
    if (ways === undefined) continue;
    const reach = Math.max(...ways.map((one) => weightOf(groups, one)));
    if (reach >= most) continue;
    most = reach;
    worst = ways;
  }
  return worst;
}

/** The heaviest groups that agree on every field. */
function heaviest(groups: readonly Group[], families: readonly Family[]): Members {
  let best: Members = [];
  const seen = new Set<string>();
  const search = (kept: Members): void => {
    if (weightOf(groups, kept) <= weightOf(groups, best) || seen.has(kept.join())) return;
    seen.add(kept.join());
    const ways = waysOut(groups, families, kept);
    if (ways === undefined) best = kept;
    else for (const way of [...ways].sort((a, b) => weightOf(groups, b) - weightOf(groups, a))) search(way);
  };
  search(groups.map((_, index) => index));
  return best;
}

/**
 * The smallest number of hosts without which the others have a common guest, as classes, in order of id. The same
 * fleet gives the same answer.
 *
 * @param within the fields that need a common value, `REGISTER.FIELD`; all where it is absent
 */
export function leastToLeaveOut(fleet: Fleet, within?: ReadonlySet<string>): readonly FleetClass[] {
  const fields = fieldsInConflict(fleet, within);
  if (fields.length === 0) return [];
  const groups = groupsOver(fleet, fields.map(fieldKey));
  const families = fields.map((field, at) => ({
    values: valuesWorthALook(groups, at),
    isOfAArch32: isOfAArch32(field),
  }));
  const keeps = new Set(heaviest(groups, families));
  return groups
    .flatMap(({ classes }, index) => (keeps.has(index) ? [] : classes))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
