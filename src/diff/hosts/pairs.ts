/** Which configurations of two hosts are held against each other, and what is so in which of them. */
import { wasRead } from "../../hosts/origin.ts";
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import type { Difference, Finding } from "../difference.ts";

export interface Pair {
  readonly name: string;
  readonly before: Configuration;
  readonly after: Configuration;
  /** Of at least one of the two nothing was read. */
  readonly assumed: boolean;
}

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one));

/** Whether two recordings asked for the same. */
export const sameRequest = (a: Configuration, b: Configuration): boolean =>
  sameList(a.features, b.features) &&
  sameList(a.capabilities, b.capabilities) &&
  sameList(a.devices ?? [], b.devices ?? []);

/**
 * Whether guestc's tables stand for readings that a recorded host does not have. A derived host has none at all, and is
 * compared as what it is.
 */
export const isAssumed = (profile: HostProfile, configuration: Configuration): boolean =>
  profile.origin === "recorded" && !wasRead(profile, configuration);

/** `base` first, then by name: the order must not depend on which of the two is the first. */
export function configurationNames(before: HostProfile, after: HostProfile): readonly string[] {
  const names = new Set([...before.configurations.keys(), ...after.configurations.keys()]);
  return [...names].sort((a, b) => Number(b === "base") - Number(a === "base") || (a < b ? -1 : 1));
}

function pairCalled(before: HostProfile, after: HostProfile, name: string): Pair | undefined {
  const [was, is] = [before.configurations.get(name), after.configurations.get(name)];
  if (was === undefined || is === undefined) return undefined;
  if (was.refused !== undefined || is.refused !== undefined) return undefined;
  return { name, before: was, after: is, assumed: isAssumed(before, was) || isAssumed(after, is) };
}

/** What comes of nothing having been read alike: the plain vCPU is compared, whatever it was made with. */
const PLAIN = "base";

/**
 * Those that both hosts have and that work on both. Where no pair was read on both hosts, `base` counts as read: it is
 * what the tables make of the readings that there are.
 */
export function workingPairs(before: HostProfile, after: HostProfile): readonly Pair[] {
  const pairs = configurationNames(before, after).flatMap((name) => {
    const pair = pairCalled(before, after, name);
    return pair !== undefined && sameRequest(pair.before, pair.after) ? [pair] : [];
  });
  if (pairs.some(({ assumed }) => !assumed)) return pairs;
  const plain = pairCalled(before, after, PLAIN);
  if (plain === undefined) return pairs;
  return [{ ...plain, assumed: false }, ...pairs.filter(({ name }) => name !== PLAIN)];
}

/** What is found in each pair, told once: with the configurations where not all of them agree. */
export function overPairs(
  pairs: readonly Pair[],
  find: (pair: Pair) => readonly Finding[],
): readonly Difference[] {
  const rows = pairs.flatMap((pair) =>
    find(pair).map((bare) => ({
      name: pair.name,
      key: JSON.stringify({ ...bare, assumed: false }),
      one: { ...bare, assumed: bare.assumed || pair.assumed },
    })),
  );
  const isRead = new Set(rows.filter(({ one }) => !one.assumed).map(({ key }) => key));
  const found = new Map<string, { readonly one: Finding; readonly names: Set<string> }>();
  for (const { name, key, one } of rows) {
    // Where it was read, the tables' word for other configurations adds nothing.
    if (one.assumed && isRead.has(key)) continue;
    const known = found.get(key);
    if (known === undefined) found.set(key, { one, names: new Set([name]) });
    else known.names.add(name);
  }
  const read = pairs.filter((pair) => !pair.assumed).length;
  return [...found.values()].map(({ one, names }) => ({
    ...one,
    where: names.size === (one.assumed ? pairs.length : read) ? null : [...names],
  }));
}
