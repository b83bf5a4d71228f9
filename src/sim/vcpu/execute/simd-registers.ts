/**
 * The vector registers, seen as lanes of every width. Lane i of V n and Z n is at index `n * 256 / bytes + i`: typed
 * arrays have the host's byte order, which is little-endian wherever JavaScript runs.
 */

import type { VcpuState } from "../state.ts";
import { Z_BYTES } from "../state.ts";
import { type Machine, NEXT, type Op } from "./machine.ts";

/** Bytes of V. */
export const V_BYTES = 16;

/** Lanes of up to 32 bits. */
export type NarrowLanes = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
export type WideLanes = BigInt64Array | BigUint64Array;

export interface VectorRegisters {
  readonly state: VcpuState;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** By log2 of the lane's bytes, 0 to 2. */
  readonly signed: readonly NarrowLanes[];
  readonly unsigned: readonly NarrowLanes[];
  readonly halves: Uint16Array;
  readonly long: BigInt64Array;
  readonly unsignedLong: BigUint64Array;
  readonly single: Float32Array;
  readonly double: Float64Array;
}

function viewsOf(state: VcpuState): VectorRegisters {
  const { buffer, byteOffset, length } = state.z;
  const bytes = state.z;
  const words = new Int32Array(buffer, byteOffset, length / 4);
  const halves = new Uint16Array(buffer, byteOffset, length / 2);
  return {
    state,
    bytes,
    words,
    signed: [
      new Int8Array(buffer, byteOffset, length),
      new Int16Array(buffer, byteOffset, length / 2),
      words,
    ],
    unsigned: [bytes, halves, new Uint32Array(buffer, byteOffset, length / 4)],
    halves,
    long: new BigInt64Array(buffer, byteOffset, length / 8),
    unsignedLong: new BigUint64Array(buffer, byteOffset, length / 8),
    single: new Float32Array(buffer, byteOffset, length / 4),
    double: new Float64Array(buffer, byteOffset, length / 8),
  };
}

const known = new WeakMap<VcpuState, VectorRegisters>();
let last: VectorRegisters | undefined;

export function vectorsOf(state: VcpuState): VectorRegisters {
  if (last !== undefined && last.state === state) return last;
  let found = known.get(state);
  if (found === undefined) {
    found = viewsOf(state);
    known.set(state, found);
  }
  last = found;
  return found;
}

/** Index of a register's first lane. @param size log2 of the lane's bytes */
export const laneZero = (register: number, size: number): number => (register * Z_BYTES) >> size;

/** Zero in what is above the bytes that were written, up to the guest's longest vector. @param written 4, 8, 16 … */
export function clearAbove(machine: Machine, r: VectorRegisters, register: number, written: number): void {
  const longest = machine.core.hypervisor.vectorBytes;
  const end = Math.max(longest, V_BYTES);
  if (written === end) return;
  const base = register * Z_BYTES;
  if (written === 8 && end === V_BYTES) {
    const at = (base >> 2) + 2;
    r.words[at] = 0;
    r.words[at + 1] = 0;
    return;
  }
  r.bytes.fill(0, base + written, base + end);
}

/** Lanes of up to 32 bits. */
export const lanesOf = (r: VectorRegisters, size: number, isSigned: boolean): NarrowLanes =>
  (isSigned ? r.signed : r.unsigned)[size] ?? r.words;

/** An op over a state's registers that goes on to the next instruction. */
export const over =
  (work: (r: VectorRegisters, machine: Machine) => void): Op =>
  (machine) => {
    work(vectorsOf(machine.state), machine);
    return NEXT;
  };
