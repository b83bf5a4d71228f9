/**
 * Bits of a nested guest's registers that are zero or one by what the guest is told it has. KVM puts them so when the
 * vCPU first runs; what the guest then writes itself to registers that KVM keeps in memory for it, it reads back
 * as written.
 */
import { type Expr, evaluate, type KernelRange, parseExpr } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import { all } from "../../rules/expected.ts";
import { type Guest, holds } from "../../rules/guest.ts";
import type { Core } from "../world.ts";
import { registerFor } from "./access.ts";
import text from "./data/fixed-bits.json?raw";
import { keyOf } from "./names.ts";

interface RawBits {
  readonly bits: string;
  readonly unless?: string;
}

interface RawRow extends KernelRange {
  readonly register: string;
  /** Bits are zero, or one; `unless`: but not where the guest's ID registers say this. */
  readonly zero?: readonly RawBits[];
  readonly one?: readonly RawBits[];
  /** As a write keeps them: see the register's row in `behaviour.json`. */
  readonly kept?: true;
  readonly why: string;
}

interface Bits {
  readonly bits: bigint;
  readonly unless: Expr | undefined;
}

interface Row extends KernelRange {
  readonly register: string;
  readonly key: number;
  readonly zero: readonly Bits[];
  readonly one: readonly Bits[];
  readonly kept: boolean;
}

const bitsOf = (raw: readonly RawBits[] | undefined): readonly Bits[] =>
  (raw ?? []).map(({ bits, unless }) => ({
    bits: BigInt(bits),
    unless: unless === undefined ? undefined : parseExpr(unless),
  }));

/** Every row. */
export const fixedBitRows = once((): readonly Row[] => {
  const file: { readonly rows: readonly RawRow[] } = JSON.parse(text);
  return file.rows.map(({ zero, one, kept, ...row }) => ({
    ...row,
    key: keyOf(row.register),
    zero: bitsOf(zero),
    one: bitsOf(one),
    kept: kept === true,
  }));
});

const sum = (guest: Guest, rows: readonly Bits[]): bigint =>
  rows
    .filter(({ unless }) => unless === undefined || evaluate(unless, guest.view) !== true)
    .reduce((bits, one) => bits | one.bits, 0n);

/** Bits of a register that are zero and one in a guest. @param name of the register */
export function fixedBits(guest: Guest, name: string): { readonly zero: bigint; readonly one: bigint } {
  const rows = fixedBitRows().filter((row) => row.register === name && all(holds(guest, row)) === true);
  return {
    zero: rows.reduce((bits, { zero }) => bits | sum(guest, zero), 0n),
    one: rows.reduce((bits, { one }) => bits | sum(guest, one), 0n),
  };
}

/** What KVM does to the registers of a guest with an EL2 of its own when the vCPU first runs; nothing to others. */
export function fixBits(core: Core): void {
  const { state, hypervisor } = core;
  const { guest } = hypervisor;
  if (guest.level !== 2) return;
  for (const { register, key, kept } of fixedBitRows()) {
    const known = registerFor(core, register);
    if (known === undefined) continue;
    const value = state.system.get(key) ?? known.reset;
    const { zero, one } = fixedBits(guest, register);
    state.system.set(key, ((kept ? value & known.keeps : value) & ~zero) | one);
  }
}
