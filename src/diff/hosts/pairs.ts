/** Which configurations of two hosts are held against each other, and what is so in which of them. */
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import type { Difference, Finding } from "../difference.ts";

export interface Pair {
  readonly name: string;
  readonly before: Configuration;
  readonly after: Configuration;
}

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one));

/** Whether two recordings asked for the same. */
export const sameRequest = (a: Configuration, b: Configuration): boolean =>
  sameList(a.features, b.features) &&
  sameList(a.capabilities, b.capabilities) &&
  sameList(a.devices ?? [], b.devices ?? []);

/** `base` first, then by name: the order must not depend on which of the two is the first. */
export function configurationNames(before: HostProfile, after: HostProfile): readonly string[] {
  const names = new Set([...before.configurations.keys(), ...after.configurations.keys()]);
  return [...names].sort((a, b) => Number(b === "base") - Number(a === "base") || (a < b ? -1 : 1));
}

/** Those that both hosts have and that work on both. */
export function workingPairs(before: HostProfile, after: HostProfile): readonly Pair[] {
  return configurationNames(before, after).flatMap((name) => {
    const [was, is] = [before.configurations.get(name), after.configurations.get(name)];
    if (was === undefined || is === undefined || !sameRequest(was, is)) return [];
    if (was.refused !== undefined || is.refused !== undefined) return [];
    return [{ name, before: was, after: is }];
  });
}

/** What is found in each pair, told once: with the configurations where not all of them agree. */
export function overPairs(
  pairs: readonly Pair[],
  find: (pair: Pair) => readonly Finding[],
): readonly Difference[] {
  const found = new Map<string, { readonly one: Finding; readonly names: string[] }>();
  for (const pair of pairs) {
    for (const one of find(pair)) {
      const key = JSON.stringify(one);
      const known = found.get(key);
      if (known === undefined) found.set(key, { one, names: [pair.name] });
      else if (!known.names.includes(pair.name)) known.names.push(pair.name);
    }
  }
  return [...found.values()].map(({ one, names }) => ({
    ...one,
    where: names.length === pairs.length ? null : names,
  }));
}
