/**
 * The meet of offers: what all of them allow. Pure; associative, commutative and idempotent, so that a fleet may be
 * taken in any order, split and put together again.
 */
import { compareVersions } from "../tables/index.ts";
import type { FacilityName, FacilityOffer, Offer } from "./offer.ts";
import { intersect, printSet, union, type ValueSet } from "./values.ts";

/** Keys of both, each with what `combine` makes of the two values; undefined drops the key. */
function inBoth<Key, Value>(
  a: ReadonlyMap<Key, Value>,
  b: ReadonlyMap<Key, Value>,
  combine: (left: Value, right: Value, key: Key) => Value | undefined,
): ReadonlyMap<Key, Value> {
  const common = new Map<Key, Value>();
  for (const [key, left] of a) {
    const right = b.get(key);
    const value = right === undefined ? undefined : combine(left, right, key);
    if (value !== undefined) common.set(key, value);
  }
  return common;
}

/** Keys of either; those of both with what `combine` makes of the two values. */
function inEither<Key, Value>(
  a: ReadonlyMap<Key, Value>,
  b: ReadonlyMap<Key, Value>,
  combine: (left: Value, right: Value) => Value,
): ReadonlyMap<Key, Value> {
  const all = new Map(a);
  for (const [key, right] of b) {
    const left = a.get(key);
    all.set(key, left === undefined ? right : combine(left, right));
  }
  return all;
}

const commonOf = <Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>): ReadonlySet<Item> =>
  new Set([...a].filter((one) => b.has(one)));

/** The values of a field with a facility. */
export function fieldWith(offer: Offer, facility: FacilityOffer, key: string): ValueSet | undefined {
  return facility.fields.get(key) ?? offer.fields.get(key);
}

function meetFacility(
  a: Offer,
  b: Offer,
  fields: ReadonlyMap<string, ValueSet>,
  left: FacilityOffer,
  right: FacilityOffer,
): FacilityOffer {
  const changed = new Map<string, ValueSet>();
  for (const key of new Set([...left.fields.keys(), ...right.fields.keys()])) {
    const [one, other] = [fieldWith(a, left, key), fieldWith(b, right, key)];
    const common = one === undefined || other === undefined ? (one ?? other) : intersect(one, other);
    if (common === undefined) continue;
    const without = fields.get(key);
    // The normal form names a field only where the facility makes a difference.
    if (without === undefined || printSet(common) !== printSet(without)) changed.set(key, common);
  }
  // What a vCPU lists with the facility, less what all list without it: the one set decides the other.
  const withIt = (offer: Offer, facility: FacilityOffer): ReadonlySet<bigint> =>
    new Set([...offer.registers, ...facility.registers]);
  const bare = commonOf(a.registers, b.registers);
  const more = [...commonOf(withIt(a, left), withIt(b, right))].filter((id) => !bare.has(id));
  return { fields: changed, registers: new Set(more) };
}

function commonStart(a: readonly number[], b: readonly number[]): readonly number[] {
  const end = a.findIndex((length, at) => length !== b[at]);
  return end === -1 ? a : a.slice(0, end);
}

export function meet(a: Offer, b: Offer): Offer {
  const fields = inEither(a.fields, b.fields, intersect);
  const shown = new Map(a.shown);
  for (const [key, set] of b.shown) shown.set(key, union(shown.get(key) ?? [], set));
  const vectorLengths = commonStart(a.vectorLengths, b.vectorLengths);
  const facilities = new Map<FacilityName, FacilityOffer>();
  for (const [name, left] of a.facilities) {
    const right = b.facilities.get(name);
    if (right !== undefined) facilities.set(name, meetFacility(a, b, fields, left, right));
  }
  const smaller = (x: bigint, y: bigint): bigint => (x < y ? x : y);
  const devices =
    a.devices === undefined || b.devices === undefined
      ? (a.devices ?? b.devices)
      : commonOf(a.devices, b.devices);
  const counters =
    a.counters === undefined || b.counters === undefined
      ? undefined
      : {
          least: Math.min(a.counters.least, b.counters.least),
          most: Math.max(a.counters.most, b.counters.most),
        };
  return {
    fields,
    untold: new Set([...a.untold, ...b.untold]),
    shown,
    facilities,
    registers: commonOf(a.registers, b.registers),
    vectorLengths,
    vcpuFeatures: commonOf(a.vcpuFeatures, b.vcpuFeatures),
    capabilities: inBoth(a.capabilities, b.capabilities, smaller),
    psci: commonOf(a.psci, b.psci),
    bitmaps: inBoth(a.bitmaps, b.bitmaps, (x, y) => x & y),
    workarounds: inBoth(a.workarounds, b.workarounds, intersect),
    devices,
    kernel: compareVersions(a.kernel, b.kernel) <= 0 ? a.kernel : b.kernel,
    counters,
    assumed: new Set([...a.assumed, ...b.assumed]),
  };
}

/** The meet of one offer or more. */
export function meetAll(offers: readonly [Offer, ...Offer[]]): Offer {
  const [first, ...others] = offers;
  return others.reduce(meet, first);
}
