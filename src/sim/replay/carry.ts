/**
 * A profile carried to another kernel. What the tables derive for the machine's CPU under both kernels differs in what the
 * kernels changed; that difference is made in the readings.
 */
import { compareProfiles } from "../../hosts/compare.ts";
import { deriveHost } from "../../hosts/derive.ts";
import type { AttributeFile, Configuration, HostProfile } from "../../hosts/profile.ts";
import { cpuByMidr, cpu as findCpu, idRegisterById, parseOneReg } from "../../tables/index.ts";

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
    } else if ((value === null) !== (before === null)) {
      // One kernel makes the value up, the other shows the machine's.
      result.set(id, value);
    }
  }
  for (const id of from.keys()) if (!to.has(id)) result.delete(id);
  return result;
}

const noMasks: ReadonlyMap<bigint, bigint> = new Map();
const files: readonly AttributeFile[] = ["vm", "vcpu", "gic"];

function carriedAttributes(
  held: Configuration["attributes"],
  from: Configuration["attributes"],
  to: Configuration["attributes"],
): Configuration["attributes"] {
  if (held === undefined) return undefined;
  const result: Partial<Record<AttributeFile, ReadonlyMap<number, readonly number[]>>> = {};
  for (const file of files) {
    const [own, was, is] = [held[file], from?.[file], to?.[file]];
    const groups = new Map<number, readonly number[]>();
    for (const group of [...new Set([...(own?.keys() ?? []), ...(is?.keys() ?? [])])].sort((a, b) => a - b)) {
      const kept = (own?.get(group) ?? []).filter(
        (one) => is?.get(group)?.includes(one) === true || was?.get(group)?.includes(one) !== true,
      );
      const added = (is?.get(group) ?? []).filter((one) => was?.get(group)?.includes(one) !== true);
      const numbers = [...new Set([...kept, ...added])].sort((a, b) => a - b);
      if (numbers.length > 0) groups.set(group, numbers);
    }
    if (groups.size > 0) result[file] = groups;
  }
  return result;
}

/** What the two kernels do otherwise with a register, so that the old one's sweep tells nothing. */
type Judged = (id: bigint) => boolean;

function carriedConfiguration(
  held: Configuration,
  from: Configuration,
  to: Configuration,
  otherwise: Judged,
): Configuration {
  const masks = to.writable;
  const writable =
    masks === undefined ? undefined : carried(held.writable ?? masks, from.writable ?? noMasks, masks);
  const registers = carried(held.registers, from.registers, to.registers);
  const kept = (id: bigint): boolean =>
    !otherwise(id) &&
    held.registers.get(id) === registers.get(id) &&
    held.writable?.get(id) === writable?.get(id);
  const { attributes: own, tried, listed: _, ...rest } = held;
  const attributes = carriedAttributes(own, from.attributes, to.attributes);
  return {
    ...rest,
    name: to.name,
    features: to.features,
    capabilities: to.capabilities,
    registers,
    writable,
    sweeps: new Map([...held.sweeps].filter(([id]) => kept(id))),
    ...(tried !== undefined && { tried: new Map([...tried].filter(([id]) => kept(id))) }),
    ...(attributes !== undefined && { attributes }),
  };
}

const sameRefusal = (one: Configuration["refused"], other: Configuration["refused"]): boolean =>
  one?.step === other?.step && one?.errno === other?.errno;

/** Answers of capabilities that the kernels do not have alike. */
function carriedCapabilities(
  held: HostProfile["capabilities"],
  from: HostProfile["capabilities"],
  to: HostProfile["capabilities"],
): HostProfile["capabilities"] {
  const result = new Map(held);
  for (const [number, value] of to) if (from.get(number) !== value) result.set(number, value);
  for (const number of from.keys()) if (!to.has(number)) result.delete(number);
  return new Map([...result].sort(([a], [b]) => a - b));
}

/** Of the configurations that worked, the one with the most of another's features and capabilities, and no more. */
function nearestBelow(from: HostProfile, wanted: Configuration): string {
  const size = ({ features, capabilities }: Configuration): number => features.length + capabilities.length;
  const below = [...from.configurations.values()].filter(
    (one) =>
      one.refused === undefined &&
      one.devices === undefined &&
      one.features.every((name) => wanted.features.includes(name)) &&
      one.capabilities.every((number) => wanted.capabilities.includes(number)),
  );
  return below.sort((a, b) => size(b) - size(a))[0]?.name ?? "base";
}

function carriedConfigurations(held: HostProfile, from: HostProfile, to: HostProfile, otherwise: Judged) {
  const result = new Map<string, Configuration>();
  for (const [name, own] of held.configurations) {
    const [was, is] = [from.configurations.get(name), to.configurations.get(name)];
    const [baseWas, baseIs] = [from.configurations.get("base"), to.configurations.get("base")];
    if (was === undefined || is === undefined) result.set(name, own);
    else if (own.refused === undefined)
      // A machine that has more than the tables derive keeps it.
      result.set(
        name,
        is.refused !== undefined && was.refused === undefined
          ? is
          : carriedConfiguration(
              own,
              was.refused ? (baseWas ?? was) : was,
              is.refused ? (baseIs ?? is) : is,
              otherwise,
            ),
      );
    else if (!sameRefusal(own.refused, was.refused) || sameRefusal(was.refused, is.refused))
      result.set(name, own);
    else {
      // Nobody has seen it work: the nearest that was seen, with what the tables say that it changes.
      const nearest = nearestBelow(from, is);
      const [seen, seenWas] = [held.configurations.get(nearest), from.configurations.get(nearest)];
      const made = is.refused === undefined && seen?.refused === undefined && seen && seenWas;
      result.set(name, made ? carriedConfiguration(seen, seenWas, is, otherwise) : is);
    }
  }
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
  const from = deriveHost("from", core, profile.kernel.version);
  const to = deriveHost("to", core, kernel.version);
  if ("problem" in from || "problem" in to) return renamed;
  const changed = new Set(
    compareProfiles(from, to).flatMap(({ kind, subject }) =>
      kind === "verdict" ? [parseOneReg(subject.replace(/[. ].*/, ""))] : [],
    ),
  );
  return {
    ...renamed,
    capabilities: carriedCapabilities(profile.capabilities, from.capabilities, to.capabilities),
    // Of a register that the tables do not know, nothing says whether the kernels take the same.
    configurations: carriedConfigurations(
      profile,
      from,
      to,
      (id) =>
        changed.has(id) ||
        (idRegisterById(id) !== undefined && from.configurations.get("base")?.registers.get(id) === null),
    ),
  };
}
