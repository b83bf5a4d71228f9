/** What one host can offer more than another below it, in words. */
import { type FacilityName, facilityNames, type Offer } from "../../fleet/offer.ts";
import { listed, printSet, size, type ValueSet } from "../../fleet/values.ts";
import { bitmapRegisters, capabilities, describeOneReg, deviceTypes, services } from "../../tables/index.ts";
import { count } from "../words.ts";

/** Sets with more values are printed as intervals. */
const mostValues = 6;

function setText(set: ValueSet | undefined): string {
  if (set === undefined) return "not told";
  if (size(set) > BigInt(mostValues)) return printSet(set).replaceAll("-", " to ").replaceAll(",", ", ");
  return listed(set)
    .map((value) => (value < 10n ? String(value) : `0x${value.toString(16)}`))
    .join(", ");
}

const namesMore = (label: string, lower: Iterable<string>, upper: Iterable<string>): readonly string[] => {
  const known = new Set(lower);
  const more = [...upper].filter((name) => !known.has(name));
  return more.length === 0 ? [] : [`${label} ${more.join(", ")}`];
};

function registersMore(
  lower: ReadonlySet<bigint>,
  upper: ReadonlySet<bigint>,
  where: string,
): readonly string[] {
  const more = [...upper].filter((id) => !lower.has(id));
  if (more.length === 0) return [];
  const names = more.map((id) => describeOneReg(id)?.name ?? `0x${id.toString(16)}`);
  return [
    `${count(more.length, "register")} more in KVM_GET_REG_LIST${where}: ${names.slice(0, 6).join(", ")}${names.length > 6 ? " …" : ""}`,
  ];
}

function facilitiesMore(lower: Offer, upper: Offer): readonly string[] {
  const of = ({ facilities }: Offer): readonly FacilityName[] =>
    facilityNames.filter((name) => facilities.has(name));
  return namesMore("facility", of(lower), of(upper));
}

const servicesOf = ({ bitmaps }: Offer): readonly string[] =>
  services()
    .filter(({ register, bit }) => (((bitmaps.get(register) ?? 0n) >> BigInt(bit)) & 1n) === 1n)
    .map(({ name }) => name);

/** Bits without a name. */
const bitmapsMore = (lower: Offer, upper: Offer): readonly string[] =>
  bitmapRegisters().flatMap(({ name }) => {
    const named = services().reduce(
      (bits, one) => (one.register === name ? bits | (1n << BigInt(one.bit)) : bits),
      0n,
    );
    const more = (upper.bitmaps.get(name) ?? 0n) & ~(lower.bitmaps.get(name) ?? 0n) & ~named;
    return more === 0n ? [] : [`${name} bits 0x${more.toString(16)}`];
  });

const capabilitiesMore = (lower: Offer, upper: Offer): readonly string[] =>
  capabilities().flatMap(({ name, number }) => {
    const [before, after] = [lower, upper].map((of) => of.capabilities.get(number) ?? 0n);
    if (after === undefined || before === undefined || after <= before) return [];
    return [after === 1n ? name : `${name} ${after} instead of ${before}`];
  });

function devicesMore(lower: Offer, upper: Offer): readonly string[] {
  if (upper.devices === undefined)
    return lower.devices === undefined ? [] : ["device types, of which its profile says nothing"];
  return deviceTypes().flatMap(({ name, number }) =>
    upper.devices?.has(number) === true && lower.devices?.has(number) !== true ? [name] : [],
  );
}

const facilityRegistersMore = (lower: Offer, upper: Offer): readonly string[] =>
  [...upper.facilities].flatMap(([name, facility]) => {
    const before = lower.facilities.get(name);
    if (before === undefined) return [];
    const known = new Set([...before.registers, ...lower.registers]);
    return registersMore(known, facility.registers, ` with ${name}`);
  });

const fieldsMore = (
  lower: ReadonlyMap<string, ValueSet>,
  upper: ReadonlyMap<string, ValueSet>,
  suffix: string,
): readonly string[] =>
  [...upper].flatMap(([key, set]) => {
    const before = lower.get(key);
    if (before !== undefined && printSet(before) === printSet(set)) return [];
    return [`${key}${suffix}: ${setText(set)} instead of ${setText(before)}`];
  });

function facilityFieldsMore(lower: Offer, upper: Offer): readonly string[] {
  return [...upper.facilities].flatMap(([name, facility]) => {
    const before = lower.facilities.get(name);
    return before === undefined ? [] : fieldsMore(before.fields, facility.fields, ` with ${name}`);
  });
}

/** Each a phrase; the short and weighty ones first. */
export function offersMore(lower: Offer, upper: Offer): readonly string[] {
  const longer = upper.vectorLengths.filter((length) => !lower.vectorLengths.includes(length));
  return [
    ...facilitiesMore(lower, upper),
    ...(longer.length === 0 ? [] : [`vector lengths ${longer.join(", ")}`]),
    ...namesMore("PSCI", lower.psci, upper.psci),
    ...namesMore("vCPU feature", lower.vcpuFeatures, upper.vcpuFeatures),
    ...namesMore("service", servicesOf(lower), servicesOf(upper)),
    ...bitmapsMore(lower, upper),
    ...capabilitiesMore(lower, upper),
    ...devicesMore(lower, upper),
    ...registersMore(lower.registers, upper.registers, ""),
    ...facilityRegistersMore(lower, upper),
    ...fieldsMore(lower.workarounds, upper.workarounds, ""),
    ...fieldsMore(lower.fields, upper.fields, ""),
    ...facilityFieldsMore(lower, upper),
  ];
}
