/** Whole SVE vectors, and scalars in their first lane. */
import type { Machine } from "./machine.ts";
import { clearAbove } from "./simd-registers.ts";
import { elements, isActive, readElement, type Vectors, writeElement } from "./sve-state.ts";

/** Number of the last active lane; -1: none is. */
export function lastActive(v: Vectors, pg: number, size: number): number {
  for (let i = elements(v, size) - 1; i >= 0; i--) if (isActive(v, pg, size, i)) return i;
  return -1;
}

export const readAll = (v: Vectors, z: number, size: number): bigint[] =>
  Array.from({ length: elements(v, size) }, (_, i) => readElement(v.r, z, size, i, false));

export function writeAll(v: Vectors, d: number, size: number, values: readonly bigint[]): void {
  for (const [i, value] of values.entries()) writeElement(v.r, d, size, i, value);
}

/** A result in lane 0 of a vector register. */
export function writeScalar(machine: Machine, v: Vectors, d: number, size: number, value: bigint): void {
  writeElement(v.r, d, size, 0, value);
  clearAbove(machine, v.r, d, 1 << size);
}
