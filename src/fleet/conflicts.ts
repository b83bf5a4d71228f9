/** Where a fleet has no common guest: what stands against what. */
import type { Fleet, FleetClass } from "./classes.ts";
import { printSet } from "./values.ts";
import { hostsOf } from "./words.ts";

/** What a side takes of which nobody knows: the sets of values have no such text. */
export const untold = "?";

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
