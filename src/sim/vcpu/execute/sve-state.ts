/** SVE's registers at the vector length in use: lanes as BigInts, predicates as bits. */
import { P_BYTES, type VcpuState, Z_BYTES } from "../state.ts";
import { UNDEFINED } from "../world.ts";
import { keyOf } from "./context.ts";
import { type Machine, NEXT, type Op, raise } from "./machine.ts";
import { type VectorRegisters, vectorsOf } from "./simd-registers.ts";

const QUADWORD = 16;
const LEN_BITS = 15n;

/** Bytes that a ZCR_ELx or SMCR_ELx allows. */
const allowed = (state: VcpuState, name: string): number =>
  (Number((state.system.get(keyOf(name)) ?? 0n) & LEN_BITS) + 1) * QUADWORD;

const E2H_TGE = (1n << 34n) | (1n << 27n);

/** The longest length that the CPU has, up to so many bytes. */
function supported(machine: Machine, most: number): number {
  const { vectorBytes, vectorLengths } = machine.core.hypervisor;
  const length = Math.min(most, vectorBytes);
  if (vectorLengths === undefined) return length;
  const below = vectorLengths & (2 ** (length / QUADWORD) - 1);
  return below === 0 ? QUADWORD : (32 - Math.clz32(below)) * QUADWORD;
}

/** Bytes of Z registers at the level in use. */
export function vectorLength(machine: Machine): number {
  const { state, core } = machine;
  const { el } = state.pstate;
  const nested = core.hypervisor.guest.level === 2;
  const hcr = nested ? (state.system.get(keyOf("HCR_EL2")) ?? 0n) : 0n;
  let most = Number.POSITIVE_INFINITY;
  if (el < 2 && !(el === 0 && (hcr & E2H_TGE) === E2H_TGE)) most = allowed(state, "ZCR_EL1");
  if (nested) most = Math.min(most, allowed(state, "ZCR_EL2"));
  return supported(machine, most);
}

/** What an SVE op works with. */
export interface Vectors {
  readonly r: VectorRegisters;
  readonly state: VcpuState;
  readonly p: Uint8Array;
  /** Bytes of Z; a predicate has as many bits. */
  readonly length: number;
}

/** An op over the vectors at the length in use. */
export const overVectors =
  (work: (v: Vectors, machine: Machine) => void): Op =>
  (machine) => {
    const { state } = machine;
    work({ r: vectorsOf(state), state, p: state.p, length: vectorLength(machine) }, machine);
    return NEXT;
  };

/** UNDEFINED where the length in use is below so many bytes. */
export const fromLength =
  (least: number, op: Op): Op =>
  (machine) =>
    vectorLength(machine) < least ? raise(machine, UNDEFINED) : op(machine);

const lane = (z: number, size: number): number => (z * Z_BYTES) >> size;

/** Lane `i` of Z n. @param size log2 of its bytes */
export function readElement(
  r: VectorRegisters,
  z: number,
  size: number,
  i: number,
  isSigned: boolean,
): bigint {
  const at = lane(z, size) + i;
  if (size === 3) return (isSigned ? r.long[at] : r.unsignedLong[at]) ?? 0n;
  return BigInt((isSigned ? r.signed : r.unsigned)[size]?.[at] ?? 0);
}

/** The value may be wider than the lane. */
export function writeElement(r: VectorRegisters, z: number, size: number, i: number, value: bigint): void {
  const at = lane(z, size) + i;
  if (size === 3) {
    r.unsignedLong[at] = value;
    return;
  }
  const lanes = r.unsigned[size];
  if (lanes !== undefined) lanes[at] = Number(BigInt.asUintN(32, value));
}

/** All of Z n from byte `from` on becomes 0, up to the length in use. */
export const clearFrom = ({ r, length }: Vectors, z: number, from: number): void => {
  if (from < length) r.bytes.fill(0, z * Z_BYTES + from, z * Z_BYTES + length);
};

export const elements = ({ length }: Vectors, size: number): number => length >> size;

/** A predicate's bit for byte `at`. */
export const bitAt = (p: Uint8Array, n: number, at: number): boolean =>
  (((p[n * P_BYTES + (at >> 3)] ?? 0) >> (at & 7)) & 1) === 1;

/** Whether lane `i` is active. @param pg undefined: all are */
export const isActive = ({ p }: Vectors, pg: number | undefined, size: number, i: number): boolean =>
  pg === undefined || bitAt(p, pg, i << size);

/** A predicate as it is: one number for each bit, 0 or 1. */
export const readPredicate = ({ p, length }: Vectors, n: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (bitAt(p, n, at) ? 1 : 0));

/** Bits above the length in use become 0. */
export function writePredicate(to: Uint8Array, at: number, bits: ArrayLike<number>): void {
  for (let byte = 0; byte < P_BYTES; byte++) {
    let value = 0;
    for (let bit = 0; bit < 8; bit++) value |= (bits[8 * byte + bit] ?? 0) << bit;
    to[at + byte] = value;
  }
}

export const storePredicate = ({ p }: Vectors, d: number, bits: ArrayLike<number>): void =>
  writePredicate(p, d * P_BYTES, bits);

/** PredTest: N: the first active lane is set; Z: none is; C: the last one is not. */
export function testFlags(
  state: VcpuState,
  mask: ArrayLike<number>,
  result: ArrayLike<number>,
  step: number,
): void {
  let first: number | undefined;
  let last = 0;
  let any = 0;
  for (let at = 0; at < mask.length; at += step) {
    if (mask[at] !== 1) continue;
    const set = result[at] ?? 0;
    first ??= set;
    last = set;
    any |= set;
  }
  state.nzcv = ((first ?? 0) << 3) | ((any ^ 1) << 2) | ((last ^ 1) << 1);
}
