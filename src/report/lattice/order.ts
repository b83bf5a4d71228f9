/**
 * Who is below whom: whether every guest CPU that a host can offer can be offered by another. The order is that of the
 * meet (`fleet/meet.ts`), less what a host merely happens to show: values before anything is written, the kernel's
 * number, the PMU's counters.
 */
import { fieldWith } from "../../fleet/meet.ts";
import type { FacilityOffer, Offer } from "../../fleet/offer.ts";
import { intersect, printSet, type ValueSet } from "../../fleet/values.ts";
import { capabilities, deviceTypes } from "../../tables/index.ts";

const within = (small: ValueSet, large: ValueSet): boolean =>
  small === large || printSet(intersect(small, large)) === printSet(small);

const subset = <Item>(small: ReadonlySet<Item>, large: ReadonlySet<Item>): boolean =>
  [...small].every((one) => large.has(one));

function fieldsWithin(small: ReadonlyMap<string, ValueSet>, large: ReadonlyMap<string, ValueSet>): boolean {
  for (const [key, set] of small) {
    const other = large.get(key);
    if (other === undefined || !within(set, other)) return false;
  }
  return true;
}

function facilityWithin(
  [a, left]: readonly [Offer, FacilityOffer],
  [b, right]: readonly [Offer, FacilityOffer],
): boolean {
  for (const key of new Set([...left.fields.keys(), ...right.fields.keys()])) {
    const [one, other] = [fieldWith(a, left, key), fieldWith(b, right, key)];
    if (one !== undefined && (other === undefined || !within(one, other))) return false;
  }
  return [...left.registers].every((id) => right.registers.has(id) || b.registers.has(id));
}

const facilitiesWithin = (a: Offer, b: Offer): boolean =>
  [...a.facilities].every(([name, left]) => {
    const right = b.facilities.get(name);
    return right !== undefined && facilityWithin([a, left], [b, right]);
  });

/** Those that a contract can ask for: others, such as how many vCPUs KVM recommends, are no part of a guest. */
const capabilitiesWithin = (a: Offer, b: Offer): boolean =>
  capabilities().every(
    ({ number }) => (a.capabilities.get(number) ?? 0n) <= (b.capabilities.get(number) ?? 0n),
  );

const bitmapsWithin = (a: Offer, b: Offer): boolean =>
  [...a.bitmaps].every(([name, bits]) => (bits & ~(b.bitmaps.get(name) ?? 0n)) === 0n);

/** A host whose profile does not tell its devices limits nobody, as in the meet. */
const devicesWithin = ({ devices: a }: Offer, { devices: b }: Offer): boolean =>
  b === undefined ||
  (a !== undefined && deviceTypes().every(({ number }) => !a.has(number) || b.has(number)));

/** Whether whatever `a` offers is offered by `b` too. Reflexive and transitive; mutual for hosts of equal worth. */
export const isBelow = (a: Offer, b: Offer): boolean =>
  a.vectorLengths.every((length, at) => length === b.vectorLengths[at]) &&
  subset(a.psci, b.psci) &&
  subset(a.vcpuFeatures, b.vcpuFeatures) &&
  bitmapsWithin(a, b) &&
  capabilitiesWithin(a, b) &&
  devicesWithin(a, b) &&
  subset(a.registers, b.registers) &&
  fieldsWithin(a.workarounds, b.workarounds) &&
  fieldsWithin(a.fields, b.fields) &&
  facilitiesWithin(a, b);
