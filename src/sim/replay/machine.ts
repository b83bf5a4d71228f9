/** Which host profile stands for the machine of a recording. */
import { deriveHost } from "../../hosts/derive.ts";
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import type { RecordingHeader } from "../../recordings/index.ts";
import { compareVersions, cpu, field, fieldMask, idRegister, seriesOf } from "../../tables/index.ts";
import { carryProfile } from "./carry.ts";

/** How near a shipped profile is: the machine itself, or the same CPU with another kernel. */
export interface NamedProfile {
  /** `CPU[-nested].linux-SERIES` */
  readonly name: string;
  readonly how: "shipped" | "nearest";
}

const NAME = /^(.*?)(-nested)?\.linux-(\d+\.\d+)$/;

/** The leading `major.minor[.patch]` of a release. */
export const versionOf = (release: string): string => /^\d+\.\d+(\.\d+)?/.exec(release)?.[0] ?? release;

/**
 * The profile of the recording's CPU, kernel series and nested mode by its name; else, of those that differ in the
 * series alone, the nearest older one, for what changed in between is as it was before; else the nearest newer one.
 *
 * @param names of profiles, in any order
 */
export function profileFor(header: RecordingHeader, names: readonly string[]): NamedProfile | undefined {
  const series = seriesOf(versionOf(header.kernel));
  const same = names
    .flatMap((name) => {
      const [, of, nested, kernel = ""] = NAME.exec(name) ?? [];
      return of === header.cpu && (nested !== undefined) === header.nested ? [{ name, kernel }] : [];
    })
    .sort((a, b) => compareVersions(a.kernel, b.kernel));
  const exact = same.find(({ kernel }) => kernel === series);
  if (exact !== undefined) return { name: exact.name, how: "shipped" };
  const older = same.findLast(({ kernel }) => compareVersions(kernel, series) < 0);
  const nearest = older ?? same[0];
  return nearest && { name: nearest.name, how: "nearest" };
}

/**
 * A profile of the recording's CPU under another kernel, taken for the recording's own: with the readings as far as the
 * kernels do not differ, and what tables say of the recording's kernel.
 */
export const underKernel = (profile: HostProfile, { kernel }: RecordingHeader): HostProfile =>
  carryProfile(profile, { release: kernel, version: versionOf(kernel) });

/** Devices that KVM makes on the machine that the lab emulates: VFIO's, GICv3 and its ITS. */
const LAB_DEVICES = [4, 7, 8];
/** That machine has no EL3 and no trace unit, whatever the core has. */
const NOT_IN_LAB = [
  ["ID_AA64PFR0_EL1", "EL3"],
  ["ID_PFR1_EL1", "Security"],
  ["ID_DFR0_EL1", "CopSDbg"],
  ["ID_DFR0_EL1", "CopTrc"],
  ["ID_DFR0_EL1", "MMapTrc"],
] as const;

function inLab(configuration: Configuration): Configuration {
  const registers = new Map(configuration.registers);
  for (const [register, name] of NOT_IN_LAB) {
    const id = idRegister(register)?.id;
    const of = field(register, name);
    const value = id === undefined ? undefined : registers.get(id);
    if (id !== undefined && of !== undefined && typeof value === "bigint")
      registers.set(id, value & ~fieldMask(of));
  }
  return { ...configuration, registers };
}

/** A profile computed from the tables for the recording's machine, which no profile speaks of. */
export function derivedFor(header: RecordingHeader): HostProfile | { readonly problem: string } {
  const row = cpu(header.cpu);
  if (row === undefined) return { problem: `the tables know no CPU ${header.cpu}` };
  const version = versionOf(header.kernel);
  const profile = deriveHost(`${header.cpu}.linux-${seriesOf(version)}`, row, version);
  if ("problem" in profile) return profile;
  return {
    ...profile,
    cpu: { ...profile.cpu, platform: `QEMU ${header.qemu} TCG` },
    devices: LAB_DEVICES,
    configurations: new Map([...profile.configurations].map(([name, one]) => [name, inLab(one)])),
  };
}
