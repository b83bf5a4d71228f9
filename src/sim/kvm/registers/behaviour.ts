/** How KVM_GET_ONE_REG and KVM_SET_ONE_REG treat a system register: `data/registers.json`. */
import {
  type Expr,
  idRegister,
  type KernelRange,
  parseExpr,
  seriesOf,
  sysregId,
  systemRegister,
} from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import { inRange } from "../../rules/guest.ts";
import text from "../data/registers.json?raw";
import { encodingKey, inFeatureSpace, keyOf } from "./ids.ts";

/**
 * - `identity`: an ID register of the VM, field by field.
 * - `implementation`: MIDR_EL1 and its like: as they are, unless a capability opens them.
 * - `invariant`: EINVAL but for what it holds.
 * - `cache-levels`: CLIDR_EL1.
 * - `lock`: OSLSR_EL1: one bit can be written, another value of the rest is refused.
 * - `mpidr`: kept; after init the vCPU's own.
 * - `ignored`: reads 0; writes are accepted and dropped.
 * - `pmcr`: PMCR_EL0: N is the VM's.
 * - `counters`: a bit for each counter that the vCPU has; others are dropped.
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
  | "counters"
  | "counter"
  | "control"
  | "plain";

export interface Behaviour {
  readonly kind: Kind;
  /** Where the value is: `encodingKey`; of the registers that share one, the same. */
  readonly key: number;
  /** Of `counters` that share a value: writes set bits, clear them, or replace the value. */
  readonly writes?: "set" | "clear" | "replace";
  /** The register is there only where the guest's ID registers say so. */
  readonly needs?: Expr;
  /** After KVM_ARM_VCPU_INIT; undefined: as the profile says. */
  readonly reset?: bigint;
}

interface Row extends KernelRange {
  readonly registers: readonly string[];
  readonly kind?: Kind;
  readonly key?: string;
  readonly writes?: Behaviour["writes"];
  readonly needs?: string;
  readonly reset?: string;
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

/** All that rows say of one register, the later over the earlier. */
function merged(rows: readonly Row[], id: bigint): Behaviour {
  const start: Behaviour = { kind: inFeatureSpace(id) ? "identity" : "plain", key: keyOf(id) };
  return rows.reduce<Behaviour>(
    (all, row) => ({
      ...all,
      ...(row.kind === undefined ? {} : { kind: row.kind }),
      ...(row.key === undefined ? {} : { key: keyOfName(row.key) }),
      ...(row.writes === undefined ? {} : { writes: row.writes }),
      ...(row.needs === undefined ? {} : { needs: parseExpr(row.needs) }),
      ...(row.reset === undefined ? {} : { reset: BigInt(row.reset) }),
    }),
    start,
  );
}

const byKernel = new Map<string, Map<bigint, Behaviour>>();

/** @param kernel release or series */
export function behaviourOf(kernel: string, id: bigint): Behaviour {
  const series = seriesOf(kernel);
  const known = byKernel.get(series) ?? rowsOf(series);
  byKernel.set(series, known);
  const found = known.get(id) ?? merged([], id);
  known.set(id, found);
  return found;
}

function rowsOf(series: string): Map<bigint, Behaviour> {
  const byId = new Map<bigint, Row[]>();
  for (const row of registerRows()) {
    if (inRange(series, row) === false) continue;
    for (const name of row.registers) {
      const id = sysregId(0, 0, 0, 0, 0) | BigInt(keyOfName(name));
      byId.set(id, [...(byId.get(id) ?? []), row]);
    }
  }
  return new Map([...byId].map(([id, rows]) => [id, merged(rows, id)]));
}
