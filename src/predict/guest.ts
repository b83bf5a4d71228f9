/** A guest on a host: everything that the rules ask about, put together once. */
import type { Contract } from "../contract.ts";
import type { Configuration, HostProfile } from "../hosts/profile.ts";
import {
  compareVersions,
  type Expr,
  type ExprState,
  evaluate,
  capability as findCapability,
  idRegisters,
  type KernelRange,
  registerState,
  seriesOf,
} from "../tables/index.ts";
import { not } from "./expected.ts";
import { hostCpu } from "./host-cpu.ts";

/** Registers by ONE_REG id as KVM holds them; null: it has the register, and nothing says what it holds. */
export type RegisterFile = Map<bigint, bigint | null>;

export type Gic = "v3" | "v2" | "none";

export interface Guest {
  readonly contract: Contract;
  readonly profile: HostProfile;
  readonly configuration: Configuration;
  /** undefined: the VMM's choice, and the profile does not say what the host offers. */
  readonly gic: Gic | undefined;
  readonly vcpuFeatures: ReadonlySet<string>;
  /** Names of the capabilities that are enabled on the VM. */
  readonly capabilities: ReadonlySet<string>;
  readonly registers: RegisterFile;
  /** Level at which it begins: 2 in a nested guest. */
  readonly level: 1 | 2;
  readonly host: ExprState;
  /** What its ID registers say. */
  readonly view: ExprState;
}

const VGIC_V3 = 7;
const VGIC_V2 = 5;

/** The interrupt controller: the contract's, else the newest that the host offers, as the example VMM chooses. */
export function gicOf(contract: Contract, profile: HostProfile): Gic | undefined {
  if (contract.gic !== undefined) return contract.gic.value;
  if (profile.devices === undefined) return undefined;
  if (profile.devices.includes(VGIC_V3)) return "v3";
  return profile.devices.includes(VGIC_V2) ? "v2" : "none";
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

/** The guest once its registers are what they are. */
export function guestWith(
  base: Omit<Guest, "registers" | "host" | "view" | "level" | "vcpuFeatures" | "capabilities">,
  registers: RegisterFile,
): Guest {
  const { contract, profile } = base;
  const values: Record<string, bigint> = {};
  for (const { name, id } of idRegisters()) {
    const value = registers.get(id);
    if (typeof value === "bigint") values[name] = value;
  }
  const vcpuFeatures = new Set(contract.vcpuFeatures.map((one) => one.value));
  return {
    ...base,
    registers,
    vcpuFeatures,
    capabilities: new Set(
      contract.capabilities
        .filter(
          ({ value, required }) =>
            required || (profile.capabilities.get(findCapability(value)?.number ?? -1) ?? 0) > 0,
        )
        .map((one) => one.value),
    ),
    level: vcpuFeatures.has("HAS_EL2") ? 2 : 1,
    host: hostCpu(profile),
    view: registerState(values, ""),
  };
}
