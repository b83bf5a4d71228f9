/**
 * Pointer authentication (Arm ARM, D8.10). Where the code sits in a pointer, what a wrong one becomes and which of
 * FEAT_PAuth2, FEAT_EPAC, FEAT_FPAC and FEAT_FPACCOMBINE hold is the architecture's, by the guest's ID registers; the
 * code itself is an IMPLEMENTATION DEFINED one, XXH64 over pointer, modifier and key.
 */
import type { Authentication } from "../decode/branch.ts";
import { readX, writeX } from "../state.ts";
import { bit, keyOf, type Regime } from "./context.ts";
import { type Answer, type Machine, NEXT, raise } from "./machine.ts";
import { ignoresTopByte, inputSize } from "./translate.ts";
import { xxhash64 } from "./xxhash.ts";

export type Key = "ia" | "ib" | "da" | "db";

/** Bits of SCTLR_ELx that enable the keys. */
const ENABLE: Readonly<Record<Key, number>> = { ia: 31, ib: 30, da: 27, db: 13 };
const NAMES: Readonly<Record<Key | "ga", string>> = {
  ia: "APIA",
  ib: "APIB",
  da: "APDA",
  db: "APDB",
  ga: "APGA",
};

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const ones = (count: number): bigint => (1n << BigInt(count)) - 1n;
/** A mask of bits `high` to `low`. */
const bits = (high: number, low: number): bigint => (high < low ? 0n : ones(high - low + 1) << BigInt(low));

/** Fields of ID_AA64ISAR1_EL1 (APA, API) and ID_AA64ISAR2_EL1 (APA3) that say how far pointer authentication goes. */
const PAC_2 = 3;
const EPAC = 2;
const FPAC = 4;
const FPAC_COMBINE = 5;
const ISAR1 = (3 << 14) | (6 << 3) | 1;
const ISAR2 = (3 << 14) | (6 << 3) | 2;

function featureLevel({ core: { hypervisor } }: Machine): number {
  const one = hypervisor.idRegister(ISAR1) ?? 0n;
  const two = hypervisor.idRegister(ISAR2) ?? 0n;
  return Math.max(...[(one >> 4n) & 0xfn, (one >> 8n) & 0xfn, (two >> 12n) & 0xfn].map(Number));
}

export const keyEnabled = ({ context }: Machine, key: Key): boolean => bit(context.regime.sctlr, ENABLE[key]);

function code({ state }: Machine, key: Key | "ga", pointer: bigint, modifier: bigint): bigint {
  const half = (end: "Lo" | "Hi"): bigint => state.system.get(keyOf(`${NAMES[key]}Key${end}_EL1`)) ?? 0n;
  return xxhash64(pointer, modifier, half("Lo"), half("Hi"));
}

/** PACGA: 32 bits of code in the upper half. */
export const genericCode = (machine: Machine, value: bigint, modifier: bigint): bigint =>
  code(machine, "ga", value, modifier) & bits(63, 32);

const isData = (key: Key): boolean => key === "da" || key === "db";

interface Layout {
  /** The top byte is the program's. */
  readonly tagged: boolean;
  readonly bottom: number;
  /** 55 or 63: the uppermost bit that the code may take. */
  readonly top: number;
}

function layoutOf(regime: Regime, pointer: bigint, upper: boolean, data: boolean): Layout {
  const range = upper ? 1n << 55n : 0n;
  const tagged = ignoresTopByte(regime, pointer, !data);
  return { tagged, bottom: Math.min(inputSize(regime, range), 55), top: tagged ? 55 : 63 };
}

/** The pointer with its extension bits as they are in an address. */
const extended = (pointer: bigint, upper: boolean, { top, bottom }: Layout): bigint =>
  (pointer & ~bits(top, bottom)) | (upper ? bits(top, bottom) : 0n);

/** Bits that hold the code: all of the extension but bit 55. */
const codeBits = ({ top, bottom }: Layout): bigint => bits(54, bottom) | (top === 63 ? bits(63, 56) : 0n);

/** Signs a pointer. */
export function addCode(machine: Machine, key: Key, pointer: bigint, modifier: bigint): bigint {
  const { regime } = machine.context;
  const level = featureLevel(machine);
  const anyTagged =
    ignoresTopByte(regime, 0n, !isData(key)) ||
    (regime.twoRanges && ignoresTopByte(regime, 1n << 55n, !isData(key)));
  const upper = regime.twoRanges && bit(pointer, anyTagged ? 55 : 63);
  const layout = layoutOf(regime, pointer, upper, isData(key));
  let pac = code(machine, key, extended(pointer, upper, layout), modifier);
  const extension = pointer & bits(layout.top, layout.bottom);
  if (extension !== 0n && extension !== bits(layout.top, layout.bottom)) {
    if (level === EPAC) pac = 0n;
    else if (level < PAC_2) pac ^= 1n << BigInt(layout.top - 1);
  }
  const mask = codeBits(layout);
  const sign = upper ? 1n << 55n : 0n;
  const kept = pointer & ~(mask | (1n << 55n));
  return kept | sign | ((level >= PAC_2 ? pac ^ pointer : pac) & mask);
}

const PAC_FAIL = 0x1c;

/**
 * Checks a pointer's code and takes it away. The pointer is left in `machine.low` and `machine.high`.
 *
 * @param combined the check is part of a branch, load or return
 * @returns RAISE where the CPU faults on a wrong code
 */
export function authenticate(
  machine: Machine,
  key: Key,
  pointer: bigint,
  modifier: bigint,
  combined: boolean,
): Answer {
  const { regime } = machine.context;
  const level = featureLevel(machine);
  const upper = regime.twoRanges && bit(pointer, 55);
  const layout = layoutOf(regime, pointer, upper, isData(key));
  const original = extended(pointer, upper, layout);
  const pac = code(machine, key, original, modifier);
  const mask = codeBits(layout);
  const isB = key === "ib" || key === "db";
  let result: bigint;
  if (level >= PAC_2) {
    result = pointer ^ (pac & mask);
    if (level >= (combined ? FPAC_COMBINE : FPAC) && result !== original)
      return raise(machine, { ec: PAC_FAIL, iss: (isData(key) ? 2 : 0) | (isB ? 1 : 0) });
  } else if (((pac ^ pointer) & mask) === 0n) result = original;
  else {
    const at = layout.tagged ? 53 : 61;
    result = (original & ~bits(at + 1, at)) | ((isB ? 2n : 1n) << BigInt(at));
  }
  leave(machine, result);
  return NEXT;
}

export function leave(machine: Machine, value: bigint): void {
  machine.low = Number(BigInt.asIntN(32, value));
  machine.high = Number(BigInt.asIntN(32, value >> 32n));
}

/** XPAC: a pointer without its code. */
export function strip(machine: Machine, pointer: bigint, data: boolean): bigint {
  const { regime } = machine.context;
  const upper = regime.twoRanges && bit(pointer, 55);
  return extended(pointer, upper, layoutOf(regime, pointer, upper, data));
}

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** The target of an authenticated branch, into `machine.low` and `machine.high`. */
export function authenticateInto(
  machine: Machine,
  low: number,
  high: number,
  { key, modifier }: Authentication,
): Answer {
  const name = key === "a" ? "ia" : "ib";
  if (keyEnabled(machine, name))
    return authenticate(machine, name, join(low, high), readX(machine.state, modifier), true);
  machine.low = low;
  machine.high = high;
  return NEXT;
}

/** ERETAA and ERETAB: ELR_ELx authenticated with SP as the modifier. */
export function authenticateReturn(machine: Machine, key: "a" | "b"): Answer {
  const { state, context } = machine;
  const name = key === "a" ? "ia" : "ib";
  if (!keyEnabled(machine, name)) return NEXT;
  const elr = keyOf(`ELR_EL${context.el === 2 ? 2 : 1}`);
  const answer = authenticate(machine, name, state.system.get(elr) ?? 0n, readX(state, 32), true);
  if (answer === NEXT) state.system.set(elr, u64(join(machine.low, machine.high)));
  return answer;
}

/** Signs a register in place. */
export function signRegister(machine: Machine, key: Key, d: number, modifier: bigint): void {
  if (keyEnabled(machine, key))
    writeX(machine.state, d, addCode(machine, key, readX(machine.state, d), modifier));
}

/** Authenticates a register in place. */
export function authenticateRegister(machine: Machine, key: Key, d: number, modifier: bigint): Answer {
  if (!keyEnabled(machine, key)) return NEXT;
  const answer = authenticate(machine, key, readX(machine.state, d), modifier, false);
  if (answer !== NEXT) return answer;
  machine.x[2 * d] = machine.low;
  machine.x[2 * d + 1] = machine.high;
  return NEXT;
}
