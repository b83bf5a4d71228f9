/** What a host offers beside its ID registers: capabilities, vCPU features, firmware registers, vector lengths. */
import {
  bitmapRegister,
  compareVersions,
  capability as findCapability,
  vcpuFeature as findVcpuFeature,
  firmwareRegister,
  services,
  sveLengthsRegister,
} from "../tables/index.ts";
import { type Answer, hex, hexId } from "./answer.ts";
import { refusalFact } from "./configuration.ts";
import { kernelGap } from "./kernels.ts";
import { capabilitiesBy, valueBy, wasRead } from "./origin.ts";
import type { Configuration, HostProfile, Sweep, Verdict } from "./profile.ts";

function baseOf(profile: HostProfile): Configuration | undefined {
  return profile.configurations.get("base");
}

function origin(profile: HostProfile): "reading" | "rule" {
  return profile.origin === "recorded" ? "reading" : "rule";
}

/** Who says a register's value, as the beginning of a fact. */
function said(profile: HostProfile, configuration: Configuration, id: bigint): string {
  return valueBy(profile, configuration, id) === "rule"
    ? "by guestc's tables KVM_GET_ONE_REG reads"
    : "KVM_GET_ONE_REG read";
}

/** Whether the host's kernel is of a version or later, e.g. `6.12`. */
export function kernelAtLeast(profile: HostProfile, version: string): Answer<boolean> {
  const value = compareVersions(profile.kernel.version, version) >= 0;
  return { value, by: origin(profile), fact: `the host runs linux ${profile.kernel.release}` };
}

/** KVM_CHECK_EXTENSION on the VM; 0 where the profile has no answer. */
export function capabilityAnswer(profile: HostProfile, number: number): Answer<number> {
  const value = profile.capabilities.get(number) ?? 0;
  const name = findCapability(number)?.name;
  const subject = `KVM_CHECK_EXTENSION(${number}${name === undefined ? "" : `, ${name}`})`;
  if (capabilitiesBy(profile) === "reading")
    return { value, by: "reading", fact: `${subject} answered ${value}` };
  const { version } = profile.kernel;
  const fact =
    kernelGap(version) === undefined
      ? `${subject} answers ${value} by guestc's tables for linux ${version}`
      : `nobody asked ${subject}, and guestc's tables have no linux ${version}`;
  return { value, by: "rule", fact };
}

/**
 * Whether KVM_ARM_VCPU_INIT takes a vCPU feature, by table name: from the configurations that were tried,
 * else from the capability that stands for it, else from the kernel's version.
 */
export function supportsVcpuFeature(profile: HostProfile, name: string): Answer<boolean> {
  const row = findVcpuFeature(name);
  const configurations = [...profile.configurations.values()];
  const working = configurations.find((one) => one.refused === undefined && one.features.includes(name));
  if (working !== undefined) {
    return {
      value: true,
      by: wasRead(profile, working) ? "reading" : "rule",
      fact: wasRead(profile, working)
        ? `KVM_ARM_VCPU_INIT took ${working.features.join(", ")} (configuration \`${working.name}\`)`
        : `by guestc's tables KVM_ARM_VCPU_INIT takes ${working.features.join(", ")} on ${profile.cpu.name} with linux ${profile.kernel.version}`,
    };
  }
  const company = new Set([...(baseOf(profile)?.features ?? []), ...(row?.needs ?? []), name]);
  const refused = configurations.find(
    (one) =>
      one.refused !== undefined &&
      one.features.includes(name) &&
      one.features.every((other) => company.has(other)),
  );
  // Nobody tried a derived host's configurations: the capability says why one is refused.
  if (refused !== undefined && profile.origin === "recorded")
    return { value: false, by: "reading", fact: refusalFact(refused) };
  if (row === undefined)
    return { value: false, by: "rule", fact: `guestc's tables know no vCPU feature ${name}` };
  if (row.capability !== null) {
    const answer = capabilityAnswer(profile, row.capability);
    return { value: answer.value > 0, by: answer.by, fact: answer.fact };
  }
  const since = kernelAtLeast(profile, row.since);
  return {
    value: since.value,
    by: "rule",
    fact: `${name} is in every kernel from ${row.since} (${row.source}); ${since.fact}`,
  };
}

/** Every value of a register that its sweep proves accepted, as one mask of the bits that may be set. */
function bitsThatMaySet(reading: bigint, sweep: Sweep | undefined): bigint {
  let mask = reading;
  for (const [nibble, answers] of (sweep ?? []).entries()) {
    for (let value = 1; value < 16; value++) {
      if (answers.charAt(value) === ".") mask |= BigInt(value) << BigInt(nibble * 4);
    }
  }
  return mask;
}

/**
 * The bits of a hypercall bitmap register that the host knows, by the register's table name; undefined
 * where the host lacks the register.
 */
export function bitmapBits(
  profile: HostProfile,
  registerName: string,
): { readonly known: bigint; readonly by: Verdict["by"]; readonly fact: string } | undefined {
  const base = baseOf(profile);
  const row = bitmapRegister(registerName);
  const reading = row === undefined ? undefined : base?.registers.get(row.id);
  if (base === undefined || row === undefined || typeof reading !== "bigint") return undefined;
  const sweep = base.sweeps.get(row.id);
  if (sweep !== undefined) {
    const known = bitsThatMaySet(reading, sweep);
    return {
      known,
      by: "sweep",
      fact: `KVM_SET_ONE_REG accepted the bits ${hex(known)} in ${registerName} when this host was swept`,
    };
  }
  // KVM first shows all bits that it knows, but for those that it leaves to user space to set.
  const offered = services().filter(
    (one) => one.register === registerName && compareVersions(profile.kernel.version, one.since) >= 0,
  );
  const byTable = offered.reduce((mask, one) => mask | (1n << BigInt(one.bit)), 0n);
  const known = reading | byTable;
  return known === reading
    ? {
        known,
        by: valueBy(profile, base, row.id),
        fact: `${said(profile, base, row.id)} ${hex(reading)} from ${registerName}`,
      }
    : {
        known,
        by: "rule",
        fact: `${said(profile, base, row.id)} ${hex(reading)} from ${registerName}; by the table of services linux ${profile.kernel.version} knows the bits ${hex(byTable)}`,
      };
}

/** The PSCI versions that the host takes, ascending, by the names that the tables give them (`1.1`). */
export function psciVersions(profile: HostProfile):
  | {
      readonly names: readonly string[];
      readonly newest: bigint;
      readonly by: Verdict["by"];
      readonly fact: string;
    }
  | undefined {
  const row = firmwareRegister("KVM_REG_ARM_PSCI_VERSION");
  const base = baseOf(profile);
  const newest = row === undefined ? undefined : base?.registers.get(row.id);
  if (row === undefined || base === undefined || typeof newest !== "bigint") return undefined;
  const tried = base.tried?.get(row.id);
  const names = Object.entries(row.values)
    // 0.1 has no vCPU feature PSCI_0_2, which every recording has.
    .filter(
      ([, value]) => value >= 2n && (tried?.get(value) ?? (value <= newest && "accepted")) === "accepted",
    )
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([name]) => name);
  const by = valueBy(profile, base, row.id);
  const newestBy = by === "reading" ? "that KVM_GET_ONE_REG read" : "of guestc's tables";
  const fact = `the newest PSCI version ${newestBy} is ${newest >> 16n}.${newest & 0xffffn}; it takes older ones too`;
  return { names, newest, by: tried === undefined ? by : "sweep", fact };
}

/**
 * The level that the host reports in a firmware workaround register, by the register's table name;
 * undefined where the host lacks the register.
 */
export function workaroundLevel(
  profile: HostProfile,
  registerName: string,
):
  | {
      readonly level: bigint;
      readonly name: string | undefined;
      readonly by: Verdict["by"];
      readonly fact: string;
    }
  | undefined {
  const row = firmwareRegister(registerName);
  const base = baseOf(profile);
  const level = row === undefined ? undefined : base?.registers.get(row.id);
  if (row === undefined || base === undefined || typeof level !== "bigint") return undefined;
  const name = Object.entries(row.values).find(([, value]) => value === level)?.[0];
  const word = name === undefined ? "" : ` (${name})`;
  return {
    level,
    name,
    by: valueBy(profile, base, row.id),
    fact: `${said(profile, base, row.id)} ${hex(level)}${word} from ${registerName}`,
  };
}

/**
 * The SVE vector lengths that KVM offers before user space restricts them, in bits, ascending; undefined
 * where no configuration with SVE works.
 */
export function sveLengths(profile: HostProfile): Answer<readonly number[]> | undefined {
  const { id } = sveLengthsRegister();
  for (const configuration of profile.configurations.values()) {
    const bitmap = configuration.registers.get(id);
    if (configuration.refused !== undefined || typeof bitmap !== "bigint") continue;
    const value: number[] = [];
    for (let bit = 0; bit < 64; bit++) if ((bitmap >> BigInt(bit)) & 1n) value.push((bit + 1) * 128);
    const fact = `${said(profile, configuration, id)} ${hex(bitmap)} from KVM_REG_ARM64_SVE_VLS (${hexId(id)}) in configuration \`${configuration.name}\``;
    return { value, by: valueBy(profile, configuration, id), fact };
  }
  return undefined;
}
