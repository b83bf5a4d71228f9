/** What each system register does, as rows: `data/behaviour.json`. */
import { type Expr, type KernelRange, parseExpr } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import text from "./data/behaviour.json?raw";
import type { ViewName } from "./views.ts";

/** Whether EL0 may use a register: where any of these bits is set; with `not` before the register, clear. */
export type Opening = readonly [register: string, bit: number];

/** Conditions are as in `Trap`; the first row of a register whose conditions hold counts. */
export interface Behaviour extends KernelRange {
  /** Names of registers; `*` stands for any characters. */
  readonly what: readonly string[];
  readonly platform?: string;
  readonly where?: Expr;
  /** The guest's ID registers: the row holds only where this does. */
  readonly guest?: Expr;
  readonly at?: "EL1" | "EL2";
  /** Level of the access; absent: any. */
  readonly level?: 0 | 1 | 2;
  readonly access?: "read" | "write";
  /** What it reads and writes, where it is not a register of its own. */
  readonly view?: ViewName;
  /** The register whose bits the view shows; absent: its own. */
  readonly of?: string;
  /** The register that it is another name of. */
  readonly alias?: string;
  /** It always reads so, and drops what is written. */
  readonly constant?: bigint;
  /** The access is UNDEFINED. */
  readonly undefined?: true;
  /** Value at reset; absent: what KVM fills unknown registers with. */
  readonly reset?: bigint;
  /** Bits that a write changes. */
  readonly keeps: bigint;
  /** Bits that read as one. */
  readonly ones: bigint;
  /** More bits that a write changes, where the CPU has something, or the guest is told so. */
  readonly also: readonly { readonly where?: Expr; readonly guest?: Expr; readonly bits: bigint }[];
  /** EL0 takes a trap to EL1 (EC 0x18) unless one of these is so. */
  readonly open?: readonly Opening[];
  /** EL0 takes an UNDEFINED exception, from KVM, unless PMUSERENR_EL0 has one of these bits. */
  readonly pmu?: number;
  /** CPACR_EL1 and CPTR_EL2 decide about it, as about instructions of this kind. */
  readonly uses?: "fp" | "sve" | "sme";
  /** The access comes ahead of what KVM could trap. */
  readonly ahead?: true;
  /** KVM traps it where it traps this register. */
  readonly like?: string;
  /** It exists for the counters of the CPU, however many the guest has. */
  readonly hostCounters?: true;
  /** Least value of a binary point. */
  readonly minimum?: number;
  readonly why: string;
  readonly source: string;
}

/** KVM's value of registers that are UNKNOWN at reset. */
export const UNKNOWN = 0x1de7_ec7e_dbad_c0den;
const ALL = (1n << 64n) - 1n;

type RawRow = Omit<
  Behaviour,
  "constant" | "reset" | "keeps" | "ones" | "also" | "where" | "guest" | "source"
> & {
  readonly constant?: string;
  readonly reset?: string;
  readonly keeps?: string;
  readonly ones?: string;
  readonly also?: readonly { readonly where?: string; readonly guest?: string; readonly bits: string }[];
  readonly where?: string;
  readonly guest?: string;
  readonly source?: string;
};

function read(raw: RawRow, source: string): Behaviour {
  const { constant, reset, keeps, ones, also, where, guest, ...rest } = raw;
  return {
    ...rest,
    ...(constant === undefined ? {} : { constant: BigInt(constant) }),
    ...(reset === undefined ? {} : { reset: BigInt(reset) }),
    ...(where === undefined ? {} : { where: parseExpr(where) }),
    ...(guest === undefined ? {} : { guest: parseExpr(guest) }),
    keeps: keeps === undefined ? ALL : BigInt(keeps),
    ones: ones === undefined ? 0n : BigInt(ones),
    also: (also ?? []).map((one) => ({
      ...(one.where === undefined ? {} : { where: parseExpr(one.where) }),
      ...(one.guest === undefined ? {} : { guest: parseExpr(one.guest) }),
      bits: BigInt(one.bits),
    })),
    source: raw.source ?? source,
  };
}

interface Index {
  readonly rows: readonly Behaviour[];
  readonly exact: ReadonlyMap<string, readonly number[]>;
  readonly open: readonly { readonly at: number; readonly pattern: RegExp }[];
}

const index = once((): Index => {
  const file: { readonly source: string; readonly rows: readonly RawRow[] } = JSON.parse(text);
  const rows = file.rows.map((row) => read(row, file.source));
  const exact = new Map<string, number[]>();
  const open: { at: number; pattern: RegExp }[] = [];
  for (const [at, { what }] of rows.entries())
    for (const name of what)
      if (name.includes("*")) open.push({ at, pattern: new RegExp(`^${name.replaceAll("*", "\\w*")}$`) });
      else exact.set(name, [...(exact.get(name) ?? []), at]);
  return { rows, exact, open };
});

/** Every row, in order. */
export const behaviours = (): readonly Behaviour[] => index().rows;

/** Rows about a register, in order. */
export function behavioursOf(name: string): readonly Behaviour[] {
  const { rows, exact, open } = index();
  const found = new Set([
    ...(exact.get(name) ?? []),
    ...open.filter(({ pattern }) => pattern.test(name)).map(({ at }) => at),
  ]);
  return [...found].sort((a, b) => a - b).flatMap((at) => rows[at] ?? []);
}
