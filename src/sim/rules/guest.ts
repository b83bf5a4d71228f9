/** A guest on a host: everything that the rules ask about, put together once. */
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import {
  compareVersions,
  type Expr,
  type ExprState,
  evaluate,
  idRegisters,
  type KernelRange,
  registerState,
  seriesOf,
} from "../../tables/index.ts";
import { not } from "./expected.ts";
import { hostCpu } from "./host-cpu.ts";

/** Registers by ONE_REG id as KVM holds them; null: it has the register, and nothing says what it holds. */
export type RegisterFile = Map<bigint, bigint | null>;

export type Gic = "v3" | "v2" | "none";

/** Inclusive range of SMCCC function ids with what KVM does about them. */
export interface FilterRange {
  readonly first: number;
  readonly last: number;
  readonly action: "handle" | "deny" | "forward";
}

/** Inclusive range of PMU events that the guest may count, or not. */
export interface EventRange {
  readonly first: number;
  readonly last: number;
  readonly action: "allow" | "deny";
}

export interface Guest {
  readonly profile: HostProfile;
  readonly configuration: Configuration;
  /** undefined: the VMM's choice, and the profile does not say what the host offers. */
  readonly gic: Gic | undefined;
  readonly vcpuFeatures: ReadonlySet<string>;
  /** Names of the capabilities that are enabled on the VM. */
  readonly capabilities: ReadonlySet<string>;
  /** Disjoint, in order of `first`. What is in no range KVM handles. */
  readonly filter: readonly FilterRange[];
  /** How many there are, with the caller, which is the first. */
  readonly vcpus: number;
  /** Whether a vCPU that an affinity names at a level is on, or all are off; absent: the caller is on, the others are off. */
  readonly target?: (affinity: bigint, level: bigint) => "running" | "off" | "none";
  /** Guest-physical address of the caller's record of stolen time. */
  readonly stolenTime: bigint | undefined;
  /** undefined: no PMU. */
  readonly pmu: GuestPmu | undefined;
  readonly registers: RegisterFile;
  /** Level at which it begins: 2 in a nested guest. */
  readonly level: 1 | 2;
  readonly host: ExprState;
  /** What its ID registers say. */
  readonly view: ExprState;
}

export interface GuestPmu {
  /** Where PMCR_EL0 does not tell; undefined: as many as the host has. */
  readonly counters: number | undefined;
  /** In the order in which KVM was given them. */
  readonly events: readonly EventRange[];
}

/** Whether a row counts for a kernel; undefined: between the kernels that somebody looked at. */
export function inRange(kernel: string, { since, until, after, before }: KernelRange): boolean | undefined {
  const series = seriesOf(kernel);
  const below = since !== undefined && compareVersions(series, since) < 0;
  const above = until !== undefined && compareVersions(series, until) > 0;
  if (below) return after !== undefined && compareVersions(series, after) > 0 ? undefined : false;
  if (above) return before !== undefined && compareVersions(series, before) < 0 ? undefined : false;
  return true;
}

/** Conditions that rows of several tables share. */
export function holds(
  guest: Guest,
  row: KernelRange & {
    readonly where?: Expr;
    readonly unlessGuest?: Expr;
    readonly platform?: string;
    readonly gic?: "v3" | "none";
    readonly cpus?: readonly string[];
    readonly at?: "EL1" | "EL2";
  },
): readonly (boolean | undefined)[] {
  const { profile } = guest;
  return [
    inRange(profile.kernel.version, row),
    row.platform === undefined || profile.cpu.platform.includes(row.platform),
    row.at === undefined || row.at === `EL${guest.level}`,
    row.cpus === undefined || row.cpus.includes(profile.cpu.name),
    row.gic === undefined || (guest.gic === undefined ? undefined : guest.gic === row.gic),
    row.where === undefined ? true : evaluate(row.where, guest.host),
    row.unlessGuest === undefined ? true : not(evaluate(row.unlessGuest, guest.view)),
  ];
}

/** What a guest is made of before anything is known of its registers. */
export type GuestBase = Omit<Guest, "registers" | "host" | "view" | "level">;

/** The guest once its registers are what they are. */
export function guestWith(base: GuestBase, registers: RegisterFile): Guest {
  const values: Record<string, bigint> = {};
  for (const { name, id } of idRegisters()) {
    const value = registers.get(id);
    if (typeof value === "bigint") values[name] = value;
  }
  return {
    ...base,
    registers,
    level: base.vcpuFeatures.has("HAS_EL2") ? 2 : 1,
    host: hostCpu(base.profile),
    view: registerState(values, ""),
  };
}
