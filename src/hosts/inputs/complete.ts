/**
 * Readings of a foreign file as a host profile. What was read stays as it is and is the measure; what the file does not
 * say is computed from the tables, and the profile says of each which it is.
 */
import {
  type Cpu,
  commonVcpuFeatures,
  compareVersions,
  cpuByMidr,
  cpu as cpuByName,
  features as everyFeature,
  fieldMask,
  fieldOf,
  capability as findCapability,
  idRegister,
  idRegisters,
  registerState,
  vcpuFeature,
} from "../../tables/index.ts";
import { deriveHost, deriveTable } from "../derive.ts";
import type { Configuration, HostProfile } from "../profile.ts";
import { completionNotes, type Facilities, type KnownCpu, kernelNotes } from "./complete-notes.ts";
import type { InputNote, InputProblem, Readings } from "./readings.ts";
import { inBlock, inputsTable, systemId } from "./table.ts";

/** What the user adds to a file that does not say it. */
export interface Given {
  /** The kernel's version or release: `6.18`, `6.12.63+deb13-arm64`. */
  readonly kernel?: string;
  /** The core's name in the CPU table, where the file has no MIDR_EL1. */
  readonly cpu?: string;
}

export interface Completed {
  readonly profile: HostProfile;
  readonly notes: readonly InputNote[];
}

/** A fact without which there is no profile, or with which there is none. */
export interface Unfit {
  readonly problems: readonly InputProblem[];
}

const unfit = (message: string, more: Pick<InputProblem, "lacks" | "alsoUnknown"> = {}): Unfit => ({
  problems: [{ message, instancePath: "", ...more }],
});

/** `6.12.63` of `6.12.63+deb13-arm64`; undefined: it is no release. */
export const versionOf = (release: string): string | undefined =>
  /^[0-9]+\.[0-9]+(?:\.[0-9]+)?(?![0-9])/.exec(release)?.[0];

type Registers = ReadonlyMap<bigint, bigint | null>;

/** The kernel by the file, else as given. */
function kernelOf({ release, atLeast, registers }: Readings, given: Given): HostProfile["kernel"] | Unfit {
  if (release !== undefined && given.kernel !== undefined) {
    return unfit(`the file says that the host runs linux ${release}; no other can be given`);
  }
  const known = release ?? given.kernel;
  if (known === undefined) {
    const proof = atLeast === undefined ? "" : ` (${atLeast.fact})`;
    return unfit(
      `the file does not say which kernel the host runs${proof}, and by its rules registers are judged`,
      {
        lacks: "kernel",
        ...(typeof registers.get(systemId("MIDR_EL1")) === "bigint" || given.cpu !== undefined
          ? {}
          : { alsoUnknown: "cpu" }),
      },
    );
  }
  const version = versionOf(known);
  if (version === undefined) {
    return unfit(`\`${known}\` is no kernel release; expected one such as 6.12 or 6.12.63-arm64`);
  }
  return { release: known, version };
}

function cpuOf({ registers }: Readings, given: Given): KnownCpu | Unfit {
  const midr = registers.get(systemId("MIDR_EL1")) ?? undefined;
  const byMidr = midr === undefined ? undefined : cpuByMidr(midr);
  const byName = given.cpu === undefined ? undefined : cpuByName(given.cpu);
  if (given.cpu !== undefined && byName === undefined) return unfit(`the CPU table has no \`${given.cpu}\``);
  if (byMidr !== undefined && byName !== undefined && byMidr.name !== byName.name) {
    return unfit(`MIDR_EL1 is that of ${byMidr.name}, not of ${byName.name}`);
  }
  const row = byMidr ?? byName;
  const unnamed = midr === undefined ? "unknown" : `midr-${midr.toString(16).padStart(8, "0")}`;
  return { name: row?.name ?? unnamed, midr, row };
}

/** A core of which nothing is known but what KVM shows of it: it has that at least. */
function coreShown(name: string, registers: Registers): Cpu {
  const values: Record<string, bigint> = {};
  for (const { name: register, id } of idRegisters()) {
    const value = registers.get(id);
    if (typeof value === "bigint") values[register] = value;
  }
  const state = registerState(values, "v8.0");
  return {
    name,
    vendor: "",
    arch: "v8.0",
    midr: null,
    aarch32: state.feature("FEAT_AA32EL0") === true ? "EL0" : "none",
    features: everyFeature()
      .map((one) => one.name)
      .filter((one) => state.feature(one) === true),
    registers: values,
    registersFrom: null,
    filledFrom: {},
    exceptions: [],
    products: [],
    aliases: [],
  };
}

/** The vCPU features and VM capabilities with which the registers were read, by what they show. */
function facilitiesOf({ registers, features, whole }: Readings, kernel: string): Facilities {
  const { ofEvery, unseen } = commonVcpuFeatures();
  const shown = new Set([...ofEvery, ...features.filter((one) => !unseen.has(one))]);
  const capabilities = new Set<number>();
  if (whole) {
    for (const row of inputsTable().facilities) {
      if (!registers.has(systemId(row.shownBy))) continue;
      if (row.shownSince !== undefined && compareVersions(kernel, row.shownSince) < 0) continue;
      if (row.feature !== undefined) shown.add(row.feature);
      const number = row.capability === undefined ? undefined : findCapability(row.capability)?.number;
      if (number !== undefined) capabilities.add(number);
    }
  } else {
    for (const row of deriveTable().limits) {
      if (row.action !== "zero-without" || row.feature === undefined) continue;
      const value = registers.get(systemId(row.register)) ?? 0n;
      const fields = idRegister(row.register)?.fields ?? [];
      const own = row.fields === undefined ? fields : fields.filter(({ name }) => row.fields?.includes(name));
      if (own.some((field) => fieldOf(value, field) !== 0n)) shown.add(row.feature);
    }
    // KVM_ARM_VCPU_INIT takes a feature with what it needs or not at all.
    for (const name of shown) for (const need of vcpuFeature(name)?.needs ?? []) shown.add(need);
  }
  return { features: [...shown], capabilities: [...capabilities] };
}

/** What a vCPU without these features reads, and which of its registers there are. */
function without(registers: Registers, { features }: Facilities): Registers {
  const left = new Map(registers);
  for (const row of deriveTable().limits) {
    if (row.action !== "zero-without" || row.feature === undefined || !features.includes(row.feature))
      continue;
    const id = systemId(row.register);
    const value = left.get(id);
    if (typeof value !== "bigint") continue;
    const fields = idRegister(row.register)?.fields ?? [];
    const mask = fields
      .filter(({ name }) => row.fields === undefined || row.fields.includes(name))
      .reduce((bits, field) => bits | fieldMask(field), 0n);
    left.set(id, value & ~mask);
  }
  const blocks = inputsTable().facilities.flatMap((row) =>
    row.feature !== undefined && features.includes(row.feature) ? (row.brings ?? []) : [],
  );
  for (const id of registers.keys()) if (blocks.some((block) => inBlock(block, id))) left.delete(id);
  return left;
}

const plain = (name: string, features: readonly string[], registers: Registers): Configuration => ({
  name,
  features,
  capabilities: [],
  refused: undefined,
  registers: new Map([...registers].sort(([a], [b]) => (a < b ? -1 : 1))),
  writable: undefined,
  sweeps: new Map(),
});

/** A configuration of the tables with registers as they would be beside what was read: no masks and no sweeps. */
const inherited = (heir: Configuration, registers: Registers): Configuration => ({
  ...plain(heir.name, heir.features, registers),
  capabilities: heir.capabilities,
  ...(heir.devices === undefined ? {} : { devices: heir.devices }),
  ...(heir.vectorLengths === undefined ? {} : { vectorLengths: heir.vectorLengths }),
  ...(heir.attributes === undefined ? {} : { attributes: heir.attributes }),
});

/** The name that guestc's probe gives a configuration of these features. */
function nameOf({ features, capabilities }: Facilities): string {
  const own = features.filter((one) => !commonVcpuFeatures().ofEvery.has(one));
  if (capabilities.length === 0) {
    if (own.length === 0) return "base";
    const rows = deriveTable().configurations.filter(
      (one) => one.capabilities === undefined && one.devices === undefined,
    );
    const row = rows.find(
      (one) => one.features.length === own.length && one.features.every((feature) => own.includes(feature)),
    );
    if (row !== undefined) return row.name;
  }
  return "read";
}

/** `base`, changed as the tables' `heir` differs from the tables' own base. */
function changedLike(base: Registers, tables: Registers, heir: Registers): Registers {
  const changed = new Map(base);
  for (const [id, value] of heir) {
    const before = tables.get(id);
    if (before === value) continue;
    const present = changed.get(id);
    if (typeof before === "bigint" && typeof value === "bigint" && typeof present === "bigint") {
      const bits = before ^ value;
      changed.set(id, (present & ~bits) | (value & bits));
    } else changed.set(id, value);
  }
  return changed;
}

/** A list without values, with those of the tables. */
const valuedBy = (found: Readings, tables: Registers): Readings => ({
  ...found,
  registers: new Map([...found.registers].map(([id, value]) => [id, value ?? tables.get(id) ?? null])),
});

/**
 * A profile of readings, as far as they and the tables go.
 *
 * @returns problems where the kernel is missing, or contradicts the file
 */
export function completeReadings(found: Readings, given: Given): Completed | Unfit {
  const kernel = kernelOf(found, given);
  if ("problems" in kernel) return kernel;
  const known = cpuOf(found, given);
  if ("problems" in known) return known;
  const row = known.row?.registers == null ? undefined : known.row;
  if (found.valueless === true && row === undefined)
    return unfit(
      "it lists ids without the values that KVM_GET_ONE_REG reads; where the core is given, they are those of guestc's tables",
      { lacks: "cpu" },
    );
  const facilities = facilitiesOf(found, kernel.version);
  const readAs = nameOf(facilities);
  const readBase = readAs === "base";
  const derived = deriveHost("tables", row ?? coreShown(known.name, found.registers), kernel.version);
  const tables = "problem" in derived ? undefined : derived;
  const tablesBase = tables?.configurations.get("base")?.registers ?? new Map<bigint, bigint | null>();
  const readings =
    found.valueless === true
      ? valuedBy(found, tables?.configurations.get(readAs)?.registers ?? tablesBase)
      : found;
  const stripped = readBase ? readings.registers : without(readings.registers, facilities);

  // A whole list has no further register.
  const added = readings.whole ? [] : [...tablesBase].filter(([id]) => !readings.registers.has(id));
  const base = plain("base", [...commonVcpuFeatures().ofEvery], new Map([...stripped, ...added]));
  const configurations = new Map<string, Configuration>([
    ["base", { ...base, ...(readBase && readings.listed !== undefined ? { listed: readings.listed } : {}) }],
  ]);
  if (!readBase) {
    const lacking = added.filter(([id]) => !readings.registers.has(id));
    configurations.set(readAs, {
      ...plain(readAs, facilities.features, new Map([...readings.registers, ...lacking])),
      capabilities: facilities.capabilities,
      ...(readings.listed === undefined ? {} : { listed: readings.listed }),
    });
  }
  const assumed = new Set<string>(readBase ? [] : ["base"]);
  for (const heir of tables?.configurations.values() ?? []) {
    if (heir.name === "base" || heir.refused !== undefined || configurations.has(heir.name)) continue;
    const registers = changedLike(base.registers, tablesBase, heir.registers);
    configurations.set(heir.name, inherited(heir, registers));
    assumed.add(heir.name);
  }
  const profile: HostProfile = {
    name: `${known.name}.linux-${kernel.version}`,
    description: readings.description,
    origin: "recorded",
    ...(readings.recorder === undefined ? {} : { recorder: readings.recorder }),
    kernel,
    cpu: { name: known.name, ...(known.midr === undefined ? {} : { midr: known.midr }), platform: "" },
    capabilities: tables?.capabilities ?? new Map(),
    ...(tables?.devices === undefined ? {} : { devices: tables.devices }),
    assumed: {
      capabilities: true,
      list: !readings.whole,
      configurations: assumed,
      registers: new Set([
        ...added.map(([id]) => id),
        ...[...readings.registers].flatMap(([id, value]) => (found.registers.get(id) === value ? [] : [id])),
      ]),
    },
    configurations,
  };
  return {
    profile,
    notes: [
      ...readings.notes,
      ...kernelNotes(readings, kernel.version),
      ...completionNotes(readings, known, facilities, derived, kernel.version),
    ],
  };
}
