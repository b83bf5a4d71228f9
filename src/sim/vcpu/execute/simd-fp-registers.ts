/** Floating-point lanes of the registers: as bits, and as numbers where JavaScript's arithmetic does. */
import type { FpSize } from "../decode/simd-shapes.ts";
import { SLOW_MODES } from "./fp-fast.ts";
import type { FpState } from "./fp-format.ts";
import type { VectorRegisters } from "./simd-registers.ts";

/** A lane's bits. @param at its index among lanes of its size */
export function readLane(r: VectorRegisters, size: FpSize, at: number): bigint {
  if (size === 3) return r.unsignedLong[at] ?? 0n;
  return BigInt((size === 2 ? r.unsigned[2]?.[at] : r.halves[at]) ?? 0);
}

export function writeLane(r: VectorRegisters, size: FpSize, at: number, bits: bigint): void {
  if (size === 3) r.unsignedLong[at] = bits;
  else if (size === 2) r.words[at] = Number(bits);
  else r.halves[at] = Number(bits);
}

/** Whether JavaScript's arithmetic does for FPCR as it is. */
export const fastModes = ({ fpcr }: FpState): boolean => (fpcr & SLOW_MODES) === 0;

/** Lanes as numbers; undefined for half precision. */
export const numbers = (r: VectorRegisters, size: FpSize): Float32Array | Float64Array | undefined =>
  size === 3 ? r.double : size === 2 ? r.single : undefined;
