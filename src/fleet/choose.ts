/** The richest CPU that an offer allows, field by field; the architecture's constraints come after (`consistency.ts`). */
import {
  compareArch,
  compareFieldValues,
  contractRegisters,
  cpuByMidr,
  type Field,
  fieldCalled,
  fieldKey,
  fieldOf,
  feature as findFeature,
  field as findField,
  idRegister,
} from "../tables/index.ts";
import { isWhole } from "./host-offer.ts";
import { type FacilityName, isFacilityName, type Offer } from "./offer.ts";
import { byPreference } from "./preference.ts";
import { contains, intersect, listed, type ValueSet } from "./values.ts";

/** Why a field is left to the host. */
export type OpenBecause =
  /** No value suits every host. */
  | "conflict"
  /** The profile of some host does not tell the value. */
  | "unknown"
  /** An AArch32 register of a guest whose EL0 has no AArch32: its value means nothing. */
  | "aarch32";

export interface Choice {
  readonly facilities: readonly FacilityName[];
  /** Facilities that were wanted and that all hosts have, but not alike, with the fields that differ. */
  readonly dropped: readonly { readonly facility: FacilityName; readonly fields: readonly string[] }[];
  /** What each field may hold beside these facilities. */
  readonly sets: ReadonlyMap<string, ValueSet>;
  readonly values: ReadonlyMap<string, bigint>;
  readonly open: ReadonlyMap<string, OpenBecause>;
}

/** Whether a field is of an AArch32 register, which means nothing to a guest whose EL0 has no AArch32. */
export const isOfAArch32 = (field: Field): boolean =>
  field.role === "aarch32" || idRegister(field.register)?.kind === "aarch32-id";

/** The field by which EL0 has AArch32, and whether a value of it says so. */
export function aarch32Switch():
  | { readonly key: string; readonly field: Field; readonly has: (value: bigint) => boolean }
  | undefined {
  const setting = findFeature("FEAT_AA32EL0")?.present[0];
  const field = setting === undefined ? undefined : findField(setting.reg, setting.field);
  if (setting === undefined || field === undefined) return undefined;
  const has = (value: bigint): boolean => compareFieldValues(field, Number(value), setting.value) >= 0;
  return { key: fieldKey(field), field, has };
}

/** What fields may hold with facilities: where several touch a field, what all of them allow. */
export function setsWith(offer: Offer, facilities: readonly FacilityName[]): ReadonlyMap<string, ValueSet> {
  const sets = new Map(offer.fields);
  const touched = new Set<string>();
  for (const name of facilities)
    for (const [key, set] of offer.facilities.get(name)?.fields ?? []) {
      const before = sets.get(key);
      sets.set(key, touched.has(key) && before !== undefined ? intersect(before, set) : set);
      touched.add(key);
    }
  return sets;
}

/** Whether a guest may do without AArch32 at EL0, so that its registers need not agree. */
export function mayDoWithout(offer: Offer): boolean {
  const aarch32 = aarch32Switch();
  const el0 = aarch32 === undefined ? undefined : offer.fields.get(aarch32.key);
  return listed(el0 ?? []).some((value) => aarch32?.has(value) === false);
}

/** Facilities that all hosts have and that have a value for each of their fields. */
function usable(
  offer: Offer,
  wanted: readonly FacilityName[],
): { readonly facilities: readonly FacilityName[]; readonly dropped: Choice["dropped"] } {
  const dropped: { facility: FacilityName; fields: readonly string[] }[] = [];
  const without = mayDoWithout(offer);
  const counts = (key: string): boolean => {
    const field = fieldCalled(key);
    return field === undefined || !without || !isOfAArch32(field);
  };
  const facilities = wanted.filter((name) => {
    const facility = offer.facilities.get(name);
    if (facility === undefined || (name === "sve" && offer.vectorLengths.length === 0)) return false;
    const fields = [...facility.fields].filter(
      ([key, set]) => set.length === 0 && offer.fields.get(key)?.length !== 0 && counts(key),
    );
    if (fields.length === 0) return true;
    dropped.push({ facility: name, fields: fields.map(([key]) => key).sort() });
    return false;
  });
  return { facilities, dropped };
}

/** Whether one value of MIDR_EL1 names an older core than another; of any other value nothing is known. */
function isOlder(one: bigint, other: bigint): boolean {
  const [a, b] = [cpuByMidr(one), cpuByMidr(other)];
  return a !== undefined && b !== undefined && compareArch(a.arch, b.arch) === -1;
}

/** A register without an order among its values holds what one of the hosts shows: the first that suits all. */
function chooseWhole(
  offer: Offer,
  register: string,
  fields: readonly Field[],
  sets: ReadonlyMap<string, ValueSet>,
): bigint | undefined {
  const suitable = listed(offer.shown.get(register) ?? []).filter((value) =>
    fields.every((field) => contains(sets.get(fieldKey(field)) ?? [], fieldOf(value, field))),
  );
  // Of cores the oldest: software that goes by its name expects least of it.
  return suitable.reduce<bigint | undefined>(
    (best, value) => (best === undefined || isOlder(value, best) ? value : best),
    undefined,
  );
}

/** The richest value; of a facility that the guest does not have, the one that says so. */
function preferred(field: Field, set: ValueSet, facilities: readonly FacilityName[]): bigint | undefined {
  const off =
    field.facility !== undefined && isFacilityName(field.facility) && !facilities.includes(field.facility);
  return off && contains(set, BigInt(field.absent)) ? BigInt(field.absent) : byPreference(field, set)[0];
}

export function choose(offer: Offer, wanted: readonly FacilityName[]): Choice {
  const { facilities, dropped } = usable(offer, wanted);
  const sets = new Map(setsWith(offer, facilities));
  // A guest without AArch32 may be had where one with it may not.
  const aarch32 = aarch32Switch();
  const rows = contractRegisters().flatMap((register) => register.fields);
  const twins = rows.filter(isOfAArch32);
  const el0 = aarch32 === undefined ? undefined : sets.get(aarch32.key);
  const without = listed(el0 ?? []).filter((value) => aarch32?.has(value) === false);
  if (
    aarch32 !== undefined &&
    without.length > 0 &&
    twins.some((field) => sets.get(fieldKey(field))?.length === 0)
  )
    sets.set(
      aarch32.key,
      without.map((value) => [value, value] as const),
    );
  const values = new Map<string, bigint>();
  const open = new Map<string, OpenBecause>();
  for (const register of contractRegisters()) {
    const isOne = isWhole(register);
    const whole = isOne ? chooseWhole(offer, register.name, register.fields, sets) : undefined;
    const isTold = (key: string): boolean => sets.has(key) && !offer.untold.has(key);
    // What belongs together and is known in part is not known; nor is what any value suits and no host shows.
    const keys = register.fields.map(fieldKey);
    const unfounded = whole === undefined && keys.every((key) => sets.get(key)?.length !== 0);
    const inPart = isOne && (unfounded || !keys.every(isTold));
    for (const field of register.fields) {
      const key = fieldKey(field);
      const set = sets.get(key);
      // Hosts that tell may stand against each other, whatever the others would say.
      if (set === undefined || (set.length > 0 && (inPart || !isTold(key)))) {
        if (field.facility !== "gic") open.set(key, "unknown");
        continue;
      }
      const value = whole === undefined ? preferred(field, set, facilities) : fieldOf(whole, field);
      if (value === undefined) open.set(key, "conflict");
      else values.set(key, value);
    }
  }
  const chosen = aarch32 === undefined ? undefined : values.get(aarch32.key);
  // Undecided: that is the conflict, and these are what follows from it.
  if (aarch32 !== undefined && (chosen === undefined || !aarch32.has(chosen)))
    for (const field of twins)
      if (open.get(fieldKey(field)) === "conflict") open.set(fieldKey(field), "aarch32");
  return { facilities, dropped, sets, values, open };
}
