/** SVE loads and stores. */
import { orStack, source } from "../decode/registers.ts";
import type { SveAddress, SveShape } from "../decode/sve-shapes.ts";
import { P_BYTES, readX, Z_BYTES } from "../state.ts";
import { load, loadBytes, type Size, stackAlignment, store, storeBytes } from "./access.ts";
import { type Answer, type Machine, NEXT, type Op } from "./machine.ts";
import { vectorsOf } from "./simd-registers.ts";
import {
  elements,
  fromLength,
  isActive,
  readElement,
  type Vectors,
  vectorLength,
  writeElement,
} from "./sve-state.ts";

type Of<Kind extends SveShape["kind"]> = Extract<SveShape, { kind: Kind }>;

const STACK = 31;

const vectorsAt = (machine: Machine): Vectors => ({
  r: vectorsOf(machine.state),
  state: machine.state,
  p: machine.state.p,
  length: vectorLength(machine),
});

const low = (address: bigint): number => Number(BigInt.asIntN(32, address));
const high = (address: bigint): number => Number(BigInt.asIntN(32, address >> 32n));

/** Base registers that are the stack pointer have to be aligned. */
function misaligned(machine: Machine, address: SveAddress): boolean {
  if (address.kind === "bases" || address.kind === "bases-register" || address.base !== STACK) return false;
  return machine.context.stackCheck && (readX(machine.state, orStack(STACK)) & 15n) !== 0n;
}

/**
 * Address of lane or structure `i`.
 *
 * @param whole bytes of the whole transfer, which an immediate counts
 * @param each bytes of one structure
 * @param lane log2 of the bytes of a lane, for addresses in vectors
 */
function addressesOf(
  machine: Machine,
  { r }: Vectors,
  address: SveAddress,
  whole: number,
  each: number,
  lane: number,
): (i: number) => bigint {
  switch (address.kind) {
    case "immediate": {
      const from = readX(machine.state, orStack(address.base)) + BigInt(address.times * whole);
      return (i) => from + BigInt(i * each);
    }
    case "constant": {
      const from = readX(machine.state, orStack(address.base)) + address.plus;
      return (i) => from + BigInt(i * each);
    }
    case "register": {
      const index = readX(machine.state, source(address.m)) << BigInt(address.shift);
      const from = readX(machine.state, orStack(address.base)) + index;
      return (i) => from + BigInt(i * each);
    }
    case "offsets": {
      const from = readX(machine.state, orStack(address.base));
      const { z, extend, shift } = address;
      return (i) => {
        const value = readElement(r, z, lane, i, false);
        const offset =
          extend === "sxtw"
            ? BigInt.asIntN(32, value)
            : extend === "uxtw"
              ? BigInt.asUintN(32, value)
              : value;
        return from + (offset << BigInt(shift));
      };
    }
    case "bases":
      return (i) => readElement(r, address.z, lane, i, false) + address.plus;
    case "bases-register": {
      const offset = readX(machine.state, source(address.m));
      return (i) => readElement(r, address.z, lane, i, false) + offset;
    }
  }
}

const sizes: readonly Size[] = [1, 2, 4, 8];

/** Clears the first-fault register from lane `i` on. */
function clearFirstFault({ state, length }: Vectors, from: number): void {
  for (let at = from; at < length; at++) state.ffr[at >> 3] = (state.ffr[at >> 3] ?? 0) & ~(1 << (at & 7));
}

function compileLoad({ size, memory, isSigned, registers, fault, address, d, pg }: Of<"transfer">): Op {
  const bytes = sizes[memory] ?? 1;
  const bits = 8 * bytes;
  return (machine) => {
    if (misaligned(machine, address)) return stackAlignment(machine);
    const v = vectorsAt(machine);
    const count = elements(v, size);
    const at = addressesOf(machine, v, address, count * registers * bytes, registers * bytes, size);
    const results = Array.from({ length: registers }, () => new Array<bigint>(count).fill(0n));
    let first = fault === "first";
    for (let i = 0; i < count; i++) {
      if (!isActive(v, pg, size, i)) continue;
      let answer: Answer = NEXT;
      for (let k = 0; k < registers && answer === NEXT; k++) {
        const from = BigInt.asUintN(64, at(i) + BigInt(k * bytes));
        answer = load(machine, low(from), high(from), bytes);
        const value = (BigInt(machine.high >>> 0) << 32n) | BigInt(machine.low >>> 0);
        const result = results[k];
        if (answer === NEXT && result !== undefined)
          result[i] = isSigned ? BigInt.asIntN(bits, value) : value;
      }
      if (answer !== NEXT) {
        if (fault === "all" || first) return answer;
        clearFirstFault(v, i << size);
        break;
      }
      first = false;
    }
    for (const [k, values] of results.entries())
      for (const [i, value] of values.entries()) writeElement(v.r, (d + k) & 31, size, i, value);
    return NEXT;
  };
}

interface Undo {
  readonly address: bigint;
  readonly low: number;
  readonly high: number;
}

/** Stores, or where that faults puts back what was stored before: nothing is written then. */
function replace(machine: Machine, address: bigint, bytes: Size, value: bigint, before: Undo[]): Answer {
  const found = load(machine, low(address), high(address), bytes);
  const kept = { address, low: machine.low, high: machine.high };
  const answer = store(machine, low(address), high(address), bytes, low(value), high(value));
  if (answer === NEXT) {
    if (found === NEXT) before.push(kept);
    return NEXT;
  }
  const { trap, stop, missing } = machine;
  for (const one of before.toReversed())
    store(machine, low(one.address), high(one.address), bytes, one.low, one.high);
  Object.assign(machine, { trap, stop, missing });
  return answer;
}

function compileStore({ size, memory, registers, address, d, pg }: Of<"transfer">): Op {
  const bytes = sizes[memory] ?? 1;
  return (machine) => {
    if (misaligned(machine, address)) return stackAlignment(machine);
    const v = vectorsAt(machine);
    const count = elements(v, size);
    const at = addressesOf(machine, v, address, count * registers * bytes, registers * bytes, size);
    const before: Undo[] = [];
    for (let i = 0; i < count; i++) {
      if (!isActive(v, pg, size, i)) continue;
      for (let k = 0; k < registers; k++) {
        const to = BigInt.asUintN(64, at(i) + BigInt(k * bytes));
        const value = readElement(v.r, (d + k) & 31, size, i, false);
        const answer = replace(machine, to, bytes, value, before);
        if (answer !== NEXT) return answer;
      }
    }
    return NEXT;
  };
}

function compileReplicated(shape: Of<"replicated">): Op {
  const { size, memory, isSigned, bytes: block, address, d, pg } = shape;
  const bytes = sizes[memory] ?? 1;
  const bits = 8 * bytes;
  return (machine) => {
    if (misaligned(machine, address)) return stackAlignment(machine);
    const v = vectorsAt(machine);
    const count = elements(v, size);
    const at = addressesOf(machine, v, address, block, bytes, size);
    const fetch = (i: number): bigint | Answer => {
      const from = BigInt.asUintN(64, at(i));
      const answer = load(machine, low(from), high(from), bytes);
      if (answer !== NEXT) return answer;
      const value = (BigInt(machine.high >>> 0) << 32n) | BigInt(machine.low >>> 0);
      return isSigned ? BigInt.asIntN(bits, value) : value;
    };
    // LD1R: one element for all active lanes; nothing is read where there is none.
    if (block === 0) {
      const active = Array.from({ length: count }, (_, i) => isActive(v, pg, size, i));
      const value = active.includes(true) ? fetch(0) : 0n;
      if (typeof value !== "bigint") return value;
      for (const [i, is] of active.entries()) writeElement(v.r, d, size, i, is ? value : 0n);
      return NEXT;
    }
    const each = block >> size;
    const values: bigint[] = [];
    for (let i = 0; i < each; i++) {
      const value = isActive(v, pg, size, i) ? fetch(i) : 0n;
      if (typeof value !== "bigint") return value;
      values.push(value);
    }
    const whole = count - (count % each);
    for (let i = 0; i < count; i++) writeElement(v.r, d, size, i, i < whole ? (values[i % each] ?? 0n) : 0n);
    return NEXT;
  };
}

function compileWhole({ load: loads, predicate, base, times, d }: Of<"whole">): Op {
  const buffer = new Uint8Array(Z_BYTES);
  return (machine) => {
    const from = readX(machine.state, orStack(base));
    if (base === STACK && machine.context.stackCheck && (from & 15n) !== 0n) return stackAlignment(machine);
    const vector = vectorLength(machine);
    const length = predicate ? vector / 8 : vector;
    const address = BigInt.asUintN(64, from + BigInt(times * length));
    const bytes = predicate ? machine.state.p : machine.state.z;
    const at = d * (predicate ? P_BYTES : Z_BYTES);
    const alignment = predicate ? 2 : 16;
    if (!loads) return storeBytes(machine, low(address), high(address), bytes, at, length, 1, alignment);
    const answer = loadBytes(machine, low(address), high(address), buffer, 0, length, 1, alignment);
    if (answer !== NEXT) return answer;
    bytes.set(buffer.subarray(0, length), at);
    if (predicate) bytes.fill(0, at + length, at + P_BYTES);
    return NEXT;
  };
}

type MemoryShape = Extract<SveShape, { kind: "transfer" | "replicated" | "whole" | "prefetch" }>;

export function compileSveMemory(shape: MemoryShape): Op {
  switch (shape.kind) {
    case "transfer":
      return shape.load ? compileLoad(shape) : compileStore(shape);
    case "replicated":
      return fromLength(shape.bytes, compileReplicated(shape));
    case "whole":
      return compileWhole(shape);
    case "prefetch":
      return () => NEXT;
  }
}
