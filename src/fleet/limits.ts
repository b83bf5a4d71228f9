/** Who limits what: fields in which some hosts could show more than the common CPU has. */
import { contractRegisters, type Field, fieldKey } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import { setsWith } from "./choose.ts";
import type { FleetClass } from "./classes.ts";
import { isWhole } from "./host-offer.ts";
import { byPreference } from "./preference.ts";
import { contains } from "./values.ts";

interface Limit {
  readonly field: Field;
  readonly value: bigint;
  /** The richest value that any host of the fleet takes. */
  readonly could: bigint;
  /** Those that do not take it; none where a rule of the architecture lowered the field. */
  readonly by: readonly FleetClass[];
}

/** In order of register and field. */
export function limitsOf(baseline: Baseline): readonly Limit[] {
  const sets = baseline.fleet.map((one) => ({ one, sets: setsWith(one.offer, baseline.facilities) }));
  const limits: Limit[] = [];
  for (const register of contractRegisters()) {
    if (isWhole(register)) continue;
    for (const field of register.fields) {
      const key = fieldKey(field);
      const value = baseline.values.get(key);
      if (value === undefined) continue;
      const all = sets.flatMap((each) => each.sets.get(key) ?? []);
      // A field that is all one value everywhere needs no more than a look.
      if (all.every(([first, last]) => first === value && last === value)) continue;
      const could = byPreference(field, all)[0];
      if (could === undefined || could === value) continue;
      const by = sets.filter((each) => !contains(each.sets.get(key) ?? [], could)).map(({ one }) => one);
      limits.push({ field, value, could, by });
    }
  }
  return limits;
}

/** Registers that some hosts list and others do not, by ONE_REG id ascending, with the classes that lack each. */
export function unevenRegisters(
  baseline: Baseline,
): readonly { readonly id: bigint; readonly lacking: readonly FleetClass[] }[] {
  const lists = baseline.fleet.map((one) => {
    const more = baseline.facilities.flatMap((name) => [
      ...(one.offer.facilities.get(name)?.registers ?? []),
    ]);
    return { one, ids: new Set([...one.offer.registers, ...more]) };
  });
  const every = [...new Set(lists.flatMap(({ ids }) => [...ids]))].sort((a, b) => (a < b ? -1 : 1));
  return every.flatMap((id) => {
    const lacking = lists.filter(({ ids }) => !ids.has(id)).map(({ one }) => one);
    return lacking.length === 0 ? [] : [{ id, lacking }];
  });
}
