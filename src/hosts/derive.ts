/** Host profiles computed from the tables, for machines that nobody has recorded. */
import {
  capabilities as allCapabilities,
  bitmapRegisters,
  type Cpu,
  compareVersions,
  type Field,
  fieldOf,
  field as findField,
  firmwareRegisters,
  type IdRegister,
  idRegisters,
  type KernelRules,
  kernelRules,
  kernelRulesFor,
  seriesOf,
  services,
  sveLengthsRegister,
  vcpuFeature,
} from "../tables/index.ts";
import text from "./data/derive.json?raw";
import type { Configuration, HostProfile } from "./profile.ts";

interface Limit {
  readonly register: string;
  readonly fields?: readonly string[];
  readonly except?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly action: "zero" | "at-most" | "set" | "zero-without" | "same-as";
  readonly of?: { readonly register: string; readonly field: string };
  readonly where?: "aarch32";
  readonly value?: number;
  readonly feature?: string;
  readonly source: string;
}

interface Facility {
  readonly configuration: string;
  readonly features: readonly string[];
  readonly needs: readonly string[];
  readonly aarch32?: readonly string[];
  readonly source: string;
}

interface CapabilityRule {
  readonly capability: number;
  readonly vcpuFeature?: string;
  readonly needs?: readonly string[];
  readonly fields?: readonly {
    readonly register: string;
    readonly field: string;
    readonly atLeast: number;
  }[];
  readonly answer?: { readonly register: string; readonly field: string };
  readonly never?: boolean;
  readonly value?: number;
  readonly since?: string;
  readonly source: string;
}

interface DeriveTable {
  readonly limits: readonly Limit[];
  readonly facilities: readonly Facility[];
  readonly capabilities: readonly CapabilityRule[];
  readonly devices: readonly { readonly type: number; readonly source: string }[];
}

let table: DeriveTable | undefined;

/** The rows of `data/derive.json`. */
export function deriveTable(): DeriveTable {
  const parsed: DeriveTable = table ?? JSON.parse(text);
  table = parsed;
  return parsed;
}

const psciVersion = "KVM_REG_ARM_PSCI_VERSION";

/** MPIDR_EL1 of the first vCPU: affinity 0, the RES1 bit 31. */
const FIRST_MPIDR = 0x8000_0000n;

/** The last series of a major release that the tables have: 6.19 for 6, for no 6.20 was ever made. */
function newestOfMajor(kernelVersion: string): string | undefined {
  const major = `${kernelVersion.split(".")[0]}.`;
  return kernelRules()
    .map((row) => seriesOf(row.series))
    .filter((series) => series.startsWith(major))
    .at(-1);
}

/**
 * A profile of a named core under a kernel series. It has readings and writable masks but no sweeps, so
 * that every judgement on it is by rule; the levels of the Spectre workarounds are not known.
 *
 * @param name what messages call the host
 * @param cpu a row of the CPU table; it needs published register values
 * @param kernelVersion `6.12`, `6.12.3`
 */
export function deriveHost(
  name: string,
  cpu: Cpu,
  kernelVersion: string,
): HostProfile | { readonly problem: string } {
  if (!/^[0-9]+\.[0-9]+(\.[0-9]+)?$/.test(kernelVersion)) {
    return { problem: `\`${kernelVersion}\` is not a kernel version; expected one such as 6.12` };
  }
  if (cpu.registers === null) {
    return {
      problem: `nobody has published the ID registers of ${cpu.name}; record a profile on such a machine`,
    };
  }
  const rules = kernelRulesFor(kernelVersion);
  if (rules === undefined) {
    return { problem: `the tables have no rules for linux ${kernelVersion}; they begin with 6.1` };
  }
  const newest = newestOfMajor(kernelVersion);
  if (newest === undefined || compareVersions(seriesOf(kernelVersion), newest) > 0) {
    const last = kernelRules().at(-1)?.series;
    return {
      problem: `the tables know the series of linux from 6.1 to ${last}, and ${kernelVersion} is in none of them`,
    };
  }
  // A register that a published set does not list has a reserved encoding on that core and reads as zero. But
  // some sets leave out AArch32 altogether.
  const values = cpu.registers;
  const aarch32Known =
    cpu.aarch32 === "none" ||
    idRegisters().some((one) => one.kind === "aarch32-id" && values[one.name] !== undefined);
  const host: Host = { cpu, values, aarch32Known, kernelVersion, rules };
  const { facilities, devices } = deriveTable();
  const configurations = new Map<string, Configuration>([["base", deriveConfiguration(host, "base", [])]]);
  const working = new Set<string>();
  for (const facility of facilities) {
    const features = ["PSCI_0_2", ...facility.features];
    if (facilityWorks(host, facility)) {
      for (const feature of facility.features) working.add(feature);
      configurations.set(
        facility.configuration,
        deriveConfiguration(host, facility.configuration, facility.features),
      );
    } else {
      configurations.set(facility.configuration, {
        name: facility.configuration,
        features,
        capabilities: [],
        refused: { step: "init", errno: "EINVAL" },
        registers: new Map(),
        writable: undefined,
        sweeps: new Map(),
      });
    }
  }
  return {
    name,
    description: `Derived for ${cpu.name} with linux ${kernelVersion}`,
    origin: "derived",
    kernel: { release: kernelVersion, version: kernelVersion },
    cpu: { name: cpu.name, platform: "" },
    capabilities: deriveCapabilities(host, working),
    devices: devices.map(({ type }) => type),
    configurations,
  };
}

interface Host {
  readonly cpu: Cpu;
  readonly values: Readonly<Record<string, bigint>>;
  readonly aarch32Known: boolean;
  readonly kernelVersion: string;
  readonly rules: KernelRules;
}

/** Whether a row that counts from one series to another, both in, holds for a kernel. */
function holdsFor(version: string, since: string | undefined, until: string | undefined): boolean {
  const series = seriesOf(version);
  return (
    (since === undefined || compareVersions(series, since) >= 0) &&
    (until === undefined || compareVersions(series, until) <= 0)
  );
}

function facilityWorks({ cpu, kernelVersion }: Host, facility: Facility): boolean {
  return (
    facility.needs.every((feature) => cpu.features.includes(feature)) &&
    (facility.aarch32 === undefined || facility.aarch32.includes(cpu.aarch32)) &&
    facility.features.every((feature) => {
      const row = vcpuFeature(feature);
      return row !== undefined && compareVersions(kernelVersion, row.since) >= 0;
    })
  );
}

function inFeatureIdSpace({ op0, op1, crn, crm }: IdRegister): boolean {
  return op0 === 3 && op1 === 0 && crn === 0 && crm >= 1 && crm <= 7;
}

function deriveConfiguration(host: Host, name: string, features: readonly string[]): Configuration {
  const registers = new Map<bigint, bigint | null>();
  for (const register of idRegisters()) {
    if (inFeatureIdSpace(register)) registers.set(register.id, shownTo(host, features, register));
    else {
      const value = register.name === "MPIDR_EL1" ? FIRST_MPIDR : host.values[register.name];
      if (value !== undefined) registers.set(register.id, value);
    }
  }
  for (const firmware of firmwareRegisters()) {
    const known = Object.entries(firmware.values)
      .filter(([name]) => compareVersions(host.kernelVersion, firmware.valueSince[name] ?? "6.1") >= 0)
      .map(([, value]) => value)
      .sort((a, b) => (a < b ? 1 : -1));
    // KVM first shows its newest PSCI version. A workaround's level is the machine's, which no table knows.
    registers.set(firmware.id, firmware.name === psciVersion ? (known[0] ?? null) : null);
  }
  for (const bitmap of bitmapRegisters()) {
    if (compareVersions(host.kernelVersion, bitmap.since) < 0) continue;
    const bits = services()
      .filter((one) => one.register === bitmap.name && compareVersions(host.kernelVersion, one.since) >= 0)
      .reduce((mask, one) => mask | (1n << BigInt(one.bit)), 0n);
    registers.set(bitmap.id, bits & bitmap.reset);
  }
  if (features.includes("SVE")) {
    const lengths = host.cpu.sveLengths;
    const bits = lengths?.reduce((mask, length) => mask | (1n << BigInt(length / 128 - 1)), 0n);
    registers.set(sveLengthsRegister().id, bits ?? null);
  }
  const writable = new Map<bigint, bigint>();
  for (const register of idRegisters()) {
    const mask = host.rules.writable[register.name];
    if (mask !== undefined) writable.set(register.id, mask);
  }
  return {
    name,
    features: ["PSCI_0_2", ...features],
    capabilities: [],
    refused: undefined,
    registers: new Map([...registers].sort(([a], [b]) => (a < b ? -1 : 1))),
    writable,
    sweeps: new Map(),
  };
}

/** What a fresh vCPU with these features reads from a register of the feature-ID space; null: unknown. */
function shownTo(host: Host, features: readonly string[], register: IdRegister): bigint | null {
  if (register.kind === "aarch32-id" && !host.aarch32Known) return null;
  const limits = deriveTable().limits.filter(
    (row) =>
      row.register === register.name &&
      holdsFor(host.kernelVersion, row.since, row.until) &&
      (row.where === undefined || host.cpu.aarch32 !== "none"),
  );
  let value = 0n;
  for (const field of register.fields) {
    // What Linux' feature table does not declare is zero on the whole host.
    if (field.safe === undefined) continue;
    const rows = limits.filter((row) => concerns(row, field));
    const shown = rows.reduce(
      (now, row) => limited(host, now, row, features),
      hostField(host, register, field),
    );
    value |= shown << BigInt(field.lsb);
  }
  return value;
}

function hostField({ cpu, values }: Host, register: IdRegister, field: Field): bigint {
  if (register.kind === "aarch32-id" && cpu.aarch32 === "none") return 0n;
  return fieldOf(values[register.name] ?? 0n, field);
}

function concerns(row: Limit, field: Field): boolean {
  if (row.fields !== undefined) return row.fields.includes(field.name);
  return row.except === undefined || !row.except.includes(field.name);
}

function limited(host: Host, value: bigint, row: Limit, features: readonly string[]): bigint {
  const bound = BigInt(row.value ?? 0);
  switch (row.action) {
    case "zero":
      return 0n;
    case "set":
      return bound;
    case "at-most":
      return value > bound ? bound : value;
    case "zero-without":
      return row.feature !== undefined && features.includes(row.feature) ? value : 0n;
    case "same-as": {
      const field = row.of && findField(row.of.register, row.of.field);
      return field === undefined ? value : fieldOf(host.values[field.register] ?? 0n, field);
    }
  }
}

function deriveCapabilities(host: Host, vcpuFeatures: ReadonlySet<string>): Map<number, number> {
  const answers = new Map<number, number>();
  const rules = deriveTable().capabilities;
  for (const capability of allCapabilities()) {
    if (compareVersions(host.kernelVersion, capability.since) < 0) continue;
    const rule = rules.find((one) => one.capability === capability.number);
    const answer = rule === undefined ? 1 : ruledAnswer(host, vcpuFeatures, rule);
    if (answer > 0) answers.set(capability.number, answer);
  }
  return new Map([...answers].sort(([a], [b]) => a - b));
}

function ruledAnswer(host: Host, vcpuFeatures: ReadonlySet<string>, rule: CapabilityRule): number {
  if (rule.never === true || !holdsFor(host.kernelVersion, rule.since, undefined)) return 0;
  if (rule.value !== undefined) return rule.value;
  if (rule.vcpuFeature !== undefined) return vcpuFeatures.has(rule.vcpuFeature) ? 1 : 0;
  if (rule.answer !== undefined) {
    const field = findField(rule.answer.register, rule.answer.field);
    const register = host.values[rule.answer.register];
    if (field === undefined || register === undefined) return 0;
    return field.unit?.codes[Number(fieldOf(register, field))] ?? 0;
  }
  const fields = (rule.fields ?? []).every((row) => {
    const field = findField(row.register, row.field);
    return field !== undefined && fieldOf(host.values[row.register] ?? 0n, field) >= BigInt(row.atLeast);
  });
  return fields && (rule.needs ?? []).every((feature) => host.cpu.features.includes(feature)) ? 1 : 0;
}
