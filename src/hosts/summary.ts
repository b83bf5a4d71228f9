/** What a host profile holds, and what it lacks: for people who have just recorded one. */
import { capability, compareVersions, cpu } from "../tables/index.ts";
import { hex } from "./answer.ts";
import { refusalFact } from "./configuration.ts";
import { capabilityAnswer, supportsVcpuFeature, sveLengths } from "./facilities.ts";
import { kernelGap } from "./kernels.ts";
import type { Configuration, HostProfile } from "./profile.ts";

/** Something that KVM offers a guest, or does not. */
export interface Facility {
  /** `SVE`. */
  readonly name: string;
  readonly offered: boolean;
  /** What is known beyond yes and no, such as vector lengths; empty: nothing. */
  readonly detail: string;
  /** The fact that says so. */
  readonly fact: string;
}

export interface ConfigurationSummary {
  readonly name: string;
  readonly features: readonly string[];
  readonly capabilities: readonly number[];
  readonly devices: readonly number[];
  /** The call and its errno; undefined: it works. */
  readonly refused: string | undefined;
  /** Nothing of it was read: it is computed from guestc's tables and other readings. */
  readonly assumed: boolean;
  /** Length of KVM_GET_REG_LIST; undefined: not recorded. */
  readonly listed: number | undefined;
  /** Registers of up to 64 bits, and how many of them have a value. */
  readonly registers: number;
  readonly values: number;
  /** Registers with a writable mask; undefined: the kernel does not tell. */
  readonly writable: number | undefined;
  readonly sweeps: number;
  readonly tried: number;
}

/** Something that the profile does not say. */
export interface Gap {
  /** A word for programs, `sweeps`. */
  readonly id: string;
  readonly what: string;
  /** What guestc does without it. */
  readonly cost: string;
}

export interface HostSummary {
  readonly name: string;
  readonly origin: HostProfile["origin"];
  readonly recorder: string | undefined;
  readonly kernel: string;
  readonly cpu: {
    readonly name: string;
    /** Whether the CPU table has it. */
    readonly known: boolean;
    readonly midr: bigint | undefined;
    readonly platform: string;
  };
  readonly facilities: readonly Facility[];
  readonly configurations: readonly ConfigurationSummary[];
  readonly gaps: readonly Gap[];
}

interface FacilityRow {
  readonly name: string;
  readonly vcpuFeature?: string;
  readonly capability?: string;
  readonly detail?: (profile: HostProfile) => string;
}

const lengthsOf = (profile: HostProfile): string => {
  const lengths = sveLengths(profile)?.value ?? [];
  return lengths.length === 0 ? "" : `${lengths.join(", ")} bits`;
};

const facilityRows: readonly FacilityRow[] = [
  { name: "PMU", vcpuFeature: "PMU_V3" },
  { name: "SVE", vcpuFeature: "SVE", detail: lengthsOf },
  { name: "pointer authentication", vcpuFeature: "PTRAUTH_ADDRESS" },
  { name: "nested virtualisation", vcpuFeature: "HAS_EL2" },
  { name: "AArch32 at EL1", vcpuFeature: "EL1_32BIT" },
  { name: "writable identity", capability: "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS" },
  { name: "memory tagging", capability: "KVM_CAP_ARM_MTE" },
];

/** Whether KVM_ENABLE_CAP takes a capability: from the configurations that were tried, else as KVM_CHECK_EXTENSION says. */
function supportsCapability(profile: HostProfile, number: number): { value: boolean; fact: string } {
  const tried = [...profile.configurations.values()].filter((one) => one.capabilities.includes(number));
  const working = tried.find((one) => one.refused === undefined);
  if (working !== undefined)
    return { value: true, fact: `KVM_ENABLE_CAP took it (configuration \`${working.name}\`)` };
  const [refused] = tried;
  if (refused !== undefined && profile.origin === "recorded")
    return { value: false, fact: refusalFact(refused) };
  const { value, fact } = capabilityAnswer(profile, number);
  return { value: value > 0, fact };
}

function facilityOf(profile: HostProfile, row: FacilityRow): Facility {
  const number = row.capability === undefined ? undefined : capability(row.capability)?.number;
  const { value, fact } =
    number === undefined
      ? supportsVcpuFeature(profile, row.vcpuFeature ?? row.name)
      : supportsCapability(profile, number);
  return { name: row.name, offered: value, detail: value ? (row.detail?.(profile) ?? "") : "", fact };
}

function configurationOf(profile: HostProfile, configuration: Configuration): ConfigurationSummary {
  const { name, features, capabilities, refused, registers, writable, sweeps } = configuration;
  return {
    name,
    features,
    capabilities,
    devices: configuration.devices ?? [],
    refused: refused === undefined ? undefined : refusalFact(configuration),
    assumed: profile.assumed?.configurations.has(name) === true,
    listed: configuration.listed,
    registers: registers.size,
    values: [...registers.values()].filter((value) => value !== null).length,
    writable: writable?.size,
    sweeps: sweeps.size,
    tried: configuration.tried?.size ?? 0,
  };
}

/** The configurations that guestc's probe tries. */
const usual: readonly string[] = [
  "base",
  "pmu",
  "pmu-strict",
  "sve",
  "pauth",
  "all",
  "el2",
  "el2-e2h0",
  "el1-32",
  "impid",
  "mte",
  "gic",
];

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

const gapRows: readonly {
  readonly id: string;
  /** What is missing, in words; undefined: nothing. */
  readonly what: (profile: HostProfile) => string | undefined;
  readonly cost: string;
  /** The same where guestc's tables have no such kernel. */
  readonly costWithoutTables?: string;
}[] = [
  {
    id: "derived",
    what: ({ origin }) => (origin === "derived" ? "it was derived, not recorded" : undefined),
    cost: "every answer is by rule",
  },
  {
    id: "no-tables",
    what: ({ kernel: { version } }) =>
      kernelGap(version) === undefined ? undefined : `linux ${version} in guestc's tables`,
    cost: "what was not read is judged by the nearest older kernel that they have, or counts as absent",
  },
  {
    id: "cpu-unknown",
    what: ({ cpu: { name } }) => (cpu(name) === undefined ? `the CPU table has no \`${name}\`` : undefined),
    cost: "nothing is known of the core but what this profile says",
  },
  {
    id: "midr",
    what: ({ cpu: { midr } }) => (midr === undefined ? "MIDR_EL1 of the core" : undefined),
    cost: "the CPU is what its name says",
  },
  {
    id: "capabilities",
    what: ({ assumed }) => (assumed?.capabilities === true ? "answers of KVM_CHECK_EXTENSION" : undefined),
    cost: "capabilities are those that guestc's tables have for the kernel and the core",
    costWithoutTables: "none counts as offered: guestc's tables have no such kernel",
  },
  {
    id: "register-list",
    what: ({ assumed }) => (assumed?.list === true ? "KVM_GET_REG_LIST" : undefined),
    cost: "which registers there are is as guestc's tables have it for the kernel",
    costWithoutTables: "there are those that were read: guestc's tables have no such kernel",
  },
  {
    id: "assumed-registers",
    what: ({ assumed }) => {
      const count = assumed?.registers.size ?? 0;
      return count === 0 ? undefined : `readings of ${count} register${count === 1 ? "" : "s"} of \`base\``;
    },
    cost: "their values are those of guestc's tables",
  },
  {
    id: "assumed-configurations",
    what: ({ assumed }) =>
      assumed === undefined || assumed.configurations.size === 0
        ? undefined
        : `readings of ${list([...assumed.configurations])}`,
    cost: "what was read is changed there as guestc's tables have it",
  },
  {
    id: "configurations",
    what: ({ configurations }) => {
      const untried = usual.filter((name) => !configurations.has(name));
      return untried.length === 0 ? undefined : `the configurations ${list(untried)}`;
    },
    cost: "such guests are judged as composed of what was tried, or by rule",
  },
  {
    id: "writable-masks",
    what: ({ configurations, kernel }) => {
      if (configurations.get("base")?.writable !== undefined) return undefined;
      return compareVersions(kernel.version, "6.7") < 0
        ? "writable masks: the kernel lacks KVM_ARM_GET_REG_WRITABLE_MASKS (before 6.7)"
        : "writable masks: nobody asked KVM_ARM_GET_REG_WRITABLE_MASKS";
    },
    cost: "masks are those that guestc's tables have for the kernel's version",
    costWithoutTables: "masks are those of the nearest older kernel that guestc's tables have, else empty",
  },
  {
    id: "sweeps",
    what: ({ configurations }) => {
      const working = [...configurations.values()].filter(({ refused }) => refused === undefined);
      const unswept = working.filter(({ sweeps }) => sweeps.size === 0).map(({ name }) => name);
      return unswept.length === 0 ? undefined : `sweeps of ${list(unswept)}`;
    },
    cost: "whether KVM takes a value is judged by mask and by rule",
  },
  {
    id: "tried-values",
    what: ({ configurations }) =>
      [...configurations.values()].every(({ tried }) => tried === undefined)
        ? "PSCI versions and vector lengths that were tried"
        : undefined,
    cost: "older PSCI versions and shorter vectors are taken for accepted",
  },
  {
    id: "devices",
    what: ({ devices }) => (devices === undefined ? "the device types that KVM can create" : undefined),
    cost: "a GICv3 is taken for granted",
  },
  {
    id: "attributes",
    what: ({ configurations }) =>
      [...configurations.values()].every(({ attributes }) => attributes === undefined)
        ? "device attributes"
        : undefined,
    cost: "attributes are those of the kernel's version",
  },
  {
    id: "user",
    what: ({ user }) => (user === undefined ? "what the host's own user space sees" : undefined),
    cost: "of an instruction that KVM hides nobody can say whether it still executes",
  },
];

export function summariseHost(profile: HostProfile): HostSummary {
  const { midr } = profile.cpu;
  const isKnown = kernelGap(profile.kernel.version) === undefined;
  return {
    name: profile.name,
    origin: profile.origin,
    recorder: profile.recorder,
    kernel: profile.kernel.release,
    cpu: { ...profile.cpu, known: cpu(profile.cpu.name) !== undefined, midr },
    facilities: facilityRows.map((row) => facilityOf(profile, row)),
    configurations: [...profile.configurations.values()].map((one) => configurationOf(profile, one)),
    gaps: gapRows.flatMap(({ id, what, cost, costWithoutTables = cost }) => {
      const missing = what(profile);
      return missing === undefined ? [] : [{ id, what: missing, cost: isKnown ? cost : costWithoutTables }];
    }),
  };
}

/** The CPU in a line: name, MIDR_EL1, platform. */
export function cpuLine({ name, known, midr, platform }: HostSummary["cpu"]): string {
  const notes = [
    ...(midr === undefined ? [] : [`MIDR_EL1 ${hex(midr, 8)}`]),
    ...(known ? [] : ["not in the CPU table"]),
  ];
  const behind = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
  return `${name}${behind}${platform === "" ? "" : `, ${platform}`}`;
}
