/**
 * A profile carried to another kernel. What the tables derive for the machine's CPU under both kernels differs in what the
 * kernels changed; that difference is made in the readings.
 */
import { deriveHost } from "../../hosts/derive.ts";
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import { cpuByMidr, cpu as findCpu, seriesOf } from "../../tables/index.ts";

type Value = bigint | null;

/** Makes in `file` what changes from one derived file to the other. */
function carried<V extends Value>(
  file: ReadonlyMap<bigint, V>,
  from: ReadonlyMap<bigint, V>,
  to: ReadonlyMap<bigint, V>,
): Map<bigint, V | bigint> {
  const result = new Map<bigint, V | bigint>(file);
  for (const [id, value] of to) {
    const before = from.get(id);
    const held = result.get(id);
    if (before === undefined) {
      if (held === undefined) result.set(id, value);
    } else if (typeof value === "bigint" && typeof before === "bigint" && typeof held === "bigint") {
      const changed = value ^ before;
      result.set(id, (held & ~changed) | (value & changed));
    }
  }
  for (const id of from.keys()) if (!to.has(id)) result.delete(id);
  return result;
}

const noMasks: ReadonlyMap<bigint, bigint> = new Map();

function carriedConfiguration(
  held: Configuration,
  from: Configuration | undefined,
  to: Configuration | undefined,
): Configuration {
  if (held.refused !== undefined || from === undefined || to === undefined) return held;
  const masks = to.writable;
  const writable =
    masks === undefined ? undefined : carried(held.writable ?? masks, from.writable ?? noMasks, masks);
  // A sweep tells what the old kernel took: where another one takes other bits, the rules tell more.
  const sweeps = [...held.sweeps].filter(([id]) => held.writable?.get(id) === writable?.get(id));
  return {
    ...held,
    registers: carried(held.registers, from.registers, to.registers),
    writable,
    sweeps: new Map(sweeps),
  };
}

/** Answers of capabilities that the kernels do not have alike. */
function carriedCapabilities(
  held: HostProfile["capabilities"],
  from: HostProfile["capabilities"],
  to: HostProfile["capabilities"],
): HostProfile["capabilities"] {
  const result = new Map(held);
  for (const [number, value] of to) if (from.get(number) !== value) result.set(number, value);
  for (const number of from.keys()) if (!to.has(number)) result.delete(number);
  return result;
}

/**
 * @param kernel to which it is carried: the release, and its leading `major.minor[.patch]`
 * @returns the profile with the other kernel's name alone where the tables do not know the CPU or one of the kernels
 */
export function carryProfile(profile: HostProfile, kernel: HostProfile["kernel"]): HostProfile {
  const renamed: HostProfile = { ...profile, kernel, origin: "derived" };
  const { name, midr } = profile.cpu;
  const core = findCpu(name) ?? (midr === undefined ? undefined : cpuByMidr(midr));
  if (core === undefined) return renamed;
  const from = deriveHost("from", core, seriesOf(profile.kernel.version));
  const to = deriveHost("to", core, seriesOf(kernel.version));
  if ("problem" in from || "problem" in to) return renamed;
  const configurations = [...profile.configurations].map(
    ([key, one]) =>
      [key, carriedConfiguration(one, from.configurations.get(key), to.configurations.get(key))] as const,
  );
  return {
    ...renamed,
    capabilities: carriedCapabilities(profile.capabilities, from.capabilities, to.capabilities),
    configurations: new Map(configurations),
  };
}
