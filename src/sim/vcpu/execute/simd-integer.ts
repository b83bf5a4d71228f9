/** Advanced SIMD on integer lanes. */
import type { IntegerShape } from "../decode/simd-shapes.ts";
import { recipEstimateOfInteger, rsqrtEstimateOfInteger } from "./fp-estimate.ts";
import type { Op } from "./machine.ts";
import { int1, int2, type Lane1, type Lane2, pairs, shift } from "./simd-integer-lanes.ts";
import { compileDot, compileMatrix, compilePmull } from "./simd-products.ts";
import { clearAbove, lanesOf, laneZero, over } from "./simd-registers.ts";
import {
  compileHighNarrow,
  compileLong,
  compileNarrow,
  compilePairLong,
  compileShiftLong,
  compileWide,
} from "./simd-widen.ts";

type Of<Kind extends IntegerShape["kind"]> = Extract<IntegerShape, { kind: Kind }>;

function compileInt2({ op, size, bytes, d, n, m, index }: Of<"int2">): Op {
  const lane: Lane2 = int2[op];
  const count = bytes >> size;
  const to = laneZero(d, size);
  const first = laneZero(n, size);
  const second = laneZero(m, size) + (index ?? 0);
  const step = index === undefined ? 1 : 0;
  const { isSigned } = lane;
  if (size === 3) {
    const { wide } = lane;
    if (wide === undefined) throw new Error(`${op} has no lanes of 64 bits`);
    return over((r, machine) => {
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++)
        lanes[to + i] = wide(lanes[first + i] ?? 0n, lanes[second + i * step] ?? 0n, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  }
  const bits = 8 << size;
  const { narrow: each } = lane;
  if (index !== undefined)
    return over((r, machine) => {
      const lanes = lanesOf(r, size, isSigned);
      const factor = lanes[second] ?? 0;
      for (let i = 0; i < count; i++)
        lanes[to + i] = each(lanes[first + i] ?? 0, factor, lanes[to + i] ?? 0, bits, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++)
      lanes[to + i] = each(
        lanes[first + i] ?? 0,
        lanes[second + i] ?? 0,
        lanes[to + i] ?? 0,
        bits,
        machine.state,
      );
    clearAbove(machine, r, d, bytes);
  });
}

function compileInt1({ op, size, bytes, d, n }: Of<"int1">): Op {
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = laneZero(n, size);
  if (op === "urecpe" || op === "ursqrte") {
    const estimate = op === "urecpe" ? recipEstimateOfInteger : rsqrtEstimateOfInteger;
    return over((r, machine) => {
      for (let i = 0; i < count; i++) r.words[to + i] = estimate(r.words[from + i] ?? 0);
      clearAbove(machine, r, d, bytes);
    });
  }
  const lane: Lane1 = int1[op];
  const { isSigned } = lane;
  if (size === 3) {
    const { wide } = lane;
    if (wide === undefined) throw new Error(`${op} has no lanes of 64 bits`);
    return over((r, machine) => {
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++)
        lanes[to + i] = wide(lanes[from + i] ?? 0n, lanes[to + i] ?? 0n, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  }
  const bits = 8 << size;
  const { narrow: each } = lane;
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++)
      lanes[to + i] = each(lanes[from + i] ?? 0, lanes[to + i] ?? 0, bits, machine.state);
    clearAbove(machine, r, d, bytes);
  });
}

function compilePair({ op, size, bytes, d, n, m }: Of<"int-pair">): Op {
  const lane = pairs[op];
  const count = bytes >> size;
  const to = laneZero(d, size);
  const sources = [laneZero(n, size), laneZero(m, size)];
  // The scalar form has one result from one register.
  const half = Math.max(1, count >> 1);
  if (size === 3) {
    const { wide } = lane;
    if (wide === undefined) throw new Error(`${op} has no lanes of 64 bits`);
    return over((r, machine) => {
      const results: bigint[] = [];
      for (const from of count === 1 ? sources.slice(0, 1) : sources)
        results.push(wide(r.long[from] ?? 0n, r.long[from + 1] ?? 0n, machine.state));
      r.long.set(
        results.map((value) => BigInt.asIntN(64, value)),
        to,
      );
      clearAbove(machine, r, d, bytes);
    });
  }
  const { narrow: each, isSigned } = lane;
  const bits = 8 << size;
  const results = new Array<number>(count).fill(0);
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    let at = 0;
    for (const from of sources)
      for (let i = 0; i < half; i++)
        results[at++] = each(lanes[from + 2 * i] ?? 0, lanes[from + 2 * i + 1] ?? 0, 0, bits, machine.state);
    lanes.set(results, to);
    clearAbove(machine, r, d, bytes);
  });
}

function compileAcross({ op, size, bytes, d, n }: Of<"int-across">): Op {
  const isSigned = op === "saddlv" || op === "smaxv" || op === "sminv" || op === "addv";
  const count = bytes >> size;
  const from = laneZero(n, size);
  const long = op === "saddlv" || op === "uaddlv";
  const written = long ? 2 << size : 1 << size;
  const join =
    op === "smaxv" || op === "umaxv"
      ? Math.max
      : op === "sminv" || op === "uminv"
        ? Math.min
        : (a: number, b: number) => a + b;
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    let result = lanes[from] ?? 0;
    for (let i = 1; i < count; i++) result = join(result, lanes[from + i] ?? 0);
    if (long && size === 2) r.long[laneZero(d, 3)] = BigInt(result);
    else {
      const outSize = long ? size + 1 : size;
      lanesOf(r, outSize, isSigned)[laneZero(d, outSize)] = result;
    }
    clearAbove(machine, r, d, written);
  });
}

const bitwise: Readonly<Record<Of<"bits">["op"], (a: number, b: number, acc: number) => number>> = {
  and: (a, b) => a & b,
  bic: (a, b) => a & ~b,
  orr: (a, b) => a | b,
  orn: (a, b) => a | ~b,
  eor: (a, b) => a ^ b,
  bsl: (a, b, acc) => b ^ ((b ^ a) & acc),
  bit: (a, b, acc) => acc ^ ((acc ^ a) & b),
  bif: (a, b, acc) => acc ^ ((acc ^ a) & ~b),
};

function compileBits({ op, bytes, d, n, m }: Of<"bits">): Op {
  const each = bitwise[op];
  const count = bytes >> 2;
  const to = laneZero(d, 2);
  const first = laneZero(n, 2);
  const second = laneZero(m, 2);
  return over((r, machine) => {
    const { words } = r;
    for (let i = 0; i < count; i++)
      words[to + i] = each(words[first + i] ?? 0, words[second + i] ?? 0, words[to + i] ?? 0);
    clearAbove(machine, r, d, bytes);
  });
}

function compileShift({ op, size, bytes, shift: by, d, n }: Of<"shift">): Op {
  const lane = shift[op];
  const { isSigned } = lane;
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = laneZero(n, size);
  if (size === 3) {
    const amount = BigInt(by);
    return over((r, machine) => {
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++)
        lanes[to + i] = lane.wide(lanes[from + i] ?? 0n, lanes[to + i] ?? 0n, amount, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  }
  const bits = 8 << size;
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++)
      lanes[to + i] = lane.narrow(lanes[from + i] ?? 0, lanes[to + i] ?? 0, by, bits, machine.state);
    clearAbove(machine, r, d, bytes);
  });
}

export function compileSimdInteger(shape: IntegerShape): Op {
  switch (shape.kind) {
    case "int1":
      return compileInt1(shape);
    case "int2":
      return compileInt2(shape);
    case "int-pair":
      return compilePair(shape);
    case "int-across":
      return compileAcross(shape);
    case "bits":
      return compileBits(shape);
    case "long":
      return compileLong(shape);
    case "wide":
      return compileWide(shape);
    case "high-narrow":
      return compileHighNarrow(shape);
    case "narrow":
      return compileNarrow(shape);
    case "shift":
      return compileShift(shape);
    case "shift-long":
      return compileShiftLong(shape);
    case "pair-long":
      return compilePairLong(shape);
    case "dot":
      return compileDot(shape);
    case "matrix":
      return compileMatrix(shape);
    case "pmull":
      return compilePmull(shape);
  }
}
