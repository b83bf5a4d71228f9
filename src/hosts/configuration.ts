/** Which recorded vCPU configuration speaks for a guest's. */
import { commonVcpuFeatures } from "../tables/index.ts";
import { hexId } from "./answer.ts";
import { listBy } from "./origin.ts";
import type { Configuration, HostProfile, RefusedStep, Sweep } from "./profile.ts";

export interface ConfigurationMatch {
  /** A configuration with readings: recorded, or composed of recorded ones. Never a refused one. */
  readonly configuration: Configuration;
  /**
   * - `exact`: recorded with these features and capabilities.
   * - `composed`: every feature and capability was recorded, not together: `base` with what each
   *   configuration changes in it.
   * - `superset`: the smallest recorded one that has them all, and more.
   * - `partial`: composed as far as the recordings reach.
   */
  readonly how: "exact" | "composed" | "superset" | "partial";
  /** The recording that was refused: of exactly this configuration, or of a part of it. */
  readonly refused:
    | {
        readonly configuration: Configuration;
        readonly step: RefusedStep;
        readonly errno: string;
        /** Refused with exactly what is asked for, rather than with a part of it. */
        readonly exact: boolean;
      }
    | undefined;
  /** Asked for and not in `configuration`. */
  readonly missing: { readonly features: readonly string[]; readonly capabilities: readonly number[] };
  /** In `configuration` and not asked for. */
  readonly extra: { readonly features: readonly string[]; readonly capabilities: readonly number[] };
  /** What was done, in words. */
  readonly fact: string;
}

const stepCall: Readonly<Record<RefusedStep, string>> = {
  "enable-cap": "KVM_ENABLE_CAP",
  "create-device": "KVM_CREATE_DEVICE",
  init: "KVM_ARM_VCPU_INIT",
  finalize: "KVM_ARM_VCPU_FINALIZE",
};

/** `KVM_ARM_VCPU_INIT answered EINVAL for the vCPU features PSCI_0_2 and SVE`. */
export function refusalFact(configuration: Configuration): string {
  const { refused } = configuration;
  if (refused === undefined) return `configuration \`${configuration.name}\` works`;
  const subject =
    refused.step === "enable-cap"
      ? `capability ${configuration.capabilities.join(", ")}`
      : refused.step === "create-device"
        ? `the device type ${(configuration.devices ?? []).join(", ")}`
        : `the vCPU features ${configuration.features.join(", ")}`;
  return `${stepCall[refused.step]} answered ${refused.errno} for ${subject} (configuration \`${configuration.name}\`)`;
}

function wants(
  configuration: Configuration,
  features: ReadonlySet<string>,
  capabilities: ReadonlySet<number>,
) {
  return {
    subset:
      configuration.features.every((one) => features.has(one)) &&
      configuration.capabilities.every((one) => capabilities.has(one)),
    superset:
      [...features].every((one) => configuration.features.includes(one)) &&
      [...capabilities].every((one) => configuration.capabilities.includes(one)),
    size: configuration.features.length + configuration.capabilities.length,
  };
}

/**
 * The configuration whose readings hold for a vCPU with these features (table names) on a VM with these
 * capabilities enabled (numbers).
 */
export function configurationFor(
  profile: HostProfile,
  vcpuFeatureNames: readonly string[],
  capabilityNumbers: readonly number[],
): ConfigurationMatch {
  const { unseen } = commonVcpuFeatures();
  const features = new Set(vcpuFeatureNames.filter((one) => !unseen.has(one)));
  // One with a device beside it tells the device's attributes; its vCPU is another one's.
  const recorded = [...profile.configurations.values()].filter(({ devices }) => devices === undefined);
  const base = profile.configurations.get("base") ?? recorded.find((one) => one.refused === undefined);
  // The language has no guest without PSCI 0.2, and every recording has it.
  for (const one of base?.features ?? []) features.add(one);
  // Most capabilities change no register, so that no recording enables them: they are named as missing,
  // and do not stand in the way of an exact match.
  const capabilities = new Set(
    capabilityNumbers.filter((one) =>
      recorded.some((configuration) => configuration.capabilities.includes(one)),
    ),
  );
  const rows = recorded.map((configuration) => ({
    configuration,
    ...wants(configuration, features, capabilities),
  }));
  const refusals = rows
    .filter((row) => row.subset && row.configuration.refused !== undefined)
    .sort((a, b) => Number(b.superset) - Number(a.superset) || a.size - b.size);
  const working = rows.filter((row) => row.configuration.refused === undefined);
  const refusal = refusals[0];
  const refused =
    refusal?.configuration.refused === undefined
      ? undefined
      : { configuration: refusal.configuration, exact: refusal.superset, ...refusal.configuration.refused };

  const answer = (
    configuration: Configuration,
    how: ConfigurationMatch["how"],
    fact: string,
  ): ConfigurationMatch => ({
    configuration,
    how,
    refused,
    missing: {
      features: [...features].filter((one) => !configuration.features.includes(one)),
      capabilities: capabilityNumbers.filter((one) => !configuration.capabilities.includes(one)),
    },
    extra: {
      features: configuration.features.filter((one) => !features.has(one)),
      capabilities: configuration.capabilities.filter((one) => !capabilities.has(one)),
    },
    fact: refusal === undefined ? fact : `${refusalFact(refusal.configuration)}; ${fact}`,
  });

  const exact = working.find((row) => row.subset && row.superset);
  if (exact !== undefined) {
    return answer(exact.configuration, "exact", `recorded as configuration \`${exact.configuration.name}\``);
  }
  const parts = working.filter((row) => row.subset).map((row) => row.configuration);
  const composed = composeConfigurations(base, parts);
  const complete =
    [...features].every((one) => composed.features.includes(one)) &&
    [...capabilities].every((one) => composed.capabilities.includes(one));
  if (complete) {
    return answer(
      composed,
      "composed",
      `composed of the configurations ${nameList(composed)}, which were recorded apart`,
    );
  }
  const superset = working.filter((row) => row.superset).sort((a, b) => a.size - b.size)[0];
  if (superset !== undefined) {
    const name = superset.configuration.name;
    return answer(
      superset.configuration,
      "superset",
      `read in configuration \`${name}\`, the nearest that was recorded`,
    );
  }
  return answer(
    composed,
    "partial",
    `read in configuration ${nameList(composed)}; no recording has the rest`,
  );
}

function nameList(configuration: Configuration): string {
  return configuration.name
    .split(" + ")
    .map((name) => `\`${name}\``)
    .join(" and ");
}

/**
 * `base` with what each part changes in it. Sound because a vCPU feature or capability touches registers
 * and fields of its own; the shipped hosts that recorded one together prove it.
 */
export function composeConfigurations(
  base: Configuration | undefined,
  candidates: readonly Configuration[],
): Configuration {
  const holds = (outer: Configuration, inner: Configuration): boolean =>
    outer !== inner &&
    inner.features.every((one) => outer.features.includes(one)) &&
    inner.capabilities.every((one) => outer.capabilities.includes(one));
  // What a larger recording contains, it says better.
  const parts = candidates.filter((one) => !candidates.some((other) => holds(other, one)));
  const only = parts[0];
  if (base === undefined || (parts.length === 1 && only !== undefined)) {
    const empty = { features: [], capabilities: [], refused: undefined, writable: undefined };
    return only ?? base ?? { name: "base", ...empty, registers: new Map(), sweeps: new Map() };
  }
  const registers = new Map(base.registers);
  const writable = base.writable && new Map(base.writable);
  // A part that nobody swept leaves all sweeps in doubt.
  const swept = [base, ...parts].every((one) => one.sweeps.size > 0);
  const sweeps = new Map(swept ? base.sweeps : []);
  for (const part of parts) {
    mergeBits(registers, base.registers, part.registers);
    if (writable !== undefined && base.writable !== undefined && part.writable !== undefined) {
      mergeBits(writable, base.writable, part.writable);
    }
    if (swept) mergeSweeps(sweeps, base.sweeps, part.sweeps);
  }
  return {
    name: parts.map((part) => part.name).join(" + "),
    features: [...new Set(parts.flatMap((part) => part.features))],
    capabilities: [...new Set(parts.flatMap((part) => part.capabilities))],
    refused: undefined,
    registers,
    writable,
    sweeps,
  };
}

function mergeBits<Value extends bigint | null>(
  target: Map<bigint, Value | bigint>,
  base: ReadonlyMap<bigint, Value>,
  part: ReadonlyMap<bigint, Value>,
): void {
  for (const [id, value] of part) {
    const before = base.get(id);
    const present = target.get(id);
    if (before === undefined || present === undefined) target.set(id, value);
    else if (typeof value === "bigint" && typeof before === "bigint" && typeof present === "bigint") {
      const changed = value ^ before;
      target.set(id, (present & ~changed) | (value & changed));
    }
  }
  for (const id of base.keys()) if (!part.has(id)) target.delete(id);
}

function mergeSweeps(
  target: Map<bigint, Sweep>,
  base: ReadonlyMap<bigint, Sweep>,
  part: ReadonlyMap<bigint, Sweep>,
): void {
  for (const [id, sweep] of part) {
    const before = base.get(id);
    const present = target.get(id);
    if (before === undefined || present === undefined) target.set(id, sweep);
    else if (sweep !== before) {
      target.set(
        id,
        present.map((answers, nibble) =>
          sweep[nibble] === before[nibble] ? answers : (sweep[nibble] ?? answers),
        ),
      );
    }
  }
  for (const id of base.keys()) if (!part.has(id)) target.delete(id);
}

/** Whether KVM_GET_REG_LIST of a configuration has a register, by ONE_REG id. */
export function hasRegister(
  profile: HostProfile,
  configuration: Configuration,
  id: bigint,
): { readonly value: boolean; readonly by: "reading" | "rule"; readonly fact: string } {
  const value = configuration.registers.has(id);
  const subject = `${hexId(id)} in configuration ${nameList(configuration)}`;
  return listBy(profile, configuration) === "reading"
    ? { value, by: "reading", fact: `KVM_GET_REG_LIST ${value ? "has" : "does not have"} ${subject}` }
    : { value, by: "rule", fact: `guestc's tables ${value ? "list" : "do not list"} ${subject}` };
}
