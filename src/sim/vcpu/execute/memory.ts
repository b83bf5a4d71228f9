/** Loads and stores of single registers and of pairs. */
import type { Bytes, MemoryInstruction, Mode } from "../decode/memory.ts";
import { SP, Z_BYTES } from "../state.ts";
import {
  described,
  deviceLoad,
  deviceStore,
  isDevice,
  load8,
  load16,
  load32,
  load64,
  loadAs,
  loadBytes,
  type Size,
  stackAlignment,
  store,
  store8,
  store16,
  store32,
  store64,
  storeAs,
  storeBytes,
  unprivilegedLevel,
} from "./access.ts";
import { extend64 } from "./arithmetic.ts";
import { type Answer, type Machine, NEXT, type Op } from "./machine.ts";
import { authenticate, keyEnabled } from "./pauth.ts";
import { hasTags } from "./tags.ts";
import { clearRest, loadVector, storeVector } from "./vector-file.ts";

type Of<Kind extends MemoryInstruction["kind"]> = Extract<MemoryInstruction, { readonly kind: Kind }>;

/** Whether SP as a base would fault. */
const misaligned = ({ x, context }: Machine): boolean => context.stackCheck && ((x[2 * SP] ?? 0) & 15) !== 0;

/** Halves of an address: base and signed offset. */
const highOf = (low: number, high: number, sum: number, offset: number): number =>
  offset >= 0 ? (high + (sum >>> 0 < low >>> 0 ? 1 : 0)) | 0 : (high - (sum >>> 0 > low >>> 0 ? 1 : 0)) | 0;

type Loader = (machine: Machine, low: number, high: number) => Answer;
const LOADERS: Readonly<Record<Size, Loader>> = { 1: load8, 2: load16, 4: load32, 8: load64 };

const sizeOf = (bytes: Bytes): Size => (bytes === 16 ? 8 : bytes);

/** Puts what a load has left in the machine into a register. */
function put(machine: Machine, at: number, bytes: Bytes, signed: 0 | 32 | 64): void {
  const { x } = machine;
  if (signed === 0) {
    x[at] = machine.low;
    x[at + 1] = machine.high;
    return;
  }
  const by = 32 - 8 * bytes;
  const low = (machine.low << by) >> by;
  x[at] = low;
  x[at + 1] = signed === 64 ? low >> 31 : 0;
}

/** How a load of one general-purpose register ends where a device answers. */
const putDevice =
  (machine: Machine, at: number, bytes: Bytes, signed: 0 | 32 | 64) =>
  (value: bigint): void => {
    machine.low = Number(BigInt.asIntN(32, value));
    machine.high = Number(BigInt.asIntN(32, value >> 32n));
    put(machine, at, bytes, signed);
  };

/** Loads without writeback from base and offset: the most frequent get closures of their own. */
function plainLoad({ bytes, signed, t, n, offset }: Of<"single">): Op {
  const [at, base] = [2 * t, 2 * n];
  const size = sizeOf(bytes);
  const loader = LOADERS[size];
  const finish = (machine: Machine, answer: Answer): Answer =>
    isDevice(machine, answer)
      ? deviceLoad(machine, size, putDevice(machine, at, bytes, signed))
      : described(machine, answer, { size, signed, t });
  const checks = n === SP;
  if (size === 8)
    return (machine) => {
      if (checks && misaligned(machine)) return stackAlignment(machine);
      const { x } = machine;
      const low = x[base] ?? 0;
      const sum = (low + offset) | 0;
      const answer = load64(machine, sum, highOf(low, x[base + 1] ?? 0, sum, offset));
      if (answer !== NEXT) return finish(machine, answer);
      x[at] = machine.low;
      x[at + 1] = machine.high;
      return NEXT;
    };
  if (size === 4 && signed === 0)
    return (machine) => {
      if (checks && misaligned(machine)) return stackAlignment(machine);
      const { x } = machine;
      const low = x[base] ?? 0;
      const sum = (low + offset) | 0;
      const answer = load32(machine, sum, highOf(low, x[base + 1] ?? 0, sum, offset));
      if (answer !== NEXT) return finish(machine, answer);
      x[at] = machine.low;
      x[at + 1] = 0;
      return NEXT;
    };
  return (machine) => {
    if (checks && misaligned(machine)) return stackAlignment(machine);
    const { x } = machine;
    const low = x[base] ?? 0;
    const sum = (low + offset) | 0;
    const answer = loader(machine, sum, highOf(low, x[base + 1] ?? 0, sum, offset));
    if (answer !== NEXT) return finish(machine, answer);
    put(machine, at, bytes, signed);
    return NEXT;
  };
}

function plainStore({ bytes, t, n, offset }: Of<"single">): Op {
  const [from, base] = [2 * t, 2 * n];
  const size = sizeOf(bytes);
  const checks = n === SP;
  const finish = (machine: Machine, answer: Answer): Answer => {
    const { x } = machine;
    return isDevice(machine, answer)
      ? deviceStore(machine, size, x[from] ?? 0, x[from + 1] ?? 0)
      : described(machine, answer, { size, signed: 0, t });
  };
  if (size === 8)
    return (machine) => {
      if (checks && misaligned(machine)) return stackAlignment(machine);
      const { x } = machine;
      const low = x[base] ?? 0;
      const sum = (low + offset) | 0;
      const high = highOf(low, x[base + 1] ?? 0, sum, offset);
      const answer = store64(machine, sum, high, x[from] ?? 0, x[from + 1] ?? 0);
      return answer === NEXT ? NEXT : finish(machine, answer);
    };
  const storer = size === 4 ? store32 : size === 2 ? store16 : store8;
  return (machine) => {
    if (checks && misaligned(machine)) return stackAlignment(machine);
    const { x } = machine;
    const low = x[base] ?? 0;
    const sum = (low + offset) | 0;
    const answer = storer(machine, sum, highOf(low, x[base + 1] ?? 0, sum, offset), x[from] ?? 0);
    return answer === NEXT ? NEXT : finish(machine, answer);
  };
}

/** Base and offset as `mode` has them, in `machine.low` and `machine.high`; undefined: SP is not aligned. */
function addressOf(machine: Machine, n: number, offset: number, mode: Mode): boolean {
  if (n === SP && misaligned(machine)) return false;
  const { x } = machine;
  const low = x[2 * n] ?? 0;
  const high = x[2 * n + 1] ?? 0;
  const by = mode === "post" ? 0 : offset;
  const sum = (low + by) | 0;
  machine.high = highOf(low, high, sum, by);
  machine.low = sum;
  return true;
}

/** Writes the base back. */
function moveBase({ x }: Machine, n: number, offset: number): void {
  const low = x[2 * n] ?? 0;
  const sum = (low + offset) | 0;
  x[2 * n + 1] = highOf(low, x[2 * n + 1] ?? 0, sum, offset);
  x[2 * n] = sum;
}

/** Loads and stores of vector registers, of any mode. */
function vectorOp({ load, bytes, t, n, offset, mode }: Of<"single">): Op {
  const transfer = load ? loadVector : storeVector;
  return (machine) => {
    if (!addressOf(machine, n, offset, mode)) return stackAlignment(machine);
    const answer = transfer(machine, machine.low, machine.high, t, bytes, bytes);
    if (answer === NEXT && mode !== "offset") moveBase(machine, n, offset);
    return answer;
  };
}

/** An access by SP and an immediate is not compared with tags (AArch64.AccessIsTagChecked). */
function byStack(op: Op): Op {
  return (machine) => {
    machine.untagged = true;
    const answer = op(machine);
    machine.untagged = false;
    return answer;
  };
}

function singleOp(instruction: Of<"single">): Op {
  const { load, vector, bytes, signed, t, n, offset, mode, unprivileged } = instruction;
  if (vector) return vectorOp(instruction);
  if (mode === "offset" && !unprivileged) return load ? plainLoad(instruction) : plainStore(instruction);
  const at = 2 * t;
  const size = sizeOf(bytes);
  if (unprivileged)
    return (machine) => {
      if (!addressOf(machine, n, offset, mode)) return stackAlignment(machine);
      const { x, low, high } = machine;
      const el = unprivilegedLevel(machine);
      if (load) {
        const answer = loadAs(machine, low, high, size, el);
        if (isDevice(machine, answer))
          return deviceLoad(machine, size, putDevice(machine, at, bytes, signed));
        if (answer === NEXT) put(machine, at, bytes, signed);
        return answer;
      }
      const answer = storeAs(machine, low, high, size, x[at] ?? 0, x[at + 1] ?? 0, el);
      return isDevice(machine, answer)
        ? deviceStore(machine, size, x[at] ?? 0, x[at + 1] ?? 0)
        : described(machine, answer, { size, signed: 0, t });
    };
  const loader = LOADERS[size];
  return (machine) => {
    if (!addressOf(machine, n, offset, mode)) return stackAlignment(machine);
    const { x } = machine;
    if (load) {
      const answer = loader(machine, machine.low, machine.high);
      if (answer !== NEXT) return answer;
      moveBase(machine, n, offset);
      put(machine, at, bytes, signed);
      return NEXT;
    }
    const answer = store(machine, machine.low, machine.high, size, x[at] ?? 0, x[at + 1] ?? 0);
    if (answer === NEXT) moveBase(machine, n, offset);
    return answer;
  };
}

function indexedOp({ load, vector, bytes, signed, t, n, m, extend, amount }: Of<"indexed">): Op {
  const [base, by] = [2 * n, 2 * m];
  const at = 2 * t;
  const size = sizeOf(bytes);
  const loader = LOADERS[size];
  return (machine) => {
    if (n === SP && misaligned(machine)) return stackAlignment(machine);
    const { x } = machine;
    extend64(x[by] ?? 0, x[by + 1] ?? 0, extend, amount, machine);
    const first = x[base] ?? 0;
    const low = (first + machine.low) | 0;
    const high = ((x[base + 1] ?? 0) + machine.high + (low >>> 0 < first >>> 0 ? 1 : 0)) | 0;
    if (vector) return (load ? loadVector : storeVector)(machine, low, high, t, bytes, bytes);
    if (load) {
      const answer = loader(machine, low, high);
      if (answer === NEXT) {
        put(machine, at, bytes, signed);
        return NEXT;
      }
      return isDevice(machine, answer)
        ? deviceLoad(machine, size, putDevice(machine, at, bytes, signed))
        : described(machine, answer, { size, signed, t });
    }
    const answer = store(machine, low, high, size, x[at] ?? 0, x[at + 1] ?? 0);
    return isDevice(machine, answer)
      ? deviceStore(machine, size, x[at] ?? 0, x[at + 1] ?? 0)
      : described(machine, answer, { size, signed: 0, t });
  };
}

function literalOp({ vector, bytes, signed, t, offset }: Of<"literal">, place: number): Op {
  const by = place + offset;
  const at = 2 * t;
  const size = sizeOf(bytes);
  const loader = LOADERS[size];
  return (machine) => {
    const { state } = machine;
    const low = (state.pcLow + by) | 0;
    const high = highOf(state.pcLow, state.pcHigh, low, by);
    if (vector) return loadVector(machine, low, high, t, bytes, bytes);
    const answer = loader(machine, low, high);
    if (answer === NEXT) {
      put(machine, at, bytes, signed);
      return NEXT;
    }
    return isDevice(machine, answer)
      ? deviceLoad(machine, size, putDevice(machine, at, bytes, signed))
      : described(machine, answer, { size, signed, t });
  };
}

/** Adds bytes to the high half of an address. */
const next = (low: number, high: number, by: number): number =>
  (high + ((low + by) >>> 0 < low >>> 0 ? 1 : 0)) | 0;

/** Whether a pair lies in two pages: then it is moved as one, so that a fault leaves all as it was. */
const crosses = (low: number, bytes: number): boolean => (low & 0xfff) + 2 * bytes > 0x1000;

const staging = new Uint8Array(32);
const stagingView = new DataView(staging.buffer);

/** Stores a pair that lies in two pages. */
function storeAcross(machine: Machine, low: number, high: number, size: Size, a: number, b: number): Answer {
  const { x } = machine;
  stagingView.setInt32(0, x[a] ?? 0, true);
  if (size === 8) stagingView.setInt32(4, x[a + 1] ?? 0, true);
  stagingView.setInt32(size, x[b] ?? 0, true);
  if (size === 8) stagingView.setInt32(12, x[b + 1] ?? 0, true);
  return storeBytes(machine, low, high, staging, 0, 2 * size, size);
}

function pairOp(instruction: Of<"pair">): Op {
  const { load, vector, bytes, signed, t, second, n, offset, mode } = instruction;
  if (vector) return vectorPairOp(instruction);
  const [a, b] = [2 * t, 2 * second];
  const size = sizeOf(bytes);
  const loader = LOADERS[size];
  if (!load)
    return (machine) => {
      if (!addressOf(machine, n, offset, mode)) return stackAlignment(machine);
      const { x, low, high } = machine;
      if (crosses(low, size)) {
        const answer = storeAcross(machine, low, high, size, a, b);
        if (answer === NEXT && mode !== "offset") moveBase(machine, n, offset);
        return answer;
      }
      const one = store(machine, low, high, size, x[a] ?? 0, x[a + 1] ?? 0);
      if (one !== NEXT) return one;
      const two = store(machine, (low + size) | 0, next(low, high, size), size, x[b] ?? 0, x[b + 1] ?? 0);
      if (two !== NEXT) return two;
      if (mode !== "offset") moveBase(machine, n, offset);
      return NEXT;
    };
  return (machine) => {
    if (!addressOf(machine, n, offset, mode)) return stackAlignment(machine);
    const { low, high } = machine;
    const one = loader(machine, low, high);
    if (one !== NEXT) return one;
    const firstLow = machine.low;
    const firstHigh = machine.high;
    const two = loader(machine, (low + size) | 0, next(low, high, size));
    if (two !== NEXT) return two;
    if (mode !== "offset") moveBase(machine, n, offset);
    put(machine, b, bytes, signed);
    machine.low = firstLow;
    machine.high = firstHigh;
    put(machine, a, bytes, signed);
    return NEXT;
  };
}

function vectorPairOp({ load, bytes, t, second, n, offset, mode }: Of<"pair">): Op {
  const [a, b] = [t * Z_BYTES, second * Z_BYTES];
  const transfer = load ? loadVector : storeVector;
  return (machine) => {
    if (!addressOf(machine, n, offset, mode)) return stackAlignment(machine);
    const { low, high } = machine;
    if (crosses(low, bytes)) {
      const answer = acrossPages(machine, load, low, high);
      if (answer !== NEXT) return answer;
    } else {
      const one = transfer(machine, low, high, t, bytes, bytes);
      if (one !== NEXT) return one;
      // In the same page, where the first has been, nothing can fail.
      const two = transfer(machine, (low + bytes) | 0, next(low, high, bytes), second, bytes, 1);
      if (two !== NEXT) return two;
    }
    if (mode !== "offset") moveBase(machine, n, offset);
    return NEXT;
  };

  function acrossPages(machine: Machine, loads: boolean, low: number, high: number): Answer {
    const { z } = machine.state;
    if (!loads) {
      staging.set(z.subarray(a, a + bytes), 0);
      staging.set(z.subarray(b, b + bytes), bytes);
      return storeBytes(machine, low, high, staging, 0, 2 * bytes, bytes);
    }
    const answer = loadBytes(machine, low, high, staging, 0, 2 * bytes, bytes);
    if (answer !== NEXT) return answer;
    z.set(staging.subarray(0, bytes), a);
    clearRest(machine, t, bytes);
    z.set(staging.subarray(bytes, 2 * bytes), b);
    clearRest(machine, second, bytes);
    return NEXT;
  }
}

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

function authenticatedOp({ key, t, n, offset, mode }: Of<"authenticated">): Op {
  return (machine) => {
    if (n === SP && misaligned(machine)) return stackAlignment(machine);
    const { x } = machine;
    machine.low = x[2 * n] ?? 0;
    machine.high = x[2 * n + 1] ?? 0;
    if (keyEnabled(machine, key)) {
      const answer = authenticate(machine, key, join(machine.low, machine.high), 0n, true);
      if (answer !== NEXT) return answer;
    }
    const baseLow = machine.low;
    const low = (baseLow + offset) | 0;
    const high = highOf(baseLow, machine.high, low, offset);
    const answer = load64(machine, low, high);
    if (answer !== NEXT) return answer;
    if (mode === "pre") {
      x[2 * n] = low;
      x[2 * n + 1] = high;
    }
    x[2 * t] = machine.low;
    x[2 * t + 1] = machine.high;
    return NEXT;
  };
}

const unchecked = (machine: Machine, { n, mode }: Of<"single"> | Of<"pair">, op: Op): Op =>
  n === SP && mode === "offset" && hasTags(machine) ? byStack(op) : op;

/** @param place bytes from the beginning of the op's block */
export function compileMemory(
  machine: Machine,
  instruction: Exclude<MemoryInstruction, { group: "none" }>,
  place: number,
): Op {
  switch (instruction.kind) {
    case "single":
      return unchecked(machine, instruction, singleOp(instruction));
    case "indexed":
      return indexedOp(instruction);
    case "literal":
      return literalOp(instruction, place);
    case "pair":
      return unchecked(machine, instruction, pairOp(instruction));
    case "prefetch":
      return () => NEXT;
    case "authenticated":
      return authenticatedOp(instruction);
  }
}
