/** What a changed value means to a guest that has read the old one; `data/changes.json`. */
import { compareFieldValues, type Field, firmwareRegister, parseOneReg } from "../tables/index.ts";
import { once } from "../tables/load.ts";
import text from "./data/changes.json?raw";
import type { Topic, Weight } from "./fact.ts";

export interface StatementRow {
  readonly fields?: readonly string[];
  readonly register?: string;
  /**
   * `{value}` and `{core}` stand for the value: a register's as the guest read it, of a field the lesser of the two
   * hosts'.
   */
  readonly statement: string;
  /** The language writes the value as a decimal number. */
  readonly decimal?: boolean;
  /** What both hosts must offer for it. */
  readonly capability?: string;
}

/** State of the guest that some kernels list no register for. */
interface UncarriedRow {
  readonly state: string;
  /** A kernel that lists any of them carries it. */
  readonly registers: readonly string[];
  readonly weight: Weight;
  readonly why: string;
}

/** Registers that KVM takes without keeping what is written. */
interface UnkeptRow {
  readonly registers: readonly string[];
  readonly why: string;
  /** To do without. */
  readonly statement: string;
}

interface ChangeRow {
  /** A register. */
  readonly what: string;
  /** Absent: `registers`. */
  readonly topic?: Topic;
  readonly weight: Weight;
  readonly why: string;
}

interface File {
  readonly unkept: readonly UnkeptRow[];
  readonly uncarried: readonly UncarriedRow[];
  readonly changes: readonly ChangeRow[];
  readonly status: readonly { readonly register: string; readonly bits: string }[];
  readonly statements: readonly StatementRow[];
}

const file = once((): File => JSON.parse(text));

/**
 * What it comes to that a field reads otherwise than before. Software that was told less than there is goes on; the order
 * is that in which Linux chooses the value that is safe on every core.
 */
export function weightOf(field: Field, before: bigint, after: bigint): Weight {
  const row = file().changes.find(({ what }) => what === field.register);
  if (row !== undefined) return row.weight;
  const order = compareFieldValues(field, Number(before), Number(after));
  switch (field.safe) {
    case "lower":
      return order < 0 ? "note" : "unsafe";
    case "higher":
      return order > 0 ? "note" : "unsafe";
    case "higher-or-zero":
      return before === 0n || (after !== 0n && order > 0) ? "note" : "unsafe";
    case "exact":
    case undefined:
      return "unsafe";
  }
}

/** Why KVM does not keep a register; undefined: no row tells. */
export const unkeptRow = (register: string): UnkeptRow | undefined =>
  file().unkept.find(({ registers }) => registers.includes(register));

export const uncarried = (): readonly UncarriedRow[] => file().uncarried;

/** What it would come to at worst that a register reads otherwise. */
export const worstChange = (register: string): Weight =>
  file().changes.find(({ what }) => what === register)?.weight ?? "unsafe";

/** What a register's change is a matter of. */
export const topicOf = (register: string): Topic =>
  file().changes.find(({ what }) => what === register)?.topic ?? "registers";

/** Why a register's change is judged by a row of its own; undefined: it is not. */
export const whyOf = (register: string): string | undefined =>
  file().changes.find(({ what }) => what === register)?.why;

/** The bits of a register that are state of the guest, by ONE_REG id. */
export function stateBits(id: bigint): bigint {
  const row = file().status.find(({ register }) => parseOneReg(register) === id);
  const all = (1n << 2048n) - 1n;
  return row === undefined ? all : all & ~BigInt(row.bits);
}

/** The statement that decides a field (`REGISTER.FIELD`) or a whole register, where it is not `field` or a feature's. */
export const statementRow = (register: string, field: string): StatementRow | undefined =>
  file().statements.find(
    (row) => row.register === register || row.fields?.includes(`${register}.${field}`) === true,
  );

/** A level of a firmware register in the kernel's words. */
export function levelName(register: string, value: bigint): string {
  const values = Object.entries(firmwareRegister(register)?.values ?? {});
  return values.find(([, of]) => of === value)?.[0] ?? `0x${value.toString(16)}`;
}
