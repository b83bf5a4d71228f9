/** The offer of one host, from its profile. */
import {
  acceptedValues,
  bitmapBits,
  capabilityAnswer,
  configurationFor,
  judgeField,
  psciVersions,
  shownRegister,
  supportsVcpuFeature,
  sveLengths,
  workaroundLevel,
} from "../hosts/judge.ts";
import { capabilitiesBy, listBy, valueBy, wasRead } from "../hosts/origin.ts";
import type { Configuration, HostProfile } from "../hosts/profile.ts";
import {
  bitmapRegisters,
  capabilities,
  compareFieldValues,
  contractRegisters,
  eventCounters,
  type Field,
  fieldKey,
  fieldOf,
  firmwareRegisters,
  type IdRegister,
  identityCapabilities,
  seriesOf,
  vcpuFeatures,
} from "../tables/index.ts";
import {
  type Assumption,
  assumptions,
  type FacilityName,
  type FacilityOffer,
  facilityNames,
  isFacilityName,
  type Offer,
} from "./offer.ts";
import { only, printSet, setOf, type ValueSet, valueSet } from "./values.ts";

/** Whether no field of a register has an order: such a register is shown as one host or another has it. */
export function isWhole(register: IdRegister): boolean {
  return register.kind === "identification" && register.fields.every(({ safe }) => safe === undefined);
}

/**
 * Some kernels take more than the CPU has (linux 6.16 to 6.19 order PMUVer 14 below 0), or levels that nobody has
 * defined. A guest that is promised that is lied to, so that it is no part of an offer.
 */
function isHonest(field: Field, value: bigint, shown: bigint): boolean {
  const present = fieldOf(shown, field);
  if (value === present) return true;
  const levels = field.values === undefined ? [] : Object.keys(field.values);
  if (levels.length > 1 && field.values?.[Number(value)] === undefined) return false;
  if (field.safe === "exact" && value === BigInt(field.safeValue ?? field.absent)) return true;
  const isLevel = field.safe === "lower" || field.safe === "exact";
  return !isLevel || compareFieldValues(field, Number(value), Number(present)) <= 0;
}

/** The values that a field may hold; undefined: the profile does not tell. */
export function fieldSet(
  profile: HostProfile,
  configuration: Configuration,
  register: IdRegister,
  field: Field,
): ValueSet | undefined {
  const shown = shownRegister(profile, configuration, register);
  const whole = shown.value;
  const last = (1n << BigInt(field.width)) - 1n;
  const takes = (value: bigint): boolean =>
    judgeField(profile, configuration, register.name, field.name, value).accepted;
  // An identity that can be written is taken whatever the host's own is. What else any value suits (CLIDR_EL1) hangs on
  // more that is not known.
  if (whole === undefined)
    return field.role === "identity" && takes(0n) && takes(last) ? [[0n, last]] : undefined;
  const known = acceptedValues(profile, configuration, register.name, field.name);
  if (known !== undefined) return setOf(known.filter((value) => isHonest(field, value, whole)));
  // Too wide to try every value: KVM takes all below, all above, all, or none but what it shows.
  const present = fieldOf(whole, field);
  return valueSet([
    [present, present],
    ...(present > 0n && takes(present - 1n) && takes(0n) ? [[0n, present] as const] : []),
    ...(present < last && takes(present + 1n) && takes(last) ? [[present, last] as const] : []),
  ]);
}

function fieldSets(
  profile: HostProfile,
  configuration: Configuration,
  registers: readonly IdRegister[],
): Map<string, ValueSet> {
  const sets = new Map<string, ValueSet>();
  for (const register of registers)
    for (const field of register.fields) {
      // What a guest has of the interrupt controller is its own statement's affair.
      if (field.facility === "gic") continue;
      const set = fieldSet(profile, configuration, register, field);
      if (set !== undefined) sets.set(fieldKey(field), set);
    }
  return sets;
}

/** The vCPU features and required capabilities that a facility's statement asks for. */
function asksFor(facility: FacilityName): {
  readonly features: readonly string[];
  readonly capabilities: readonly number[];
} {
  return {
    features: vcpuFeatures()
      .filter(({ statement }) => statement?.name === facility && statement.word === undefined)
      .map(({ name }) => name),
    capabilities: capabilities()
      .filter(({ statements, optional }) => statements?.includes(facility) === true && optional !== true)
      .map(({ number }) => number),
  };
}

/** Capabilities that the compiler enables wherever they are there: writable identity. */
function enabledEverywhere(profile: HostProfile): readonly number[] {
  return identityCapabilities()
    .map(({ number }) => number)
    .filter((number) => (profile.capabilities.get(number) ?? 0) > 0);
}

/** Whether two configurations say the same of a register, so that it need not be judged twice. */
function sameRegister(a: Configuration, b: Configuration, id: bigint): boolean {
  const [one, other] = [a.sweeps.get(id), b.sweeps.get(id)];
  return (
    a.registers.get(id) === b.registers.get(id) &&
    a.writable?.get(id) === b.writable?.get(id) &&
    one !== undefined &&
    other !== undefined &&
    one.every((answers, nibble) => answers === other[nibble])
  );
}

function facilityOffer(
  facility: FacilityName,
  profile: HostProfile,
  base: Configuration,
  baseFields: ReadonlyMap<string, ValueSet>,
): FacilityOffer | undefined {
  const asked = asksFor(facility);
  if (!asked.features.every((name) => supportsVcpuFeature(profile, name).value)) return undefined;
  if (!asked.capabilities.every((number) => (profile.capabilities.get(number) ?? 0) > 0)) return undefined;
  const match = configurationFor(
    profile,
    [...base.features, ...asked.features],
    [...enabledEverywhere(profile), ...asked.capabilities],
  );
  // Without a recording nobody can say what the guest would see.
  const { configuration } = match;
  const recorded =
    asked.features.every((name) => configuration.features.includes(name)) &&
    asked.capabilities.every((number) => configuration.capabilities.includes(number));
  if (!recorded || match.refused?.exact === true) return undefined;
  const different = contractRegisters().filter(({ id }) => !sameRegister(base, configuration, id));
  const fields = new Map<string, ValueSet>();
  for (const [key, set] of fieldSets(profile, configuration, different)) {
    const without = baseFields.get(key);
    if (without === undefined || printSet(without) !== printSet(set)) fields.set(key, set);
  }
  const registers = [...configuration.registers.keys()].filter((id) => !base.registers.has(id));
  return { fields, registers: new Set(registers) };
}

function workaroundLevels(profile: HostProfile): ReadonlyMap<string, ValueSet> {
  const levels = new Map<string, ValueSet>();
  for (const register of firmwareRegisters()) {
    if (register.holds !== "level") continue;
    const found = workaroundLevel(profile, register.name);
    if (found === undefined) continue;
    const named = Object.values(register.values).filter((value) => value <= found.level);
    levels.set(register.name, setOf(named));
  }
  return levels;
}

function counters(profile: HostProfile): Offer["counters"] {
  const asked = asksFor("pmu");
  const { configuration } = configurationFor(profile, asked.features, []);
  if (!asked.features.every((name) => configuration.features.includes(name))) return undefined;
  const count = eventCounters(configuration.registers);
  return count === undefined ? undefined : { least: count, most: count };
}

/** What of an offer was not read on the host. */
function assumedOf(profile: HostProfile, base: Configuration): ReadonlySet<Assumption> {
  // Without the identity's capability a vCPU shows the same: that is what most files were read from.
  const plain = configurationFor(profile, [], []).configuration;
  const readWith = (name: FacilityName): boolean => {
    const asked = asksFor(name);
    const features = asked.features.map((one) => supportsVcpuFeature(profile, one));
    const numbers = asked.capabilities.map((one) => capabilityAnswer(profile, one));
    const answers = [...features, ...numbers];
    if (answers.some(({ value, by }) => !value && by === "reading")) return true;
    if (answers.some(({ by }) => by === "rule")) return false;
    const together = configurationFor(profile, [...plain.features, ...asked.features], asked.capabilities);
    return wasRead(profile, together.configuration);
  };
  const holds: Readonly<Record<Exclude<Assumption, FacilityName>, boolean>> = {
    values: contractRegisters().some(({ id }) => valueBy(profile, plain, id) === "rule"),
    writes: base.sweeps.size === 0 || !wasRead(profile, base),
    list: listBy(profile, plain) === "rule",
    capabilities: capabilitiesBy(profile) === "rule",
  };
  return new Set(assumptions.filter((one) => (isFacilityName(one) ? !readWith(one) : holds[one])));
}

/**
 * What a host offers; undefined where its profile has no configuration that works, so that nothing is known of its
 * guests.
 */
export function offerOf(profile: HostProfile): Offer | undefined {
  const base = configurationFor(profile, [], enabledEverywhere(profile)).configuration;
  if (base.registers.size === 0) return undefined;
  const fields = fieldSets(profile, base, contractRegisters());
  const shown = new Map<string, ValueSet>();
  for (const register of contractRegisters()) {
    const { value } = shownRegister(profile, base, register);
    if (value !== undefined) shown.set(register.name, only(value));
  }
  const facilities = new Map<FacilityName, FacilityOffer>();
  for (const name of facilityNames) {
    const offer = facilityOffer(name, profile, base, fields);
    if (offer !== undefined) facilities.set(name, offer);
  }
  const bitmaps = new Map<string, bigint>();
  for (const { name } of bitmapRegisters()) {
    const bits = bitmapBits(profile, name);
    if (bits !== undefined) bitmaps.set(name, bits.known);
  }
  const rows = contractRegisters().flatMap((register) => register.fields);
  const untold = rows
    .filter((field) => field.facility !== "gic" && !fields.has(fieldKey(field)))
    .map(fieldKey);
  return {
    fields,
    untold: new Set(untold),
    shown,
    facilities,
    registers: new Set(base.registers.keys()),
    vectorLengths: facilities.has("sve") ? (sveLengths(profile)?.value ?? []) : [],
    vcpuFeatures: new Set(
      vcpuFeatures()
        .map(({ name }) => name)
        .filter((name) => supportsVcpuFeature(profile, name).value),
    ),
    capabilities: new Map(
      [...profile.capabilities].flatMap(([number, answer]): readonly [number, bigint][] =>
        answer > 0 ? [[number, BigInt(answer)]] : [],
      ),
    ),
    psci: new Set(psciVersions(profile)?.names ?? []),
    bitmaps,
    workarounds: workaroundLevels(profile),
    devices: profile.devices === undefined ? undefined : new Set(profile.devices),
    kernel: seriesOf(profile.kernel.version),
    counters: counters(profile),
    assumed: assumedOf(profile, base),
  };
}
