/** Exclusive, ordered and atomic accesses. Each is done before another vCPU runs, so that it is atomic. */
import type { AtomicInstruction, Operation, Size } from "../decode/atomic.ts";
import { SINK, SP, ZERO } from "../state.ts";
import { cpuHas } from "../system/facts.ts";
import {
  addressAbove,
  dataAbort,
  described,
  deviceLoad,
  deviceStore,
  isDevice,
  load,
  physicalAddress,
  stackAlignment,
  store,
} from "./access.ts";
import { bit } from "./context.ts";
import { compileEights } from "./eights.ts";
import { type Answer, type Machine, NEXT, type Op, RAISE, raise } from "./machine.ts";
import { FAULT } from "./translate.ts";
import { loadVector, storeVector } from "./vector-file.ts";

type Of<Kind extends AtomicInstruction["kind"]> = Extract<AtomicInstruction, { readonly kind: Kind }>;

const misaligned = ({ x, context }: Machine, n: number): boolean =>
  n === SP && context.stackCheck && ((x[2 * SP] ?? 0) & 15) !== 0;

const SCTLR_NAA = 6;

/**
 * Alignment of an access that is exclusive, atomic or ordered (AArch64.UnalignedAccessFaults): natural, or with
 * FEAT_LSE2 inside 16 bytes; SCTLR_ELx.nAA lets ordered ones go anywhere.
 */
export function alignmentFault(
  machine: Machine,
  low: number,
  high: number,
  size: number,
  write: boolean,
  ordered: boolean,
): Answer {
  if ((low & (size - 1)) === 0) return NEXT;
  const inside = (low & 15) + size <= 16 || (ordered && bit(machine.context.regime.sctlr, SCTLR_NAA));
  if (machine.strict === 0 && inside && cpuHas(machine.core, "FEAT_LSE2")) return NEXT;
  return raise(machine, dataAbort(machine, low, high, FAULT.alignment, write));
}

const next = addressAbove;

function loadExclusiveOp({ size, t, second, n }: Of<"load-exclusive">): Op {
  const whole = second === undefined ? size : 2 * size;
  const [at, base, other] = [2 * t, 2 * n, 2 * (second ?? SINK)];
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x, state, monitored } = machine;
    const low = x[base] ?? 0;
    const high = x[base + 1] ?? 0;
    const fault = alignmentFault(machine, low, high, whole, false, false);
    if (fault !== NEXT) return fault;
    const one = load(machine, low, high, size);
    if (one !== NEXT) return one;
    const [firstLow, firstHigh] = [machine.low, machine.high];
    if (second !== undefined) {
      const two = load(machine, (low + size) | 0, next(low, high, size), size);
      if (two !== NEXT) return two;
    }
    monitored[0] = firstLow;
    monitored[1] = firstHigh;
    monitored[2] = machine.low;
    monitored[3] = machine.high;
    x[other] = machine.low;
    x[other + 1] = machine.high;
    x[at] = firstLow;
    x[at + 1] = firstHigh;
    machine.monitor = { address: physicalAddress(machine, low, high), size: whole };
    state.exclusive = machine.monitor;
    return NEXT;
  };
}

/**
 * The store is done where the monitor watches the same bytes and they still hold what was loaded: what another vCPU
 * has written since shows in them.
 */
function storeExclusiveOp({ size, s, t, second, n }: Of<"store-exclusive">): Op {
  const whole = second === undefined ? size : 2 * size;
  const [at, base, other, status] = [2 * t, 2 * n, 2 * (second ?? ZERO), 2 * s];
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x, state, monitored } = machine;
    const low = x[base] ?? 0;
    const high = x[base + 1] ?? 0;
    const fault = alignmentFault(machine, low, high, whole, true, false);
    if (fault !== NEXT) return fault;
    const { exclusive } = state;
    // A monitor that came with a snapshot is not the one that this machine has set: it counts as lost.
    let done = exclusive !== undefined && exclusive === machine.monitor && exclusive.size === whole;
    if (done) {
      const one = load(machine, low, high, size);
      if (one !== NEXT) return asWrite(machine, one);
      done = machine.low === monitored[0] && machine.high === monitored[1];
      if (done && second !== undefined) {
        const two = load(machine, (low + size) | 0, next(low, high, size), size);
        if (two !== NEXT) return asWrite(machine, two);
        done = machine.low === monitored[2] && machine.high === monitored[3];
      }
      done &&= physicalAddress(machine, low, high) === exclusive?.address;
    }
    if (done) {
      const one = store(machine, low, high, size, x[at] ?? 0, x[at + 1] ?? 0);
      if (one !== NEXT) return one;
      if (second !== undefined) {
        const two = store(
          machine,
          (low + size) | 0,
          next(low, high, size),
          size,
          x[other] ?? 0,
          x[other + 1] ?? 0,
        );
        if (two !== NEXT) return two;
      }
    }
    state.exclusive = undefined;
    x[status] = done ? 0 : 1;
    x[status + 1] = 0;
    return NEXT;
  };
}

/** ESR_ELx.WnR: what fails is the store. */
const WRITE = 1 << 6;

function asWrite(machine: Machine, answer: Answer): Answer {
  const { trap } = machine;
  if (answer === RAISE && trap.far !== undefined) machine.trap = { ...trap, iss: trap.iss | WRITE };
  return answer;
}

function orderedOp({ load: loads, size, signed, t, n, offset, moves }: Of<"ordered">): Op {
  const [at, base] = [2 * t, 2 * n];
  const by = 32 - 8 * size;
  const put = (machine: Machine): void => {
    const { x } = machine;
    const low = signed === 0 ? machine.low : (machine.low << by) >> by;
    x[at] = low;
    x[at + 1] = signed === 0 ? machine.high : signed === 64 ? low >> 31 : 0;
  };
  const before = loads ? 0 : moves;
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x } = machine;
    const from = offset + before;
    const low = ((x[base] ?? 0) + from) | 0;
    const high = next(x[base] ?? 0, x[base + 1] ?? 0, from);
    const fault = alignmentFault(machine, low, high, size, !loads, true);
    if (fault !== NEXT) return fault;
    if (loads) {
      const answer = load(machine, low, high, size);
      if (answer !== NEXT)
        return moves === 0 && isDevice(machine, answer)
          ? deviceLoad(machine, size, (value) => {
              machine.low = Number(BigInt.asIntN(32, value));
              machine.high = Number(BigInt.asIntN(32, value >> 32n));
              put(machine);
            })
          : moves === 0
            ? described(machine, answer, { size, signed, t, ordered: true })
            : answer;
      if (moves !== 0) {
        x[base] = low + moves;
        x[base + 1] = next(low, high, moves);
      }
      put(machine);
      return NEXT;
    }
    const answer = store(machine, low, high, size, x[at] ?? 0, x[at + 1] ?? 0);
    if (answer !== NEXT)
      return moves === 0 && isDevice(machine, answer)
        ? deviceStore(machine, size, x[at] ?? 0, x[at + 1] ?? 0)
        : moves === 0
          ? described(machine, answer, { size, signed: 0, t, ordered: true })
          : answer;
    if (moves !== 0) {
      x[base] = low;
      x[base + 1] = high;
    }
    return NEXT;
  };
}

function orderedPairOp({ load: loads, size, t, second, n, moves }: Of<"ordered-pair">): Op {
  const [a, b, base] = [2 * t, 2 * second, 2 * n];
  const before = loads ? 0 : moves;
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x } = machine;
    const low = ((x[base] ?? 0) + before) | 0;
    const high = next(x[base] ?? 0, x[base + 1] ?? 0, before);
    const fault = alignmentFault(machine, low, high, size, !loads, true);
    if (fault !== NEXT) return fault;
    const [otherLow, otherHigh] = [(low + size) | 0, next(low, high, size)];
    if (loads) {
      const one = load(machine, low, high, size);
      if (one !== NEXT) return one;
      const [firstLow, firstHigh] = [machine.low, machine.high];
      const two = load(machine, otherLow, otherHigh, size);
      if (two !== NEXT) return two;
      if (moves !== 0) {
        x[base] = low + moves;
        x[base + 1] = next(low, high, moves);
      }
      x[b] = machine.low;
      x[b + 1] = machine.high;
      x[a] = firstLow;
      x[a + 1] = firstHigh;
      return NEXT;
    }
    const one = store(machine, low, high, size, x[a] ?? 0, x[a + 1] ?? 0);
    if (one !== NEXT) return one;
    const two = store(machine, otherLow, otherHigh, size, x[b] ?? 0, x[b + 1] ?? 0);
    if (two !== NEXT) return two;
    if (moves !== 0) {
      x[base] = low;
      x[base + 1] = high;
    }
    return NEXT;
  };
}

function orderedVectorOp({ load: loads, bytes, t, n, offset }: Of<"ordered-vector">): Op {
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x } = machine;
    const low = ((x[2 * n] ?? 0) + offset) | 0;
    const high = next(x[2 * n] ?? 0, x[2 * n + 1] ?? 0, offset);
    const fault = alignmentFault(machine, low, high, bytes, !loads, true);
    if (fault !== NEXT) return fault;
    return (loads ? loadVector : storeVector)(machine, low, high, t, bytes, 1);
  };
}

/** Signed or unsigned order of two values of so many bytes; upper halves count for 8 only. */
function above(signed: boolean, size: Size, a: number, aHigh: number, b: number, bHigh: number): boolean {
  if (size === 8 && aHigh !== bHigh) return signed ? aHigh > bHigh : aHigh >>> 0 > bHigh >>> 0;
  if (size === 8 || !signed) return a >>> 0 > b >>> 0;
  const by = 32 - 8 * size;
  return a << by > b << by;
}

/** What is stored, into `machine.low` and `machine.high`. */
function combine(
  machine: Machine,
  operation: Operation,
  size: Size,
  aLow: number,
  aHigh: number,
  bLow: number,
  bHigh: number,
): void {
  let low = aLow;
  let high = aHigh;
  switch (operation) {
    case "add":
      low = (aLow + bLow) | 0;
      high = (aHigh + bHigh + (low >>> 0 < bLow >>> 0 ? 1 : 0)) | 0;
      break;
    case "clear":
      low = aLow & ~bLow;
      high = aHigh & ~bHigh;
      break;
    case "eor":
      low = aLow ^ bLow;
      high = aHigh ^ bHigh;
      break;
    case "set":
      low = aLow | bLow;
      high = aHigh | bHigh;
      break;
    case "swap":
      low = bLow;
      high = bHigh;
      break;
    default: {
      const signed = operation === "smax" || operation === "smin";
      const greatest = operation === "smax" || operation === "umax";
      if (above(signed, size, aLow, aHigh, bLow, bHigh) !== greatest) {
        low = bLow;
        high = bHigh;
      }
    }
  }
  machine.low = low;
  machine.high = high;
}

function changeOp({ operation, size, s, t, n }: Of<"change">): Op {
  const [from, at, base] = [2 * s, 2 * t, 2 * n];
  const mask = size === 8 || size === 4 ? -1 : (1 << (8 * size)) - 1;
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x } = machine;
    const low = x[base] ?? 0;
    const high = x[base + 1] ?? 0;
    const fault = alignmentFault(machine, low, high, size, true, false);
    if (fault !== NEXT) return fault;
    const read = load(machine, low, high, size);
    if (read !== NEXT) return read;
    const [oldLow, oldHigh] = [machine.low, machine.high];
    combine(machine, operation, size, oldLow, oldHigh, (x[from] ?? 0) & mask, x[from + 1] ?? 0);
    const written = store(machine, low, high, size, machine.low, machine.high);
    if (written !== NEXT) return written;
    x[at] = oldLow;
    x[at + 1] = oldHigh;
    return NEXT;
  };
}

const old = new Int32Array(4);

/** Loads two registers' worth to `old`. */
function loadPair(machine: Machine, low: number, high: number, size: Size): Answer {
  const one = load(machine, low, high, size);
  if (one !== NEXT) return one;
  old[0] = machine.low;
  old[1] = machine.high;
  const two = load(machine, (low + size) | 0, next(low, high, size), size);
  old[2] = machine.low;
  old[3] = machine.high;
  return two;
}

function storePair(
  machine: Machine,
  low: number,
  high: number,
  size: Size,
  first: number,
  second: number,
): Answer {
  const { x } = machine;
  const one = store(machine, low, high, size, x[first] ?? 0, x[first + 1] ?? 0);
  if (one !== NEXT) return one;
  return store(machine, (low + size) | 0, next(low, high, size), size, x[second] ?? 0, x[second + 1] ?? 0);
}

function changePairOp({ operation, t, second, n }: Of<"change-pair">): Op {
  const [a, b, base] = [2 * t, 2 * second, 2 * n];
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x } = machine;
    const low = x[base] ?? 0;
    const high = x[base + 1] ?? 0;
    const fault = alignmentFault(machine, low, high, 16, true, false);
    if (fault !== NEXT) return fault;
    const read = loadPair(machine, low, high, 8);
    if (read !== NEXT) return read;
    const [o0 = 0, o1 = 0, o2 = 0, o3 = 0] = old;
    const store8 = (offset: number, l: number, h: number, at: number): Answer => {
      combine(machine, operation, 8, l, h, x[at] ?? 0, x[at + 1] ?? 0);
      return store(machine, (low + offset) | 0, next(low, high, offset), 8, machine.low, machine.high);
    };
    const one = store8(0, o0, o1, a);
    if (one !== NEXT) return one;
    const two = store8(8, o2, o3, b);
    if (two !== NEXT) return two;
    x[a] = o0;
    x[a + 1] = o1;
    x[b] = o2;
    x[b + 1] = o3;
    return NEXT;
  };
}

/** A register that is compared and then takes what was in memory; X31 compares as zero and takes nothing. */
const readIndex = (s: number): number => 2 * (s === 31 ? ZERO : s);
const writeIndex = (s: number): number => 2 * (s === 31 ? SINK : s);

function compareAndSwapOp({ size, s, t, n }: Of<"compare-and-swap">): Op {
  const [compared, result, from, base] = [readIndex(s), writeIndex(s), 2 * t, 2 * n];
  const mask = size === 8 || size === 4 ? -1 : (1 << (8 * size)) - 1;
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x } = machine;
    const low = x[base] ?? 0;
    const high = x[base + 1] ?? 0;
    const fault = alignmentFault(machine, low, high, size, true, false);
    if (fault !== NEXT) return fault;
    const read = load(machine, low, high, size);
    if (read !== NEXT) return read;
    const [oldLow, oldHigh] = [machine.low, machine.high];
    if (oldLow === ((x[compared] ?? 0) & mask) && (size !== 8 || oldHigh === x[compared + 1])) {
      const written = store(machine, low, high, size, x[from] ?? 0, x[from + 1] ?? 0);
      if (written !== NEXT) return written;
    }
    x[result] = oldLow;
    x[result + 1] = oldHigh;
    return NEXT;
  };
}

function compareAndSwapPairOp({ size, s, t, n }: Of<"compare-and-swap-pair">): Op {
  const base = 2 * n;
  const second = readIndex(s + 1);
  const to = writeIndex(s + 1);
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { x } = machine;
    const low = x[base] ?? 0;
    const high = x[base + 1] ?? 0;
    const fault = alignmentFault(machine, low, high, 2 * size, true, false);
    if (fault !== NEXT) return fault;
    const read = loadPair(machine, low, high, size);
    if (read !== NEXT) return read;
    const [o0 = 0, o1 = 0, o2 = 0, o3 = 0] = old;
    const wide = size === 8;
    if (o0 === x[2 * s] && o2 === x[second] && (!wide || (o1 === x[2 * s + 1] && o3 === x[second + 1]))) {
      const written = storePair(machine, low, high, size, 2 * t, readIndex(t + 1));
      if (written !== NEXT) return written;
    }
    x[2 * s] = o0;
    x[2 * s + 1] = o1;
    x[to] = o2;
    x[to + 1] = o3;
    return NEXT;
  };
}

export function compileAtomic(instruction: Exclude<AtomicInstruction, { group: "none" }>): Op {
  switch (instruction.kind) {
    case "load-exclusive":
      return loadExclusiveOp(instruction);
    case "store-exclusive":
      return storeExclusiveOp(instruction);
    case "ordered":
      return orderedOp(instruction);
    case "ordered-pair":
      return orderedPairOp(instruction);
    case "ordered-vector":
      return orderedVectorOp(instruction);
    case "change":
      return changeOp(instruction);
    case "change-pair":
      return changePairOp(instruction);
    case "compare-and-swap":
      return compareAndSwapOp(instruction);
    case "compare-and-swap-pair":
      return compareAndSwapPairOp(instruction);
    case "sixty-four":
      return compileEights(instruction);
  }
}
