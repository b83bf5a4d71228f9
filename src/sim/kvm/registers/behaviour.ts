/** How KVM_GET_ONE_REG and KVM_SET_ONE_REG treat a system register: `data/registers.json`. */
import type { HostProfile } from "../../../hosts/profile.ts";
import {
  type Expr,
  evaluate,
  idRegister,
  type KernelRange,
  parseExpr,
  systemRegister,
} from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import { hostCpu } from "../../rules/host-cpu.ts";
import text from "../data/registers.json?raw";
import { encodingKey, idOfKey, inFeatureSpace, keyOf } from "./ids.ts";
import { covers } from "./rules.ts";

/**
 * - `identity`: an ID register of the VM, field by field.
 * - `implementation`: MIDR_EL1 and its like: as they are, unless a capability opens them.
 * - `invariant`: EINVAL but for what it holds.
 * - `cache-levels`: CLIDR_EL1.
 * - `lock`: OSLSR_EL1: one bit can be written, another value of the rest is refused.
 * - `mpidr`: kept; after init the vCPU's own.
 * - `ignored`: reads as the profile says, else 0; writes are accepted and dropped.
 * - `pmcr`: PMCR_EL0: N is the VM's.
 * - `counter`: a clock: what is written moves it.
 * - `control`: a timer's control: ISTATUS is not written.
 * - `plain`: kept as it is.
 */
export type Kind =
  | "identity"
  | "implementation"
  | "invariant"
  | "cache-levels"
  | "lock"
  | "mpidr"
  | "ignored"
  | "pmcr"
  | "counter"
  | "control"
  | "plain";

export interface Behaviour {
  readonly kind: Kind;
  /** Where the value is: `encodingKey`; of the registers that share one, the same. */
  readonly key: number;
  /** The register is there only where the guest's ID registers say so. */
  readonly needs?: Expr;
  /** It is there where the vCPU has all of these features, whatever the profile lists. */
  readonly features?: readonly string[];
  /** Values of fields that are refused before anything else is looked at. */
  readonly refuses?: readonly RefusedValues[];
  /** Writes set bits or clear them; undefined: they replace the value. */
  readonly writes?: "set" | "clear";
  /** Of a timer's control: `encodingKey` of its compare value, id of its counter. */
  readonly timer?: { readonly compare: number; readonly counter: bigint };
  /**
   * After KVM_ARM_VCPU_INIT; `counters`: how many the PMU has, 0 without one; undefined: as the profile says, and where it
   * keeps no value UNKNOWN.
   */
  readonly reset?: bigint | "counters";
  readonly resetWithin?: readonly Part[];
  /** A later init leaves it as it is. */
  readonly stays?: true;
  /** Bits that a write keeps; undefined: all. */
  readonly keeps?: readonly Part[];
  /** Bits that a read shows; undefined: all. */
  readonly shows?: readonly Part[];
  /** Bits that the CPU itself has, where it holds the register while the guest runs; undefined: all. */
  readonly hardware?: readonly Part[];
}

export interface RefusedValues {
  readonly field: string;
  readonly values: readonly number[];
}

/** Some bits of a register; `counters`: one for each counter of the PMU, and that of cycles. */
export interface Part {
  readonly mask: bigint | "counters";
  /** On the VM's ID registers. */
  readonly when?: Expr;
}

/** With what KVM fills registers that the architecture leaves unknown at reset (reset_unknown). */
export const UNKNOWN = 0x1de7_ec7e_dbad_c0den;

interface PartRow {
  readonly mask: string;
  readonly when?: string;
}

const readParts = (rows: readonly PartRow[]): readonly Part[] =>
  rows.map(({ mask, when }) => ({
    mask: mask === "counters" ? mask : BigInt(mask),
    ...(when === undefined ? {} : { when: parseExpr(when) }),
  }));

interface Row extends KernelRange {
  readonly registers: readonly string[];
  readonly kind?: Kind;
  readonly key?: string;
  readonly needs?: string;
  readonly features?: readonly string[];
  readonly refuses?: readonly RefusedValues[];
  readonly writes?: "set" | "clear";
  /** Registers by the names of their encodings. */
  readonly timer?: { readonly compare: string; readonly counter: string };
  readonly reset?: string;
  readonly resetWithin?: readonly PartRow[];
  readonly stays?: true;
  readonly keeps?: readonly PartRow[];
  readonly shows?: readonly PartRow[];
  readonly hardware?: readonly PartRow[];
  /** On the host's CPU. */
  readonly where?: string;
  readonly platform?: string;
  readonly why: string;
  readonly source: string;
}

export const registerRows = once((): readonly Row[] => {
  const file: { readonly rows: readonly Row[] } = JSON.parse(text);
  return file.rows;
});

function keyOfName(name: string): number {
  const of = idRegister(name) ?? systemRegister(name);
  if (of === undefined) throw new Error(`no system register is called ${name}`);
  return encodingKey(of);
}

function readReset(text: string): bigint | "counters" {
  if (text === "counters") return text;
  return text === "unknown" ? UNKNOWN : BigInt(text);
}

/** All that rows say of one register, the later over the earlier. */
function merged(rows: readonly Row[], id: bigint): Behaviour {
  const last = <K extends keyof Row>(name: K): Row[K] | undefined =>
    rows.reduce<Row[K] | undefined>((value, row) => row[name] ?? value, undefined);
  const as = (name: "features" | "refuses" | "writes" | "stays"): object => {
    const found = last(name);
    return found === undefined ? {} : { [name]: found };
  };
  const parts = (name: "resetWithin" | "keeps" | "shows" | "hardware"): object => {
    const found = last(name);
    return found === undefined ? {} : { [name]: readParts(found) };
  };
  const [key, needs, reset, timer] = [last("key"), last("needs"), last("reset"), last("timer")];
  return {
    kind: last("kind") ?? (inFeatureSpace(id) ? "identity" : "plain"),
    key: key === undefined ? keyOf(id) : keyOfName(key),
    ...(needs === undefined ? {} : { needs: parseExpr(needs) }),
    ...(reset === undefined ? {} : { reset: readReset(reset) }),
    ...(timer === undefined
      ? {}
      : { timer: { compare: keyOfName(timer.compare), counter: idOfKey(keyOfName(timer.counter)) } }),
    ...as("features"),
    ...as("refuses"),
    ...as("writes"),
    ...as("stays"),
    ...parts("resetWithin"),
    ...parts("keeps"),
    ...parts("shows"),
    ...parts("hardware"),
  };
}

/** A host's rows, merged by register. */
const byProfile = new WeakMap<HostProfile, Map<bigint, Behaviour>>();

function rowsOf(profile: HostProfile): Map<bigint, Behaviour> {
  const host = hostCpu(profile);
  const byId = new Map<bigint, Row[]>();
  for (const row of registerRows()) {
    if (!covers(row, profile.kernel.version)) continue;
    if (row.platform !== undefined && !profile.cpu.platform.includes(row.platform)) continue;
    if (row.where !== undefined && evaluate(parseExpr(row.where), host) !== true) continue;
    for (const name of row.registers) {
      const id = idOfKey(keyOfName(name));
      byId.set(id, [...(byId.get(id) ?? []), row]);
    }
  }
  return new Map([...byId].map(([id, rows]) => [id, merged(rows, id)]));
}

function ofHost(profile: HostProfile): Map<bigint, Behaviour> {
  const known = byProfile.get(profile) ?? rowsOf(profile);
  byProfile.set(profile, known);
  return known;
}

/** Ids of the registers that vCPU features bring, on a host. */
export const givenByFeatures = (profile: HostProfile): readonly bigint[] =>
  [...ofHost(profile)].filter(([, { features }]) => features !== undefined).map(([id]) => id);

export function behaviourOf(profile: HostProfile, id: bigint): Behaviour {
  const known = ofHost(profile);
  const found = known.get(id) ?? merged([], id);
  known.set(id, found);
  return found;
}
