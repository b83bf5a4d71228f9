/** Floating point, a lane or many. */
import type { FpCompare } from "../decode/simd-fp.ts";
import type { FpShape } from "../decode/simd-shapes.ts";
import { abs } from "./fp-arithmetic.ts";
import { compare, convert, EQUAL, fromFixed, GREATER, LESS, toFixed } from "./fp-convert.ts";
import { BFLOAT, CONVERTED_HALF, DOUBLE, IXC, roundingMode, SINGLE, TO_ODD } from "./fp-format.ts";
import type { Op } from "./machine.ts";
import { formatOf, fp1, fp2, fp3, fpPairs, integerConversion } from "./simd-fp-lanes.ts";
import { compileFpProducts } from "./simd-fp-products.ts";
import { fastModes, numbers, readLane, writeLane } from "./simd-fp-registers.ts";
import { clearAbove, laneZero, over, V_BYTES } from "./simd-registers.ts";

type Of<Kind extends FpShape["kind"]> = Extract<FpShape, { kind: Kind }>;

function compileFp1({ op, size, bytes, d, n }: Of<"fp1">): Op {
  const f = formatOf(size);
  const lane = fp1[op];
  const fast = size === 3 ? lane.double : size === 2 ? lane.single : undefined;
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = laneZero(n, size);
  return over((r, machine) => {
    const { state } = machine;
    const lanes = fast !== undefined && fastModes(state) ? numbers(r, size) : undefined;
    for (let i = 0; i < count; i++) {
      if (lanes !== undefined && fast !== undefined) {
        const result = fast(lanes[from + i] ?? 0, (state.fpsr & IXC) !== 0);
        if (result - result === 0) {
          lanes[to + i] = result;
          continue;
        }
      }
      writeLane(r, size, to + i, lane.exact(f, readLane(r, size, from + i), state));
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compileFp2({ op, size, bytes, d, n, m, index }: Of<"fp2">): Op {
  const f = formatOf(size);
  const lane = fp2[op];
  const fast = size === 3 ? lane.double : size === 2 ? lane.single : undefined;
  const count = bytes >> size;
  const to = laneZero(d, size);
  const first = laneZero(n, size);
  const second = laneZero(m, size) + (index ?? 0);
  const step = index === undefined ? 1 : 0;
  return over((r, machine) => {
    const { state } = machine;
    const lanes = fast !== undefined && fastModes(state) ? numbers(r, size) : undefined;
    // An element may be in the destination.
    const factor = index === undefined ? 0 : (lanes?.[second] ?? 0);
    const bits = index === undefined ? 0n : readLane(r, size, second);
    for (let i = 0; i < count; i++) {
      if (lanes !== undefined && fast !== undefined) {
        const other = step === 0 ? factor : (lanes[second + i] ?? 0);
        const result = fast(lanes[first + i] ?? 0, other, (state.fpsr & IXC) !== 0);
        if (result - result === 0) {
          lanes[to + i] = result;
          continue;
        }
      }
      const other = step === 0 ? bits : readLane(r, size, second + i);
      writeLane(r, size, to + i, lane.exact(f, readLane(r, size, first + i), other, state));
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compileFp3({ op, size, bytes, d, n, m, a, index }: Of<"fp3">): Op {
  const f = formatOf(size);
  const lane = fp3[op];
  const fast = size === 3 ? lane.double : size === 2 ? lane.single : undefined;
  const count = bytes >> size;
  const to = laneZero(d, size);
  const first = laneZero(n, size);
  const addends = laneZero(a, size);
  const second = laneZero(m, size) + (index ?? 0);
  const step = index === undefined ? 1 : 0;
  return over((r, machine) => {
    const { state } = machine;
    const lanes = fast !== undefined && fastModes(state) ? numbers(r, size) : undefined;
    const factor = index === undefined ? 0 : (lanes?.[second] ?? 0);
    const bits = index === undefined ? 0n : readLane(r, size, second);
    for (let i = 0; i < count; i++) {
      if (lanes !== undefined && fast !== undefined) {
        const other = step === 0 ? factor : (lanes[second + i] ?? 0);
        const result = fast(lanes[addends + i] ?? 0, lanes[first + i] ?? 0, other, (state.fpsr & IXC) !== 0);
        if (result - result === 0) {
          lanes[to + i] = result;
          continue;
        }
      }
      const other = step === 0 ? bits : readLane(r, size, second + i);
      const value = lane.exact(f, readLane(r, size, addends + i), readLane(r, size, first + i), other, state);
      writeLane(r, size, to + i, value);
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compilePair({ op, size, bytes, d, n, m }: Of<"fp-pair">): Op {
  const f = formatOf(size);
  const { exact } = fpPairs[op];
  const half = bytes >> (size + 1);
  const sources = [laneZero(n, size), laneZero(m, size)];
  return over((r, machine) => {
    const results = sources.flatMap((from) =>
      Array.from({ length: half }, (_, i) =>
        exact(f, readLane(r, size, from + 2 * i), readLane(r, size, from + 2 * i + 1), machine.state),
      ),
    );
    for (const [i, value] of results.entries()) writeLane(r, size, laneZero(d, size) + i, value);
    clearAbove(machine, r, d, bytes);
  });
}

/** Neighbours first, then their results. */
function compileAcross({ op, size, bytes, d, n }: Of<"fp-across">): Op {
  const f = formatOf(size);
  const { exact } = fpPairs[op];
  const count = bytes >> size;
  return over((r, machine) => {
    let values = Array.from({ length: count }, (_, i) => readLane(r, size, laneZero(n, size) + i));
    while (values.length > 1) {
      const before = values;
      values = before.flatMap((value, i) =>
        (i & 1) === 0 ? [exact(f, value, before[i + 1] ?? 0n, machine.state)] : [],
      );
    }
    writeLane(r, size, laneZero(d, size), values[0] ?? 0n);
    clearAbove(machine, r, d, 1 << size);
  });
}

/** Which answers of a comparison each test takes, and whether a quiet NaN is invalid. */
const tests: Readonly<
  Record<FpCompare, { takes: readonly number[]; signalling: boolean; absolute: boolean }>
> = {
  fcmeq: { takes: [EQUAL], signalling: false, absolute: false },
  fcmge: { takes: [EQUAL, GREATER], signalling: true, absolute: false },
  fcmgt: { takes: [GREATER], signalling: true, absolute: false },
  fcmle: { takes: [EQUAL, LESS], signalling: true, absolute: false },
  fcmlt: { takes: [LESS], signalling: true, absolute: false },
  facge: { takes: [EQUAL, GREATER], signalling: true, absolute: true },
  facgt: { takes: [GREATER], signalling: true, absolute: true },
};

function compileTest({ op, size, bytes, d, n, m }: Of<"fp-test">): Op {
  const f = formatOf(size);
  const { takes, signalling, absolute } = tests[op];
  const count = bytes >> size;
  const ones = (1n << BigInt(f.width)) - 1n;
  const to = laneZero(d, size);
  const first = laneZero(n, size);
  const second = m === undefined ? undefined : laneZero(m, size);
  const operand = (bits: bigint): bigint => (absolute ? abs(f, bits) : bits);
  return over((r, machine) => {
    for (let i = 0; i < count; i++) {
      const a = operand(readLane(r, size, first + i));
      const b = second === undefined ? 0n : operand(readLane(r, size, second + i));
      writeLane(r, size, to + i, takes.includes(compare(f, a, b, signalling, machine.state)) ? ones : 0n);
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compileToInteger({ op, size, bytes, places, d, n }: Of<"fp-to-integer">): Op {
  const f = formatOf(size);
  const { mode, isSigned } = integerConversion(op);
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = laneZero(n, size);
  return over((r, machine) => {
    for (let i = 0; i < count; i++)
      writeLane(
        r,
        size,
        to + i,
        toFixed(f, readLane(r, size, from + i), places, isSigned, f.width, mode, machine.state),
      );
    clearAbove(machine, r, d, bytes);
  });
}

function compileFromInteger({ isSigned, size, bytes, places, d, n }: Of<"fp-from-integer">): Op {
  const f = formatOf(size);
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = laneZero(n, size);
  return over((r, machine) => {
    for (let i = 0; i < count; i++) {
      const bits = readLane(r, size, from + i);
      const value = isSigned ? BigInt.asIntN(f.width, bits) : bits;
      writeLane(r, size, to + i, fromFixed(f, value, places, machine.state));
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compileWiden({ size, high, d, n }: Of<"fp-widen">): Op {
  const from = size === 1 ? CONVERTED_HALF : SINGLE;
  const to = size === 1 ? SINGLE : DOUBLE;
  const wide = size === 1 ? 2 : 3;
  const count = 8 >> size;
  const first = laneZero(n, size) + (high ? count : 0);
  return over((r, machine) => {
    const results = Array.from({ length: count }, (_, i) =>
      convert(from, to, readLane(r, size, first + i), machine.state),
    );
    for (const [i, value] of results.entries()) writeLane(r, wide, laneZero(d, wide) + i, value);
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compileNarrow({ op, size, high, scalar, d, n }: Of<"fp-narrow">): Op {
  const from = size === 1 ? SINGLE : DOUBLE;
  const to = op === "bfcvtn" ? BFLOAT : size === 1 ? CONVERTED_HALF : SINGLE;
  const wide = size === 1 ? 2 : 3;
  const count = scalar ? 1 : 8 >> size;
  return over((r, machine) => {
    const mode = op === "fcvtxn" ? TO_ODD : roundingMode(machine.state);
    const results = Array.from({ length: count }, (_, i) =>
      convert(from, to, readLane(r, wide, laneZero(n, wide) + i), machine.state, mode, op === "fcvtn"),
    );
    const at = laneZero(d, size) + (high ? count : 0);
    for (const [i, value] of results.entries()) writeLane(r, size, at + i, value);
    clearAbove(machine, r, d, high ? V_BYTES : count << size);
  });
}

export function compileSimdFp(shape: FpShape): Op {
  switch (shape.kind) {
    case "fp1":
      return compileFp1(shape);
    case "fp2":
      return compileFp2(shape);
    case "fp3":
      return compileFp3(shape);
    case "fp-pair":
      return compilePair(shape);
    case "fp-across":
      return compileAcross(shape);
    case "fp-test":
      return compileTest(shape);
    case "fp-to-integer":
      return compileToInteger(shape);
    case "fp-from-integer":
      return compileFromInteger(shape);
    case "fp-widen":
      return compileWiden(shape);
    case "fp-narrow":
      return compileNarrow(shape);
    default:
      return compileFpProducts(shape);
  }
}
