/** Loads and stores of structures. */
import { orStack, source } from "../decode/registers.ts";
import type { FpAtomic, MemoryShape } from "../decode/simd-shapes.ts";
import { load, loadBytes, type Size, stackAlignment, store, storeBytes } from "./access.ts";
import { alignmentFault } from "./atomic.ts";
import { BFLOAT, FPCR_DN } from "./fp-format.ts";
import { type Answer, type Machine, NEXT, type Op } from "./machine.ts";
import { formatOf, fp2 } from "./simd-fp-lanes.ts";
import { readLane, writeLane } from "./simd-fp-registers.ts";
import { clearAbove, laneZero, V_BYTES, type VectorRegisters, vectorsOf } from "./simd-registers.ts";

type Of<Kind extends MemoryShape["kind"]> = Extract<MemoryShape, { kind: Kind }>;

/** Bytes in the order of memory; no access has more. */
const scratch = new Uint8Array(64);

const STACK = 31;

/** An op around a transfer of `length` bytes: checks the base, and writes it back when all went well. */
function transferring(
  { base, after }: MemoryShape,
  length: number,
  transfer: (machine: Machine, low: number, high: number) => Answer,
): Op {
  const at = 2 * orStack(base);
  const by = after === undefined || after === STACK ? undefined : 2 * source(after);
  return (machine) => {
    const { x } = machine;
    const low = x[at] ?? 0;
    const high = x[at + 1] ?? 0;
    if (base === STACK && (low & 15) !== 0 && machine.context.stackCheck) return stackAlignment(machine);
    const answer = transfer(machine, low, high);
    if (answer !== NEXT || after === undefined) return answer;
    const addLow = by === undefined ? length : (x[by] ?? 0);
    const addHigh = by === undefined ? 0 : (x[by + 1] ?? 0);
    const sum = (low >>> 0) + (addLow >>> 0);
    x[at] = sum;
    x[at + 1] = high + addHigh + (sum > 0xffffffff ? 1 : 0);
    return NEXT;
  };
}

/** Index in the registers' bytes of each byte of memory. */
function order({ size, bytes, elements, repeats, t }: Of<"structures">): Uint16Array {
  const step = 1 << size;
  const from: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++)
    for (let at = 0; at < bytes; at += step)
      for (let element = 0; element < elements; element++)
        for (let k = 0; k < step; k++) from.push(laneZero((t + repeat + element) & 31, 0) + at + k);
  return Uint16Array.from(from);
}

function compileStructures(shape: Of<"structures">): Op {
  const { load, size, bytes, elements, repeats, t } = shape;
  const from = order(shape);
  const { length } = from;
  const element = 1 << size;
  if (!load)
    return transferring(shape, length, (machine, low, high) => {
      const r = vectorsOf(machine.state);
      for (let i = 0; i < length; i++) scratch[i] = r.bytes[from[i] ?? 0] ?? 0;
      return storeBytes(machine, low, high, scratch, 0, length, element);
    });
  return transferring(shape, length, (machine, low, high) => {
    const answer = loadBytes(machine, low, high, scratch, 0, length, element);
    if (answer !== NEXT) return answer;
    const r = vectorsOf(machine.state);
    for (let i = 0; i < length; i++) r.bytes[from[i] ?? 0] = scratch[i] ?? 0;
    for (let k = 0; k < elements * repeats; k++) clearAbove(machine, r, (t + k) & 31, bytes);
    return NEXT;
  });
}

/** Moves `scratch`'s elements to a lane of each register. */
function spread(r: VectorRegisters, t: number, size: number, elements: number, index: number): void {
  const step = 1 << size;
  for (let k = 0; k < elements; k++)
    r.bytes.set(scratch.subarray(k * step, (k + 1) * step), laneZero((t + k) & 31, 0) + index * step);
}

function compileReplicate(shape: Of<"replicate">): Op {
  const { size, bytes, elements, t } = shape;
  const element = 1 << size;
  const length = elements * element;
  return transferring(shape, length, (machine, low, high) => {
    const answer = loadBytes(machine, low, high, scratch, 0, length, element);
    if (answer !== NEXT) return answer;
    const r = vectorsOf(machine.state);
    for (let index = 0; index < bytes >> size; index++) spread(r, t, size, elements, index);
    for (let k = 0; k < elements; k++) clearAbove(machine, r, (t + k) & 31, bytes);
    return NEXT;
  });
}

function compileOne(shape: Of<"one-structure">): Op {
  const { load, size, index, elements, t } = shape;
  const element = 1 << size;
  const length = elements * element;
  if (!load)
    return transferring(shape, length, (machine, low, high) => {
      const r = vectorsOf(machine.state);
      for (let k = 0; k < elements; k++) {
        const from = laneZero((t + k) & 31, 0) + index * element;
        scratch.set(r.bytes.subarray(from, from + element), k * element);
      }
      return storeBytes(machine, low, high, scratch, 0, length, element);
    });
  return transferring(shape, length, (machine, low, high) => {
    const answer = loadBytes(machine, low, high, scratch, 0, length, element);
    if (answer !== NEXT) return answer;
    const r = vectorsOf(machine.state);
    spread(r, t, size, elements, index);
    for (let k = 0; k < elements; k++) clearAbove(machine, r, (t + k) & 31, V_BYTES);
    return NEXT;
  });
}

export function compileSimdMemory(shape: MemoryShape): Op {
  switch (shape.kind) {
    case "structures":
      return compileStructures(shape);
    case "replicate":
      return compileReplicate(shape);
    case "one-structure":
      return compileOne(shape);
  }
}

/** FEAT_LSFE: to nearest, with the default NaN, nothing flushed, no flags, whatever FPCR says. */
export function compileFpAtomic({ op, format, stores, s, n, d }: FpAtomic): Op {
  const size = format === "bfloat" ? 1 : format;
  const f = format === "bfloat" ? BFLOAT : formatOf(size);
  const bytes: Size = size === 1 ? 2 : size === 2 ? 4 : 8;
  const { exact } = fp2[op];
  const at = 2 * orStack(n);
  return (machine) => {
    const low = machine.x[at] ?? 0;
    const high = machine.x[at + 1] ?? 0;
    if (n === STACK && (low & 15) !== 0 && machine.context.stackCheck) return stackAlignment(machine);
    const fault = alignmentFault(machine, low, high, bytes, true, false);
    if (fault !== NEXT) return fault;
    const found = load(machine, low, high, bytes);
    if (found !== NEXT) return found;
    const before = (BigInt(machine.high >>> 0) << 32n) | BigInt(machine.low >>> 0);
    const r = vectorsOf(machine.state);
    const after = exact(f, before, readLane(r, size, laneZero(s, size)), { fpcr: FPCR_DN, fpsr: 0 });
    const stored = store(
      machine,
      low,
      high,
      bytes,
      Number(BigInt.asIntN(32, after)),
      Number(BigInt.asIntN(32, after >> 32n)),
    );
    if (stored !== NEXT || stores) return stored;
    writeLane(r, size, laneZero(d, size), before);
    clearAbove(machine, r, d, bytes);
    return NEXT;
  };
}
